"""python3 -m auditgen.finish RAW-FOLDER TESTDATA-FOLDER: checks the logs against what was done, compresses them, writes
truth.json."""

import collections
import gzip
import importlib
import json
import os
import re
import shutil
import sys

from .logs import records
from .simulation import epoch
from .truth import stamp

CLUSTERS = ["orders", "billing", "crm", "shop"]
PERIODS = {
    "learning": ("2026-10-07 00:00", "2026-10-12 00:00", "ordinary traffic, Wednesday to Sunday"),
    "quiet": ("2026-10-12 00:00", "2026-10-14 08:40", "ordinary traffic, Monday to Wednesday morning: no alert is right"),
    "intrusion": ("2026-10-14 08:40", "2026-10-15 00:00", "ordinary traffic, and the attacks listed"),
}
ORDINARY = [
    "Text that looks like SQL in searches, reviews, comments and notes: quotes, --, /*, 'drop table lamp', 'union jack', '1=1 puzzle'.",
    "A wrong password typed once, now and then, by analysts and support staff, the right one after it.",
    "Every night a real pg_dump or mariadb-dump that reads every table, and a report over most of them.",
    "An administrator who looks around with psql's \\d commands, and changes the schema on working days, in the quiet ones too.",
    "Grants by administrators (reading rights on a new table or view), in the learning days only.",
    "Statements that fail: a duplicate e-mail address at sign-up.",
    "IN lists and multi-row INSERTs of varying length.",
]


def main():
    raw, target = sys.argv[1:]
    os.makedirs(os.path.join(target, "logs"), exist_ok=True)
    logs, attacks, responses = [], [], []
    for name in CLUSTERS:
        cluster = importlib.import_module("." + name, __package__)
        path = os.path.join(raw, cluster.FILE)
        with open(path + ".truth.json", encoding="utf-8") as f:
            told = json.load(f)
        logs.append(_check(path, cluster, told["attacks"]))
        attacks += told["attacks"]
        responses += told["responses"]
        packed = os.path.join(target, "logs", cluster.FILE + ".gz")
        with open(path, "rb") as source, open(packed, "wb") as out, \
                gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=out, mtime=0) as z:
            shutil.copyfileobj(source, z)
        print(f"{cluster.FILE}: {logs[-1]['lines']} lines, {logs[-1]['records']} records, {os.path.getsize(packed)} bytes compressed")
    periods = {k: {"from": stamp(epoch(a)), "until": stamp(epoch(b)), "what": what} for k, (a, b, what) in PERIODS.items()}
    attacks.sort(key=lambda a: a["start"])
    with open(os.path.join(target, "truth.json"), "w", encoding="utf-8") as f:
        json.dump({"version": 1, "periods": periods, "logs": logs, "ordinary": ORDINARY, "attacks": attacks, "responses": responses}, f,
                  indent=2, ensure_ascii=False)
        f.write("\n")


def _check(path, cluster, attacks):
    """Every attack is in the log, every record is inside the week, time goes forward."""
    first, last, count = None, "", 0
    roles = collections.defaultdict(lambda: [0, set()])
    patterns = {a["id"]: [[re.compile(c, re.S | re.I), 0] for c in a["contains"]] for a in attacks}
    for time, role, client, text in records(path, cluster.FORMAT):
        count += 1
        first = first or time
        if epoch(time[:19]) < (epoch(last[:19]) if last else 0) - 2:
            raise SystemExit(f"{path}: time goes back from {last} to {time}")
        last = max(last, time)
        if role and role != "[unknown]":
            roles[role][0] += 1
            roles[role][1].add(client)
        for attack in attacks:
            if attack["start"] <= time <= attack["end"]:
                _note(attack, patterns[attack["id"]], text)
    if not PERIODS["learning"][0].replace(" ", "T") <= first or last > stamp(epoch(PERIODS["intrusion"][1]) + 60):
        raise SystemExit(f"{path}: runs from {first} to {last}")
    for attack in attacks:
        for pattern, seen in patterns[attack["id"]]:
            if not seen:
                raise SystemExit(f"{path}: no record of attack {attack['id']} matches {pattern.pattern}")
    with open(path, "rb") as f:
        lines = sum(1 for _ in f)
    return {
        "file": "logs/" + cluster.FILE + ".gz", "cluster": cluster.NAME, "engine": attacks[0]["engine"], "format": cluster.FORMAT,
        "database": cluster.DATABASE, "log_line_prefix": getattr(cluster, "SETTINGS", {}).get("log_line_prefix", ""),
        "lines": lines, "bytes": os.path.getsize(path), "records": count, "first": first, "last": last,
        "roles": {r: {"records": n, "clients": sorted(c)} for r, (n, c) in sorted(roles.items())},
    }


def _note(attack, patterns, text):
    hit = False
    for pattern in patterns:
        if pattern[0].search(text):
            pattern[1] += 1
            hit = True
    attack["matching_records"] = attack.get("matching_records", 0) + hit


main()
