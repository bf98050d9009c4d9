"""python3 -m auditgen CLUSTER OUTPUT-FOLDER [--until 'YYYY-MM-DD HH:MM'] [--from …]: one cluster's week."""

import argparse
import contextlib
import importlib
import json
import os
import shutil
import time

from . import truth
from .servers import MariaDB, Postgres
from .simulation import Simulation, epoch

BASE = "/var/tmp/auditgen"  # fixed: the servers' folder shows in their logs
START, END = "2026-10-07 00:00", "2026-10-15 00:00"


def main():
    args = argparse.ArgumentParser(prog="auditgen", description=__doc__)
    args.add_argument("cluster", choices=["orders", "billing", "crm", "shop"])
    args.add_argument("output")
    args.add_argument("--start", default=START, help="begin later, for trying things out")
    args.add_argument("--end", default=END, help="end earlier")
    args = args.parse_args()

    cluster = importlib.import_module("." + args.cluster, __package__)
    os.makedirs(BASE, mode=0o755, exist_ok=True)
    folder = os.path.join(BASE, cluster.NAME)
    if os.path.exists(folder):
        raise SystemExit(f"{folder} is there: another run is at work, or was broken off and the folder is to be removed")
    try:
        _run(cluster, args, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):  # another cluster is being made
            os.rmdir(BASE)


def _run(cluster, args, folder):
    if cluster.FORMAT == "server_audit":
        db, engine = MariaDB(folder, cluster.DATABASE, cluster.NAME), "mariadb"
    else:
        db, engine = Postgres(folder, cluster.DATABASE, cluster.SETTINGS), "postgresql"
    sim = Simulation(epoch(args.start), epoch(args.end), db.clock_file, seed=cluster.NAME, settle=db.settle)
    notes = truth.Truth(sim, cluster.NAME, engine, cluster.FILE + ".gz")
    db.start(audited=False)
    cluster.load(db)
    db.stop()
    db.start(audited=True)
    time.sleep(0.5)  # the last line of the check that it is up
    started = os.path.getsize(db.logs())
    cluster.actors(sim, db, notes)
    sim.run()
    os.makedirs(args.output, exist_ok=True)
    _cut(db.logs(), started, os.path.join(args.output, cluster.FILE))
    db.stop()
    with open(os.path.join(args.output, cluster.FILE + ".truth.json"), "w", encoding="utf-8") as f:
        json.dump({"attacks": notes.attacks, "responses": notes.responses}, f, indent=1)


def _cut(log, started, output):
    """Copies what was logged between the server's start and stop, which are no part of the week."""
    with open(log, "rb") as source, open(output, "wb") as target:
        source.seek(started)
        shutil.copyfileobj(source, target)


main()
