"""orders-pg: a web shop on PostgreSQL. Its log is the stderr format with the prefix of Amazon RDS."""

import psycopg

from . import intrusion, staff
from .rhythm import HOUR, OFFICE, SHOPPERS, arrivals, at, every, nightly
from .simulation import epoch
from .web import App, Pool, visits

NAME, FILE, FORMAT = "orders-pg", "orders-pg.log", "stderr"
DATABASE = "orders"
SETTINGS = {"log_destination": "stderr", "log_line_prefix": "%t:%r:%u@%d:[%p]:", "pgaudit.log": "all, -misc"}

WEB = ["127.0.10.11", "127.0.10.12"]
LEDGER, REPORTS, METRICS, BACKUP, DBA, ANALYST = ("127.0.10.21", "127.0.20.5", "127.0.20.7", "127.0.20.9", "127.0.30.4",
                                                  "127.0.30.17")

SCHEMA = """
CREATE TABLE categories (id serial PRIMARY KEY, slug text UNIQUE NOT NULL, title text NOT NULL);
CREATE TABLE products (id serial PRIMARY KEY, category_id int REFERENCES categories, name text NOT NULL, description text,
  price_cents int NOT NULL, stock int NOT NULL, active bool NOT NULL DEFAULT true);
CREATE TABLE customers (id serial PRIMARY KEY, email text UNIQUE NOT NULL, full_name text, street text, city text,
  password_hash text NOT NULL, iban text, created_at timestamptz NOT NULL DEFAULT now(), last_login timestamptz);
CREATE TABLE orders (id bigserial PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, status text NOT NULL,
  total_cents int NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE order_items (order_id bigint REFERENCES orders, product_id int REFERENCES products, quantity int, price_cents int,
  PRIMARY KEY (order_id, product_id));
CREATE TABLE cart_items (session text, product_id int, quantity int, updated_at timestamptz, PRIMARY KEY (session, product_id));
CREATE TABLE reviews (id serial PRIMARY KEY, product_id int, author text, stars int, body text, created_at timestamptz DEFAULT now());
CREATE TABLE payments (id bigserial PRIMARY KEY, order_id bigint, method text, amount_cents int, reference text, created_at timestamptz DEFAULT now());
INSERT INTO categories (slug, title) SELECT 'cat-' || n, 'Category ' || n FROM generate_series(1, 12) n;
INSERT INTO products (category_id, name, description, price_cents, stock)
  SELECT 1 + n % 12, 'Product ' || n, 'A fine thing, number ' || n, 100 + n * 37 % 9000, 100000 FROM generate_series(1, 400) n;
INSERT INTO customers (email, full_name, street, city, password_hash, iban)
  SELECT 'user' || n || '@example.com', 'Customer ' || n, n || ' High Street', 'Town ' || n % 40, md5(n::text), 'DE' || (10^17 + n)::bigint
  FROM generate_series(1, 500) n;
INSERT INTO orders (customer_id, status, total_cents) SELECT 1 + n % 500, 'shipped', 1000 + n FROM generate_series(1, 1500) n;
INSERT INTO order_items SELECT n, 1 + n % 400, 1, 500 FROM generate_series(1, 1500) n;
ANALYZE;
"""

ACCOUNTS = """
CREATE ROLE shop_owner NOLOGIN;
CREATE ROLE orders_app LOGIN PASSWORD 'correct-horse-orders_app';
CREATE ROLE ledger LOGIN PASSWORD 'correct-horse-ledger';
CREATE ROLE reporting LOGIN PASSWORD 'correct-horse-reporting';
CREATE ROLE metrics LOGIN PASSWORD 'correct-horse-metrics' IN ROLE pg_monitor;
CREATE ROLE backup LOGIN PASSWORD 'correct-horse-backup' IN ROLE pg_read_all_data;
CREATE ROLE dba_anna LOGIN CREATEROLE PASSWORD 'correct-horse-dba_anna' IN ROLE shop_owner, pg_monitor;
CREATE ROLE analyst_tom LOGIN PASSWORD 'correct-horse-analyst_tom';
"""

GRANTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO orders_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO orders_app;
REVOKE ALL ON pgbench_accounts, pgbench_branches, pgbench_tellers, pgbench_history FROM orders_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON pgbench_accounts, pgbench_branches, pgbench_tellers, pgbench_history TO ledger;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reporting;
GRANT SELECT ON products, categories, orders, order_items, reviews TO analyst_tom;
GRANT CREATE ON SCHEMA public TO shop_owner;
DO $$ DECLARE t text; BEGIN
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('ALTER TABLE %I OWNER TO shop_owner', t);
  END LOOP; END $$;
"""

# Words that people really type, some of which look like SQL.
SEARCHES = ["lamp", "blue mug", "O'Reilly", "50% off", "drop table lamp", "union jack", "select gift box", "desk -- oak", "100% wool",
            "children's book", "1=1 puzzle", "chair", "phone case", "tea & coffee", "socks", "garden", "usb cable"]
REVIEWS = ["Great, would buy again.", "It's OK; arrived late -- box was damaged.", "5 stars!", "Don't buy /* really */ this.",
           "Select your size well, the union of style and comfort.", "My 'favourite' item", "Works as described.",
           "Meh. 2 of 5; the \"deluxe\" one is better"]



def load(db):
    with db.admin() as admin:
        admin.execute(f"CREATE DATABASE {db.database}")
        admin.execute(ACCOUNTS)
    with db.admin(db.database) as admin:
        admin.execute("CREATE EXTENSION pgaudit")
        admin.execute(SCHEMA)
        db.pgbench_init()
        admin.execute(GRANTS)


# The application's pages.

def _home(c, _):
    top = c.execute("""SELECT p.id, p.name, p.price_cents
  FROM products p
 WHERE p.active
 ORDER BY p.stock DESC, p.id
 LIMIT 8""").fetchall()
    menu = c.execute("SELECT slug, title FROM categories ORDER BY title").fetchall()
    return f"{len(top)} offers, {len(menu)} categories"


def _category(c, p):
    rows = c.execute("SELECT p.id, p.name, p.price_cents FROM products p JOIN categories c ON c.id = p.category_id "
                     "WHERE c.slug = %s AND p.active ORDER BY p.name LIMIT 20 OFFSET %s", (p["slug"], int(p["page"]) * 20)).fetchall()
    return "<br>".join(r[1] for r in rows)


def _product(c, p):
    # The hole: the parameter becomes part of the statement.
    rows = c.execute("SELECT id, name, description, price_cents, stock FROM products WHERE active AND id = " + p["id"]).fetchall()
    text = "<br>".join(f"{r[1]}: {r[2]} ({r[3]})" for r in rows) or "no such product"
    if rows and rows[0][0]:
        id = rows[0][0]
        reviews = c.execute("SELECT author, stars, body FROM reviews WHERE product_id = %s ORDER BY created_at DESC LIMIT 5", (id,)).fetchall()
        near = [id % 400 + n for n in range(1, 2 + id % 5)]
        marks = ", ".join(["%s"] * len(near))
        c.execute(f"SELECT id, name FROM products WHERE id IN ({marks})", near)
        text += f"; {len(reviews)} reviews"
    return text


def _search(c, p):
    rows = c.execute("SELECT id, name FROM products WHERE active AND (name ILIKE %s OR description ILIKE %s) ORDER BY name LIMIT 20",
                     (f"%{p['q']}%", f"%{p['q']}%")).fetchall()
    return f"{len(rows)} found"


def _login(c, p):
    row = c.execute("SELECT id, password_hash FROM customers WHERE email = %s", (p["email"],)).fetchone()
    if row:
        c.execute("UPDATE customers SET last_login = now() WHERE id = %s", (row[0],))
    return "welcome" if row else "unknown"


def _signup(c, p):
    c.execute("INSERT INTO customers (email, full_name, password_hash) VALUES (%s, %s, md5(%s))", (p["email"], p["name"], p["email"]))
    return "welcome"


def _cart(c, p):
    c.execute("INSERT INTO cart_items (session, product_id, quantity, updated_at) VALUES (%s, %s, %s, now()) "
              "ON CONFLICT (session, product_id) DO UPDATE SET quantity = cart_items.quantity + excluded.quantity, updated_at = now()",
              (p["session"], int(p["id"]), int(p["n"])))
    return "in the cart"


def _checkout(c, p):
    with c.transaction():
        items = c.execute("SELECT i.product_id, i.quantity, p.price_cents FROM cart_items i JOIN products p ON p.id = i.product_id "
                          "WHERE i.session = %s FOR UPDATE OF p", (p["session"],)).fetchall()
        total = sum(q * price for _, q, price in items)
        order = c.execute("INSERT INTO orders (customer_id, status, total_cents) VALUES (%s, 'new', %s) RETURNING id",
                          (int(p["customer"]), total)).fetchone()[0]
        values = ", ".join(["(%s, %s, %s, %s)"] * len(items))
        c.execute("INSERT INTO order_items (order_id, product_id, quantity, price_cents) VALUES " + values,
                  [v for i in items for v in (order, *i)])
        for product, quantity, _ in items:
            c.execute("UPDATE products SET stock = stock - %s WHERE id = %s", (quantity, product))
        c.execute("INSERT INTO payments (order_id, method, amount_cents, reference) VALUES (%s, %s, %s, %s)",
                  (order, "card", total, f"PAY-{order:08d}"))
        c.execute("DELETE FROM cart_items WHERE session = %s", (p["session"],))
    return f"order {order}"


def _review(c, p):
    c.execute("INSERT INTO reviews (product_id, author, stars, body) VALUES (%s, %s, %s, %s)",
              (int(p["id"]), p["author"], int(p["stars"]), p["text"]))
    return "thank you"


def _account(c, p):
    rows = c.execute("""SELECT o.id, o.status, o.total_cents, count(i.product_id) AS lines
  FROM orders o
  LEFT JOIN order_items i ON i.order_id = o.id
 WHERE o.customer_id = %s
 GROUP BY o.id
 ORDER BY o.created_at DESC
 LIMIT 10""", (int(p["customer"]),)).fetchall()
    return f"{len(rows)} orders"


PAGES = {"/": _home, "/category": _category, "/product": _product, "/search": _search, "/login": _login, "/signup": _signup,
         "/cart": _cart, "/checkout": _checkout, "/review": _review, "/account": _account}


def _visitor(sim, app):
    """One visit: a pause is yielded before each page."""
    r = sim.random
    customer, session = r.randint(1, 500), f"{r.getrandbits(64):016x}"
    app.get("/")
    for _ in range(r.randint(1, 4)):
        yield r.uniform(4, 50)
        what = r.random()
        if what < 0.4:
            app.get("/category", slug=f"cat-{r.randint(1, 12)}", page=r.choice([0, 0, 0, 1]))
        elif what < 0.65:
            app.get("/search", q=r.choice(SEARCHES))
        yield r.uniform(3, 40)
        app.get("/product", id=r.randint(1, 400))
    if r.random() < 0.04:
        app.get("/signup", email=f"user{r.randint(400, 2000)}@example.com", name="Zoë O'Neil")
    if r.random() < 0.35:
        yield r.uniform(5, 30)
        app.get("/login", email=f"user{customer}@example.com")
        if r.random() < 0.6:
            for _ in range(r.randint(1, 4)):
                app.get("/cart", session=session, id=r.randint(1, 400), n=r.randint(1, 3))
                yield r.uniform(5, 40)
            app.get("/checkout", session=session, customer=customer)
        else:
            app.get("/account", customer=customer)
    if r.random() < 0.06:
        yield r.uniform(20, 90)
        app.get("/review", id=r.randint(1, 400), author=f"user{customer}", stars=r.randint(1, 5), text=r.choice(REVIEWS))


REPORT = """
BEGIN;
CREATE TEMP TABLE daily_sales AS
  SELECT o.created_at::date AS day, c.title AS category, sum(i.quantity) AS pieces, sum(i.quantity * i.price_cents) AS cents
    FROM orders o
    JOIN order_items i ON i.order_id = o.id
    JOIN products p ON p.id = i.product_id
    JOIN categories c ON c.id = p.category_id
   WHERE o.created_at >= now() - interval '1 day'
   GROUP BY 1, 2;
SELECT category, pieces, cents FROM daily_sales ORDER BY cents DESC;
WITH spent AS (
  SELECT customer_id, sum(total_cents) AS cents
    FROM orders
   GROUP BY customer_id
)
SELECT width_bucket(cents, 0, 1000000, 10) AS bucket, count(*)
  FROM spent
 GROUP BY 1
 ORDER BY 1;
COPY (SELECT id, status, total_cents FROM orders WHERE created_at >= now() - interval '1 day') TO STDOUT WITH (FORMAT csv, HEADER);
DROP TABLE daily_sales;
COMMIT;
"""

LOOKS = ["\\d products", "\\dt+", "\\d orders", "\\du", "EXPLAIN SELECT * FROM orders WHERE customer_id = 17;", "\\di+",
         "SELECT pid, state, query_start FROM pg_stat_activity WHERE state <> 'idle';", "SELECT count(*) FROM orders;",
         "SELECT pg_size_pretty(pg_database_size('orders'));", "SELECT * FROM pg_locks WHERE NOT granted;", "\\l"]

# By working day of the run: Wednesday is 0, the first Monday 3.
CHANGES = {
    0: "SET ROLE shop_owner;\nCREATE INDEX orders_customer_idx ON orders (customer_id);\nANALYZE orders;",
    1: "SET ROLE shop_owner;\nALTER TABLE products ADD COLUMN weight_grams int;\nCREATE TABLE suppliers (id serial PRIMARY KEY, name text);\n"
       "GRANT SELECT ON suppliers TO reporting;",
    2: "SET ROLE shop_owner;\nCREATE INDEX payments_order_idx ON payments (order_id);\nVACUUM ANALYZE payments;",
    3: "SET ROLE shop_owner;\nCREATE INDEX reviews_product_idx ON reviews (product_id);\nANALYZE reviews;",
    4: "SET ROLE shop_owner;\nALTER TABLE products ADD COLUMN supplier_id int;\nANALYZE products;",
}

QUESTIONS = [
    "SELECT status, count(*) FROM orders GROUP BY status",
    "SELECT date_trunc('day', created_at) AS day, count(*), sum(total_cents) FROM orders WHERE created_at > now() - interval '{n} days' GROUP BY 1 ORDER BY 1",
    "SELECT p.name, sum(i.quantity) FROM order_items i JOIN products p ON p.id = i.product_id GROUP BY p.name ORDER BY 2 DESC LIMIT {n}",
    "SELECT stars, count(*) FROM reviews GROUP BY stars ORDER BY stars",
    "SELECT c.title, avg(p.price_cents) FROM products p JOIN categories c ON c.id = p.category_id GROUP BY c.title HAVING count(*) > {n}",
    "SELECT id, name, stock FROM products WHERE stock < {n} ORDER BY stock LIMIT 50",
]


def _analyst(sim, db):
    def ask():
        with db.connect("analyst_tom", ANALYST, "DBeaver 23.2.0 - SQLEditor <sales.sql>") as c:
            c.execute("SET extra_float_digits = 3")
            for question in sim.random.sample(QUESTIONS, k=sim.random.randint(1, 4)):
                c.execute(question.format(n=sim.random.randint(2, 30)))
    return at(sim, arrivals(sim, OFFICE, 1.6, 0), ask)


def actors(sim, db, truth):
    pool = Pool(sim, lambda address: db.connect("orders_app", address, "orders-web", cursor_factory=psycopg.ClientCursor), WEB, 3)
    app = App(pool, PAGES, psycopg.Error)
    sim.add(visits(sim, arrivals(sim, SHOPPERS, 34, 0.8), lambda: _visitor(sim, app)))
    sim.add(at(sim, every(sim, 1500, 300), lambda: db.client(["pgbench", "-n", "-M", "prepared", "-c", "1", "-t", "2"], "ledger", LEDGER)))
    sim.add(at(sim, nightly(sim, 2, 5), lambda: db.psql("reporting", REPORTS, REPORT)))
    sim.add(staff.backups(sim, db, BACKUP, 3, 30))
    sim.add(staff.metrics(sim, db, METRICS, 1800))
    sim.add(staff.administrator(sim, db, "dba_anna", DBA, LOOKS, CHANGES))
    sim.add(staff.typos(sim, db, "analyst_tom", ANALYST, 0.06, "correct-horse-analyst-tom"))
    sim.add(_analyst(sim, db))
    sim.add(_intruder(sim, db, app, truth))
    return app


def _intruder(sim, db, app, truth):
    """Wednesday 14 October: the product page is found and drained, then a stolen administrator's password is used."""
    target = app.url + "/product?id=17"
    web = {"role": "orders_app", "client": " ".join(WEB), "database": db.database}
    runs = [
        ("2026-10-14 10:12", "orders-sqlmap-error-union", "sqlmap finds the hole and reads names: error-based and UNION",
         ["--technique=EU", "--banner", "--current-user", "--is-dba", "--tables", "-D", "public"],
         ["error_extraction", "union_null_padding", "union_catalog"], [r"UNION ALL SELECT NULL", r"CAST\(.{0,80}CHR\("]),
        ("2026-10-14 10:31", "orders-sqlmap-blind", "sqlmap boolean-based blind, tampered to hide: comments for blanks, BETWEEN for >",
         ["--technique=B", "--tamper=between,space2comment", "--current-db"],
         ["boolean_probe", "comment_obfuscation", "constant_predicate"], [r"/\*\*/AND/\*\*/", r"NOT/\*\*/BETWEEN"]),
        ("2026-10-14 10:52", "orders-sqlmap-stacked-time", "sqlmap stacked statements and time-based blind",
         ["--technique=ST", "--time-sec=1", "--hostname"], ["stacked_statements", "time_delay"], [r"PG_SLEEP\("]),
        ("2026-10-14 11:20", "orders-sqlmap-dump", "sqlmap dumps the customers through the hole: bulk read by the application's role",
         ["--technique=U", "-D", "public", "-T", "customers", "--dump"],
         ["union_null_padding"], [r"UNION ALL SELECT .{0,2000}public\.customers"]),
    ]
    for when, id, what, options, expect, contains in runs:
        yield epoch(when)
        with truth.attack(id, what, "T1190", expect=expect, contains=contains, **web):
            yield from intrusion.sqlmap(sim, db.folder, target, ["--dbms=PostgreSQL", *options])

    thief = "127.0.66.6"
    yield epoch("2026-10-14 21:41")
    with truth.attack("orders-stolen-dba", "the administrator's password used at night from an unknown host", "T1078",
                      role="dba_anna", client=thief, expect=["new_client", "unusual_hour"], database=db.database,
                      contains=[r"127\.0\.66\.6\(\d+\):dba_anna@.*connection authorized"]):
        db.psql("dba_anna", thief, "SELECT current_user, version();\n\\du\n\\dt\n", check=False)
    yield epoch("2026-10-14 21:44")
    with truth.attack("orders-audit-off", "three tries to switch auditing off, all refused", "T1562.001", role="dba_anna", client=thief,
                      expect=["audit_disable", "permission_denied"], database=db.database, outcome="failure",
                      contains=[r"ALTER SYSTEM SET pgaudit", r"SET pgaudit\.log"]):
        db.psql("dba_anna", thief, "ALTER SYSTEM SET pgaudit.log = 'none';\nALTER ROLE dba_anna SET pgaudit.log = 'none';\n"
                "SET pgaudit.log = 'none';\nALTER SYSTEM SET log_connections = off;\n", check=False)
    yield epoch("2026-10-14 21:52")
    with truth.attack("orders-backdoor-role", "a login role for later, with read access to everything", "T1136", role="dba_anna",
                      client=thief, expect=["role_create", "role_password", "grant"], database=db.database,
                      contains=[r"CREATE ROLE svc_sync", r"GRANT pg_read_all_data"]):
        db.psql("dba_anna", thief, "CREATE ROLE svc_sync LOGIN PASSWORD 'N0tForYou!';\nGRANT pg_read_all_data TO svc_sync;\n"
                "ALTER ROLE svc_sync SUPERUSER;\n", check=False)
    yield epoch("2026-10-14 22:03")
    with truth.attack("orders-bulk-read", "the new role copies the customers out", "T1213", role="svc_sync", client=thief,
                      expect=["new_role", "bulk_read", "whole_table_read"], database=db.database,
                      contains=[r"COPY public\.customers TO STDOUT", r"READ,SELECT.*FROM payments"]):
        db.psql("svc_sync", thief, "COPY public.customers TO STDOUT;\nSELECT * FROM payments;\nSELECT * FROM orders;\n", password="N0tForYou!")
