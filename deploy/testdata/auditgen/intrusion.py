"""sqlmap, and what else an intruder does."""

import os
import subprocess
import sys
import tempfile

POLL = 0.25
LIMIT = 900  # seconds of real time for one run


def sqlmap(sim, folder, url, options):
    """Runs sqlmap to its end, at real pace: yields, so that everybody else goes on with their work meanwhile."""
    home = tempfile.mkdtemp(dir=folder)
    command = ["sqlmap", "-u", url, "-p", "id", "--batch", "--ignore-stdin", "--flush-session", "--fresh-queries", "--disable-coloring", "--threads=1",
               f"--output-dir={home}/out", *options]
    log = os.path.join(home, "sqlmap.log")
    with sim.real_pace(), open(log, "wb") as out:
        run = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                               env=dict(os.environ, HOME=home, XDG_DATA_HOME=home))
        waited = 0.0
        while run.poll() is None:
            waited += POLL
            if waited > LIMIT:
                run.kill()
                raise SystemExit("sqlmap did not end in time")
            yield sim.now() + POLL
    with open(log, encoding="utf-8", errors="replace") as f:
        told = f.read()
    if run.returncode != 0 or "is vulnerable" not in told and "identified the following injection point" not in told:
        sys.stderr.write(told)
        raise SystemExit("sqlmap found nothing")
