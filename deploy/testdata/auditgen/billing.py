"""billing-pg: invoices and payments behind an API. Its log is csvlog, with bound parameters.

The API binds its values on the server, so statements hold $1 and pgaudit logs the values beside them; the monthly run is
a PL/pgSQL function, whose statements are audited one by one.
"""

import psycopg

from . import staff
from .rhythm import OFFICE, SHOPPERS, arrivals, at, every, nightly
from .simulation import epoch
from .web import Pool

NAME, FILE, FORMAT, DATABASE = "billing-pg", "billing-pg.csv", "csvlog", "billing"
SETTINGS = {"log_destination": "csvlog", "pgaudit.log": "all", "pgaudit.log_parameter": "on", "pgaudit.log_catalog": "on"}

API = ["127.0.11.11", "127.0.11.12"]
INVOICER, REPORTS, METRICS, BACKUP, DBA, ANALYST = ("127.0.11.21", "127.0.20.6", "127.0.20.7", "127.0.20.9", "127.0.30.4",
                                                    "127.0.30.22")

SCHEMA = """
CREATE SCHEMA billing;
CREATE TABLE billing.accounts (id serial PRIMARY KEY, name text NOT NULL, email text, country char(2), vat_id text, created_at timestamptz DEFAULT now());
CREATE TABLE billing.cards (id serial PRIMARY KEY, account_id int REFERENCES billing.accounts, holder text, pan_token text, last4 char(4), expires date);
CREATE TABLE billing.invoices (id bigserial PRIMARY KEY, account_id int REFERENCES billing.accounts, status text NOT NULL DEFAULT 'open',
  amount_cents bigint NOT NULL DEFAULT 0, due date, created_at timestamptz DEFAULT now());
CREATE TABLE billing.invoice_lines (id bigserial PRIMARY KEY, invoice_id bigint REFERENCES billing.invoices, text text, amount_cents bigint);
CREATE TABLE billing.usage (account_id int, meter text, at timestamptz DEFAULT now(), units int);
CREATE TABLE billing.payments (id bigserial PRIMARY KEY, invoice_id bigint, card_id int, amount_cents bigint, at timestamptz DEFAULT now(), ok bool);
CREATE TABLE billing."Tax,Rates" (country char(2) PRIMARY KEY, percent numeric);
INSERT INTO billing.accounts (name, email, country) SELECT 'Account ' || n, 'billing' || n || '@example.org', (ARRAY['DE','FR','NL','PL'])[1 + n % 4] FROM generate_series(1, 600) n;
INSERT INTO billing.cards (account_id, holder, pan_token, last4, expires) SELECT n, 'Holder ' || n, md5(n::text), lpad((n * 7 % 10000)::text, 4, '0'), '2029-01-31' FROM generate_series(1, 600) n;
INSERT INTO billing.invoices (account_id, status, amount_cents, due) SELECT 1 + n % 600, 'paid', n * 13 % 90000, '2026-09-30' FROM generate_series(1, 2500) n;
INSERT INTO billing."Tax,Rates" VALUES ('DE', 19), ('FR', 20), ('NL', 21), ('PL', 23);
CREATE FUNCTION billing.close_usage(account int, since timestamptz) RETURNS bigint LANGUAGE plpgsql AS $f$
DECLARE invoice bigint; total bigint;
BEGIN
  SELECT coalesce(sum(units), 0) * 3 INTO total FROM billing.usage WHERE account_id = account AND at >= since;
  IF total = 0 THEN RETURN NULL; END IF;
  INSERT INTO billing.invoices (account_id, amount_cents, due) VALUES (account, total, current_date + 14) RETURNING id INTO invoice;
  INSERT INTO billing.invoice_lines (invoice_id, text, amount_cents)
    SELECT invoice, 'usage ' || meter, sum(units) * 3 FROM billing.usage WHERE account_id = account AND at >= since GROUP BY meter;
  DELETE FROM billing.usage WHERE account_id = account;
  RETURN invoice;
END $f$;
ANALYZE;
"""

ACCOUNTS = """
CREATE ROLE billing_owner NOLOGIN;
CREATE ROLE billing_api LOGIN PASSWORD 'correct-horse-billing_api';
CREATE ROLE invoicer LOGIN CREATEROLE PASSWORD 'correct-horse-invoicer';
CREATE ROLE reporting_bi LOGIN PASSWORD 'correct-horse-reporting_bi';
CREATE ROLE metrics LOGIN PASSWORD 'correct-horse-metrics' IN ROLE pg_monitor;
CREATE ROLE backup LOGIN PASSWORD 'correct-horse-backup' IN ROLE pg_read_all_data;
CREATE ROLE dba_anna LOGIN CREATEROLE PASSWORD 'correct-horse-dba_anna' IN ROLE billing_owner, pg_monitor;
CREATE ROLE analyst_mia LOGIN PASSWORD 'correct-horse-analyst_mia';
"""

GRANTS = """
GRANT USAGE ON SCHEMA billing TO billing_api, invoicer, reporting_bi, analyst_mia;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA billing TO billing_api, invoicer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA billing TO billing_api, invoicer;
GRANT SELECT ON ALL TABLES IN SCHEMA billing TO reporting_bi, analyst_mia;
GRANT CREATE ON DATABASE billing TO billing_owner;
ALTER SCHEMA billing OWNER TO billing_owner;
DO $$ DECLARE t text; BEGIN
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'billing' LOOP
    EXECUTE format('ALTER TABLE billing.%I OWNER TO billing_owner', t);
  END LOOP; END $$;
"""


def load(db):
    with db.admin() as admin:
        admin.execute(f"CREATE DATABASE {db.database}")
        admin.execute(ACCOUNTS)
    with db.admin(db.database) as admin:
        admin.execute("CREATE EXTENSION pgaudit")
        admin.execute(SCHEMA)
        admin.execute(GRANTS)


def _show_account(c, r):
    account = r.randint(1, 600)
    c.execute("SELECT id, name, email, country, vat_id FROM billing.accounts WHERE id = %s", (account,))
    c.execute("SELECT id, status, amount_cents, due\n  FROM billing.invoices\n WHERE account_id = %s\n ORDER BY created_at DESC\n LIMIT 12", (account,))


def _record_usage(c, r):
    for _ in range(r.randint(1, 3)):
        c.execute("INSERT INTO billing.usage (account_id, meter, units) VALUES (%s, %s, %s)",
                  (r.randint(1, 600), r.choice(["requests", "storage", "egress, EU", 'egress "US"']), r.randint(1, 500)))


def _pay(c, r):
    with c.transaction():
        row = c.execute("SELECT id, amount_cents FROM billing.invoices WHERE status = %s AND account_id = %s ORDER BY id LIMIT 1 FOR UPDATE",
                        ("open", r.randint(1, 600))).fetchone()
        if row:
            c.execute("INSERT INTO billing.payments (invoice_id, card_id, amount_cents, ok) VALUES (%s, %s, %s, %s)",
                      (row[0], r.randint(1, 600), row[1], True))
            c.execute("UPDATE billing.invoices SET status = %s WHERE id = %s", ("paid", row[0]))


def _change_card(c, r):
    c.execute("UPDATE billing.cards SET holder = %s, pan_token = %s, last4 = %s WHERE account_id = %s",
              (r.choice(["J. O'Hara", 'Ann "Annie" Lee', "Müller, Eva", None]), f"{r.getrandbits(128):032x}", f"{r.randint(0, 9999):04d}", r.randint(1, 600)))


def _tax(c, r):
    c.execute('SELECT percent FROM billing."Tax,Rates" WHERE country = %s', (r.choice(["DE", "FR", "NL", "PL"]),))


CALLS = [(_show_account, 46), (_record_usage, 30), (_pay, 12), (_change_card, 4), (_tax, 8)]

REPORT = """
WITH monthly AS (
  SELECT date_trunc('month', created_at) AS month, account_id, sum(amount_cents) AS cents
    FROM billing.invoices
   WHERE status <> 'void'
   GROUP BY 1, 2
)
SELECT month, count(*) AS accounts, sum(cents) AS cents, percentile_cont(0.5) WITHIN GROUP (ORDER BY cents) AS median
  FROM monthly
 GROUP BY month
 ORDER BY month;
SELECT country, count(*), sum(amount_cents)
  FROM billing.accounts a
  JOIN billing.invoices i ON i.account_id = a.id
 GROUP BY country;
COPY (SELECT status, count(*), sum(amount_cents) FROM billing.invoices GROUP BY status) TO STDOUT WITH (FORMAT csv);
"""

LOOKS = ["\\d billing.invoices", "\\dt billing.*", "\\df billing.*", "\\dn+", "SELECT count(*) FROM billing.usage;", "\\l",
         "EXPLAIN SELECT * FROM billing.invoices WHERE account_id = 4;", "SELECT pid, wait_event FROM pg_stat_activity;"]

CHANGES = {
    0: "SET ROLE billing_owner;\nCREATE INDEX invoices_account_idx ON billing.invoices (account_id);\nVACUUM ANALYZE billing.invoices;",
    1: "SET ROLE billing_owner;\nCREATE VIEW billing.open_invoices AS\n  SELECT *\n    FROM billing.invoices\n   WHERE status = 'open';\n"
       "GRANT SELECT ON billing.open_invoices TO reporting_bi;",
    2: "SET ROLE billing_owner;\nALTER TABLE billing.accounts ADD COLUMN locale text;",
    3: "SET ROLE billing_owner;\nCREATE INDEX usage_account_idx ON billing.usage (account_id);",
    4: "SET ROLE billing_owner;\nCOMMENT ON COLUMN billing.accounts.locale IS 'BCP 47';\nANALYZE billing.accounts;",
}

QUESTIONS = [
    "SELECT status, count(*) FROM billing.invoices GROUP BY status",
    "SELECT country, count(*) FROM billing.accounts GROUP BY country ORDER BY 2 DESC",
    "SELECT meter, sum(units) FROM billing.usage WHERE at > now() - interval '{n} hours' GROUP BY meter",
    "SELECT id, amount_cents FROM billing.invoices WHERE amount_cents > {n}000 ORDER BY amount_cents DESC LIMIT 20",
    "SELECT a.name, i.amount_cents FROM billing.invoices i JOIN billing.accounts a ON a.id = i.account_id WHERE i.id = {n}",
]


def _analyst(sim, db):
    def ask():
        with db.connect("analyst_mia", ANALYST, "Metabase v0.50", cursor_factory=psycopg.ClientCursor) as c:
            for question in sim.random.sample(QUESTIONS, k=sim.random.randint(1, 4)):
                c.execute(question.format(n=sim.random.randint(2, 80)))
    return at(sim, arrivals(sim, OFFICE, 1.4, 0), ask)


def actors(sim, db, truth):
    pool = Pool(sim, lambda address: db.connect("billing_api", address, "billing-api"), API, 2)
    calls, weights = zip(*CALLS)

    def call():
        with pool.slot() as connection:
            sim.random.choices(calls, weights)[0](connection, sim.random)

    def close():
        with db.connect("invoicer", INVOICER, "invoicer") as c:
            accounts = c.execute("SELECT DISTINCT account_id FROM billing.usage WHERE at < now() - interval '1 hour' ORDER BY 1 LIMIT 6").fetchall()
            for (account,) in accounts:
                c.execute("SELECT billing.close_usage(%s, %s)", (account, "2026-01-01T00:00:00Z"))

    sim.add(at(sim, arrivals(sim, SHOPPERS, 150, 0.7), call))
    sim.add(at(sim, every(sim, 3600, 60), close))
    sim.add(at(sim, nightly(sim, 1, 40), lambda: db.psql("reporting_bi", REPORTS, REPORT)))
    sim.add(staff.backups(sim, db, BACKUP, 2, 50))
    sim.add(staff.metrics(sim, db, METRICS, 1800))
    sim.add(staff.administrator(sim, db, "dba_anna", DBA, LOOKS, CHANGES))
    sim.add(staff.typos(sim, db, "analyst_mia", ANALYST, 0.06, "correct-horse-analyst-mia"))
    sim.add(_analyst(sim, db))
    sim.add(_insider(sim, db, truth))
    sim.add(_thief(sim, db, truth))


def _insider(sim, db, truth):
    """The analyst, at night, from her usual host: she may read these tables, but never did so as a whole."""
    yield epoch("2026-10-14 22:38")
    with truth.attack("billing-insider-bulk-read", "an analyst copies whole tables out at night, cards among them", "T1213", role="analyst_mia",
                      client=ANALYST, expect=["whole_table_read", "bulk_read", "unusual_hour", "new_table"], database=db.database,
                      contains=[r"COPY billing\.cards TO STDOUT", r"select \* from billing\.accounts", r"select \* from billing\.payments"]):
        db.psql("analyst_mia", ANALYST, "select * from billing.accounts;\nCOPY billing.cards TO STDOUT WITH (FORMAT csv);\n"
                "select * from billing.payments;\nselect * from billing.invoices;\n")


def _thief(sim, db, truth):
    """The batch job's account may create roles. In PostgreSQL 15 that is enough to become superuser."""
    host = "127.0.66.8"
    who = {"role": "invoicer", "client": host, "database": db.database}
    yield epoch("2026-10-14 13:17")
    with truth.attack("billing-stolen-job-account", "the batch job's password used by hand from an unknown host", "T1078", **who,
                      expect=["new_client", "new_application", "catalog_read"],
                      contains=[r"connection authorized: user=invoicer database=billing application_name=psql", r"pg_authid|pg_roles"]):
        db.psql("invoicer", host, "SELECT rolname, rolsuper, rolcreaterole FROM pg_roles;\nSELECT * FROM pg_authid;\n"
                "SELECT table_schema, table_name FROM information_schema.tables;\n", check=False)
    yield epoch("2026-10-14 13:24")
    with truth.attack("billing-self-grant", "it gives itself the right to run programs and read files on the server", "T1098", **who,
                      expect=["grant", "privilege_escalation"], contains=[r"GRANT pg_execute_server_program TO invoicer", r"GRANT pg_read_server_files TO invoicer"]):
        db.psql("invoicer", host, "GRANT pg_execute_server_program TO invoicer;\nGRANT pg_read_server_files TO invoicer;\n"
                "GRANT billing_owner TO invoicer WITH ADMIN OPTION;\n", check=False)
    yield epoch("2026-10-14 13:29")
    with truth.attack("billing-program", "COPY FROM PROGRAM runs commands, COPY reads a system file", "T1059", **who,
                      expect=["program_execution", "file_read"], contains=[r"FROM PROGRAM 'id'", r"COPY loot FROM '/etc/passwd'", r"pg_read_file"]):
        db.psql("invoicer", host, "CREATE TEMP TABLE loot (line text);\nCOPY loot FROM PROGRAM 'id';\nCOPY loot FROM PROGRAM 'uname -s';\n"
                "COPY loot FROM '/etc/passwd';\nSELECT count(*) FROM loot;\nSELECT pg_read_file('postgresql.auto.conf');\n", check=False)
    yield epoch("2026-10-14 13:36")
    command = f"psql -X -q -h {db.folder} -p {db.port} -U postgres -d billing -c \"ALTER ROLE invoicer SUPERUSER\""
    with truth.attack("billing-superuser", "through a program it asks the local superuser to make it one", "T1068", **who,
                      expect=["grant_superuser", "program_execution"], contains=[r"ALTER ROLE invoicer SUPERUSER"]):
        db.psql("invoicer", host, "CREATE TEMP TABLE loot (line text);\nCOPY loot FROM PROGRAM '" + command + "';\n", check=False)
    yield epoch("2026-10-14 13:41")
    with truth.attack("billing-credentials", "as superuser it reads the password hashes", "T1003", **who,
                      expect=["credential_table_read"], contains=[r"rolpassword from pg_authid"]):
        db.psql("invoicer", host, "select rolname, rolpassword from pg_authid where rolpassword is not null;\n", check=False)
    yield epoch("2026-10-14 13:52")
    with truth.attack("billing-tamper", "open invoices of some accounts are written off, then all statuses are overwritten", "T1565.001", **who,
                      expect=["missing_where", "mass_change"], contains=[r"UPDATE billing\.invoices SET status = 'void';"]):
        db.psql("invoicer", host, "BEGIN;\nUPDATE billing.invoices SET status = 'void', amount_cents = 0 WHERE account_id IN (13, 37, 99);\n"
                "UPDATE billing.invoices SET status = 'void';\nROLLBACK;\n", check=False)
    yield epoch("2026-10-14 14:05")
    with truth.attack("billing-audit-off", "it switches pgaudit off for its own role, then for all", "T1562.001", **who,
                      expect=["audit_disable", "parameter_change"], contains=[r"ALTER ROLE invoicer SET pgaudit\.log", r"ALTER SYSTEM SET pgaudit\.log"]):
        # The setting for all is never loaded: it forgot pg_reload_conf(), and the administrator undoes it below.
        db.psql("invoicer", host, "ALTER ROLE invoicer SET pgaudit.log TO 'none';\nALTER SYSTEM SET pgaudit.log = 'none';\n", check=False)
    yield epoch("2026-10-14 14:31")
    with truth.response("the administrator finds it and mends it as superuser on the server itself", role="postgres", client="[local]"):
        db.local_psql("ALTER SYSTEM RESET pgaudit.log;\nALTER ROLE invoicer RESET pgaudit.log;\nALTER ROLE invoicer NOSUPERUSER NOCREATEROLE;\n"
                      "REVOKE pg_execute_server_program, pg_read_server_files FROM invoicer;\n")
