"""People and jobs that several databases have in common."""

from .rhythm import HOUR, OFFICE, arrivals, at, every, nightly, workdays


def backups(sim, db, address, hour, minute):
    """A real pg_dump every night."""
    return at(sim, nightly(sim, hour, minute),
              lambda: db.client(["pg_dump", "--no-sync", "-f", "/dev/null"], "backup", address))


METRICS = [
    "SELECT datname, numbackends, xact_commit, xact_rollback, blks_read, blks_hit, deadlocks FROM pg_stat_database",
    "SELECT state, count(*) FROM pg_stat_activity WHERE datname IS NOT NULL GROUP BY state",
    "SELECT relname, n_live_tup, n_dead_tup, seq_scan, idx_scan FROM pg_stat_user_tables ORDER BY n_dead_tup DESC LIMIT 20",
]


def metrics(sim, db, address, seconds):
    """A monitoring agent with one long-lived connection."""
    connection = []

    def scrape():
        if not connection:
            connection.append(db.connect("metrics", address, "postgres_exporter"))
        for statement in METRICS:
            connection[0].execute(statement)

    return at(sim, every(sim, seconds), scrape)


def typos(sim, db, role, address, per_hour, wrong):
    """Somebody types a wrong password once, then the right one."""
    def login():
        db.psql(role, address, "", check=False, password=wrong)
        db.psql(role, address, "SELECT current_user;")
    return at(sim, arrivals(sim, OFFICE, per_hour, 0), login)


def administrator(sim, db, role, address, looks, changes, password=None):
    """A DBA's days: looks around with psql some times a day; changes maps days of the run to scripts."""
    for day, midnight in enumerate(workdays(sim)):
        sessions = sorted(midnight + h * HOUR + sim.random.uniform(0, 0.6 * HOUR) for h in (8.2, 11, 14.1, 16))
        for i, t in enumerate(sessions):
            if t < sim.start:
                continue
            yield t
            script = "\n".join(sim.random.sample(looks, k=min(len(looks), sim.random.randint(2, 4))))
            if i == 1 and day in changes:
                script += "\n" + changes[day]
            db.psql(role, address, script + "\n", password=password)
