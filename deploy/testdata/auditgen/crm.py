"""crm-pg: contacts and deals, used by people through a desktop program and by a web front end. Its log is jsonlog."""

import psycopg

from . import staff
from .rhythm import OFFICE, arrivals, at, every
from .simulation import epoch
from .web import Pool

NAME, FILE, FORMAT, DATABASE = "crm-pg", "crm-pg.json", "jsonlog", "crm"
SETTINGS = {"log_destination": "jsonlog", "pgaudit.log": "read, write, function, role, ddl, misc_set"}

WEB = ["127.0.12.11"]
SYNC, METRICS, BACKUP, DBA = "127.0.12.31", "127.0.20.7", "127.0.20.9", "127.0.30.4"
DESKS = {"support_lee": "127.0.31.15", "support_kim": "127.0.31.16", "support_omar": "127.0.31.17"}

WEAK = "summer2026"  # crm_admin's password, which is on every list

SCHEMA = """
CREATE TABLE companies (id serial PRIMARY KEY, name text NOT NULL, country char(2), segment text);
CREATE TABLE contacts (id serial PRIMARY KEY, company_id int REFERENCES companies, full_name text, email text, phone text, born date, notes text);
CREATE TABLE deals (id serial PRIMARY KEY, company_id int REFERENCES companies, title text, stage text, value_cents bigint, owner text, updated_at timestamptz DEFAULT now());
CREATE TABLE activities (id bigserial PRIMARY KEY, contact_id int, kind text, body text, at timestamptz DEFAULT now(), author text);
CREATE TABLE feed (external_id text PRIMARY KEY, payload jsonb, seen_at timestamptz DEFAULT now());
CREATE TABLE deals_2019 (LIKE deals);
CREATE MATERIALIZED VIEW pipeline AS SELECT stage, count(*) AS deals, sum(value_cents) AS cents FROM deals GROUP BY stage;
INSERT INTO companies (name, country, segment) SELECT 'Company ' || n, (ARRAY['DE','FR','ES'])[1 + n % 3], (ARRAY['smb','mid','key'])[1 + n % 3] FROM generate_series(1, 150) n;
INSERT INTO contacts (company_id, full_name, email, phone, born) SELECT 1 + n % 150, 'Person ' || n, 'p' || n || '@example.net', '+49 30 ' || n, date '1970-01-01' + n FROM generate_series(1, 1800) n;
INSERT INTO deals (company_id, title, stage, value_cents, owner) SELECT 1 + n % 150, 'Deal ' || n, (ARRAY['lead','offer','won','lost'])[1 + n % 4], n * 1000, 'support_lee' FROM generate_series(1, 700) n;
INSERT INTO deals_2019 SELECT * FROM deals;
ANALYZE;
"""

ACCOUNTS = """
CREATE ROLE crm_web LOGIN PASSWORD 'correct-horse-crm_web';
CREATE ROLE crm_sync LOGIN PASSWORD 'correct-horse-crm_sync';
CREATE ROLE support NOLOGIN;
CREATE ROLE support_lee LOGIN PASSWORD 'correct-horse-support_lee' IN ROLE support;
CREATE ROLE support_kim LOGIN PASSWORD 'correct-horse-support_kim' IN ROLE support;
CREATE ROLE support_omar LOGIN PASSWORD 'correct-horse-support_omar' IN ROLE support;
CREATE ROLE metrics LOGIN PASSWORD 'correct-horse-metrics' IN ROLE pg_monitor;
CREATE ROLE backup LOGIN PASSWORD 'correct-horse-backup' IN ROLE pg_read_all_data;
CREATE ROLE crm_admin LOGIN CREATEROLE PASSWORD 'summer2026' IN ROLE pg_monitor;
"""

GRANTS = """
GRANT SELECT, INSERT, UPDATE ON companies, contacts, deals, activities TO support;
GRANT SELECT, INSERT, UPDATE, DELETE ON companies, contacts, deals, activities, feed, pipeline TO crm_web, crm_sync;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO support, crm_web, crm_sync;
GRANT CREATE ON SCHEMA public TO crm_admin;
DO $$ DECLARE t text; BEGIN
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('ALTER TABLE %I OWNER TO crm_admin', t);
  END LOOP; END $$;
ALTER MATERIALIZED VIEW pipeline OWNER TO crm_sync;
"""

NOTES = ["Called back; wants an offer by Friday.", "Won't renew -- budget cut.", "said: \"maybe next year\"", "Zürich office, 2nd floor",
         "Prefers e-mail", "union rep; select committee member", "asked to drop table 7 at the gala", "déjà vu: same question as in May"]


def load(db):
    with db.admin() as admin:
        admin.execute(f"CREATE DATABASE {db.database}")
        admin.execute(ACCOUNTS)
    with db.admin(db.database) as admin:
        admin.execute("CREATE EXTENSION pgaudit")
        admin.execute(SCHEMA)
        admin.execute(GRANTS)


def _dashboard(c, r):
    c.execute("SELECT stage, deals, cents FROM pipeline ORDER BY stage")
    c.execute("SELECT d.id, d.title, d.value_cents, c.name\n  FROM deals d\n  JOIN companies c ON c.id = d.company_id\n WHERE d.stage = %s\n"
              " ORDER BY d.updated_at DESC\n LIMIT 25", (r.choice(["lead", "offer", "won"]),))


def _company(c, r):
    company = r.randint(1, 150)
    c.execute("SELECT id, name, country, segment FROM companies WHERE id = %s", (company,))
    c.execute("SELECT id, full_name, email FROM contacts WHERE company_id = %s ORDER BY full_name", (company,))


def _move_deal(c, r):
    c.execute("UPDATE deals SET stage = %s, updated_at = now() WHERE id = %s", (r.choice(["offer", "won", "lost"]), r.randint(1, 700)))


CALLS = [(_dashboard, 40), (_company, 45), (_move_deal, 15)]


def _desk(sim, db, role):
    """A support person's sessions: some contacts looked up, some notes written."""
    r = sim.random
    for t in arrivals(sim, OFFICE, 2.2, 0):
        yield t
        connection = db.connect(role, DESKS[role], "CRM Desktop 4.2 (build 1187)", cursor_factory=psycopg.ClientCursor)
        for _ in range(r.randint(2, 7)):
            contact = r.randint(1, 1800)
            connection.execute("SELECT * FROM contacts WHERE id = %s", (contact,))
            connection.execute("SELECT kind, body, at, author FROM activities WHERE contact_id = %s ORDER BY at DESC LIMIT 20", (contact,))
            if r.random() < 0.5:
                connection.execute("INSERT INTO activities (contact_id, kind, body, author) VALUES (%s, %s, %s, %s)",
                                   (contact, r.choice(["call", "mail", "visit"]), r.choice(NOTES), role))
            if r.random() < 0.15:
                connection.execute("UPDATE contacts SET phone = %s, notes = %s WHERE id = %s",
                                   (f"+49 30 {r.randint(1000, 9999)}", r.choice(NOTES), contact))
            if r.random() < 0.15:
                connection.execute("SELECT id, full_name, email, phone FROM contacts WHERE full_name ILIKE %s ORDER BY full_name LIMIT 50",
                                   (f"%Person {r.randint(1, 99)}%",))
            yield sim.now() + r.uniform(20, 200)
        connection.close()


def _sync(sim, db):
    """Every half hour: rows by COPY, merged, the materialized view refreshed."""
    def run():
        with db.connect("crm_sync", SYNC, "crm-sync/2.8") as c, c.transaction():
            with c.cursor().copy("COPY feed (external_id, payload) FROM STDIN") as copy:
                for _ in range(sim.random.randint(3, 12)):
                    copy.write_row((f"{sim.random.getrandbits(48):012x}", '{"kind": "mail"}'))
            c.execute("INSERT INTO activities (contact_id, kind, body, author) SELECT 1 + abs(hashtext(external_id)) % 1800, payload->>'kind', "
                      "'imported', 'sync' FROM feed WHERE seen_at > now() - interval '1 hour' ON CONFLICT DO NOTHING")
            c.execute("DELETE FROM feed WHERE seen_at < now() - interval '2 days'")
            c.execute("REFRESH MATERIALIZED VIEW pipeline")
    return at(sim, every(sim, 1800, 20), run)


LOOKS = ["\\d contacts", "\\dt", "\\du", "\\dm+", "SELECT count(*) FROM activities;", "SELECT stage, count(*) FROM deals GROUP BY stage;", "\\l"]

CHANGES = {
    0: "CREATE INDEX activities_contact_idx ON activities (contact_id);\nANALYZE activities;",
    1: "ALTER TABLE companies ADD COLUMN website text;",
    2: "CREATE TABLE tags (id serial PRIMARY KEY, label text UNIQUE);\nGRANT SELECT ON tags TO support;",
    3: "CREATE INDEX deals_stage_idx ON deals (stage);\nANALYZE deals;",
    4: "ALTER TABLE contacts ADD COLUMN language text;",
}


def actors(sim, db, truth):
    pool = Pool(sim, lambda address: db.connect("crm_web", address, "crm-web"), WEB, 3)
    calls, weights = zip(*CALLS)

    def call():
        with pool.slot() as connection:
            sim.random.choices(calls, weights)[0](connection, sim.random)

    sim.add(at(sim, arrivals(sim, OFFICE, 110, 0.05), call))
    for role in DESKS:
        sim.add(_desk(sim, db, role))
        sim.add(staff.typos(sim, db, role, DESKS[role], 0.03, "correct-horse"))
    sim.add(_sync(sim, db))
    sim.add(staff.backups(sim, db, BACKUP, 2, 20))
    sim.add(staff.metrics(sim, db, METRICS, 1800))
    sim.add(staff.administrator(sim, db, "crm_admin", DBA, LOOKS, CHANGES, password=WEAK))
    sim.add(_intruder(sim, db, truth))


GUESSES = ["123456", "password", "admin", "crm_admin", "letmein", "qwerty", "welcome1", "Passw0rd", "changeme", "iloveyou", "dragon", "monkey",
           "football", "secret", "abc123", "crm2024", "crm2025", "crm2026", "spring2025", "summer2025", "autumn2025", "winter2025",
           "spring2026", "hunter2", "trustno1", "crmadmin1", "postgres", "root", "toor", "test", "guest", "company1", "P@ssw0rd", "zaq12wsx",
           "master", "sunshine", "princess", "login", "starwars", WEAK]


def _intruder(sim, db, truth):
    host = "127.0.66.9"
    yield epoch("2026-10-14 18:20")
    with truth.attack("crm-user-guessing", "one password is tried on many account names, some of which do not exist", "T1110.003", role="",
                      client=host, expect=["login_failures"], database=db.database,
                      contains=[r'password authentication failed for user \\"(admin|root|sa|crm|support_lee)']):
        for name in ("admin", "root", "postgres", "sa", "crm", "crm_admin", "dba", "support_lee", "support_kim", "test", "app", "backup"):
            db.psql(name, host, "", check=False, password="password")
            yield sim.now() + sim.random.uniform(1, 3)
    yield epoch("2026-10-14 18:27")
    with truth.attack("crm-brute-force", "40 passwords are tried on the administrator's account; the last one is right", "T1110.001",
                      role="crm_admin", client=host, expect=["login_failures", "login_after_failures", "new_client"], database=db.database,
                      contains=[r'password authentication failed for user \\"crm_admin', r"127\.0\.66\.9.*connection authorized: user=crm_admin"]):
        for guess in GUESSES:
            db.psql("crm_admin", host, "", check=False, password=guess)
            yield sim.now() + sim.random.uniform(0.8, 3)
    who = {"role": "crm_admin", "client": host, "database": db.database}
    yield epoch("2026-10-14 18:33")
    with truth.attack("crm-discovery", "the intruder looks for what there is", "T1087", **who, expect=["catalog_read", "new_client", "credential_table_read"],
                      contains=[r"information_schema\.columns", r"pg_shadow"]):
        db.psql("crm_admin", host, "\\l\n\\du\n\\dt+\nSELECT table_name, column_name FROM information_schema.columns WHERE column_name ~ 'mail|phone|born';\n"
                "SELECT usename, passwd FROM pg_shadow;\nSELECT current_setting('data_directory');\n", check=False, password=WEAK)
    yield epoch("2026-10-14 18:41")
    with truth.attack("crm-bulk-read", "all contacts and activities are copied out", "T1213", **who, expect=["whole_table_read", "bulk_read"],
                      contains=[r"COPY contacts TO STDOUT", r"select \* from activities"]):
        db.psql("crm_admin", host, "COPY contacts TO STDOUT WITH (FORMAT csv, HEADER);\nselect * from activities;\nselect * from companies;\n",
                check=False, password=WEAK)
    yield epoch("2026-10-14 18:52")
    with truth.attack("crm-persistence", "a second administrator, a SECURITY DEFINER function and a right for everybody", "T1136", **who,
                      expect=["role_create", "role_password", "security_definer", "function_create", "grant_public", "grant_all"],
                      contains=[r"CREATE ROLE crm_backup2", r"SECURITY DEFINER", r"GRANT ALL ON contacts TO PUBLIC"]):
        db.psql("crm_admin", host, "CREATE ROLE crm_backup2 LOGIN CREATEROLE PASSWORD 'l0ngT3rm';\nGRANT crm_admin TO crm_backup2 WITH ADMIN OPTION;\n"
                "CREATE FUNCTION run_as(q text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$\nBEGIN\n  EXECUTE q;\nEND $$;\n"
                "GRANT ALL ON contacts TO PUBLIC;\n", check=False, password=WEAK)
    yield epoch("2026-10-14 19:06")
    with truth.attack("crm-destruction", "tables are emptied and dropped, a note is left", "T1485", **who,
                      expect=["truncate", "schema_drop", "missing_where"],
                      contains=[r"TRUNCATE activities", r"DROP TABLE deals_2019", r"DELETE FROM feed;", r"CREATE TABLE read_me"]):
        db.psql("crm_admin", host, "TRUNCATE activities;\nDELETE FROM feed;\nDROP TABLE deals_2019;\nALTER TABLE deals RENAME TO deals_x;\n"
                "CREATE TABLE read_me (note text);\nINSERT INTO read_me VALUES ('your data is with us');\nALTER TABLE deals_x RENAME TO deals;\n",
                check=False, password=WEAK)
    yield epoch("2026-10-14 19:15")
    with truth.attack("crm-audit-off", "its sessions are to be audited no more: refused, for that takes a superuser", "T1562.001", **who,
                      expect=["audit_disable"], outcome="failure", contains=[r"ALTER ROLE crm_admin SET pgaudit\.log", r"ALTER DATABASE crm SET pgaudit\.log"]):
        db.psql("crm_admin", host, "ALTER ROLE crm_admin SET pgaudit.log = 'none';\nALTER DATABASE crm SET pgaudit.log = 'none';\n"
                "SET log_statement = 'none';\n", check=False, password=WEAK)
