"""Reads the finished logs back, only as far as checking the ground truth against them takes."""

import csv
import json
import re
from datetime import datetime


def records(path, format):
    """Yields (time, role, client, raw text) of each record; time is ISO 8601 in UTC, to the second."""
    with open(path, encoding="utf-8", newline="") as f:
        yield from {"stderr": _stderr, "csvlog": _csvlog, "jsonlog": _jsonlog, "server_audit": _server_audit}[format](f)


STDERR = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC:([^:(]*)(?:\(\d+\))?:([^@:]*)@([^:]*):\[\d+\]:")


def _stderr(f):
    head, text = None, []
    for line in f:
        match = STDERR.match(line)
        if not match:
            text.append(line)
            continue
        if head:
            yield (*head, "".join(text))
        head, text = (_iso(match[1]), match[3], match[2]), [line]
    if head:
        yield (*head, "".join(text))


def _csvlog(f):
    for row in csv.reader(f):
        yield _iso(row[0][:19]), row[1], row[4].rpartition(":")[0] or row[4], ",".join(row)


def _jsonlog(f):
    for line in f:
        r = json.loads(line)
        yield _iso(r["timestamp"][:19]), r.get("user", ""), r.get("remote_host", ""), line


SERVER_AUDIT = re.compile(r"(\d{8} \d\d:\d\d:\d\d),[^,]*,([^,]*),([^,]*),")


def _server_audit(f):
    for line in f:
        match = SERVER_AUDIT.match(line)
        if not match:
            raise SystemExit(f"no record: {line!r}")
        yield datetime.strptime(match[1], "%Y%m%d %H:%M:%S").strftime("%Y-%m-%dT%H:%M:%SZ"), match[2], match[3], line


def _iso(text):
    return text.replace(" ", "T") + "Z"
