"""The ground truth: what was an attack and when, written down while it happens."""

import contextlib

from .simulation import utc


def stamp(t):
    return utc(t).strftime("%Y-%m-%dT%H:%M:%SZ")


class Truth:
    def __init__(self, sim, cluster, engine, file):
        self._sim = sim
        self._where = {"cluster": cluster, "engine": engine, "file": file}
        self.attacks, self.responses = [], []

    @contextlib.contextmanager
    def attack(self, id, what, technique, role, client, database, expect, contains, outcome="success"):
        """Notes one attack.

        technique is MITRE ATT&CK's. expect names what a monitor could find. contains holds regular expressions; some record of
        the log within the time must match each (see finish.py).
        """
        start = self._sim.now()
        yield
        self.attacks.append({"id": id, "what": what, "technique": technique, **self._where, "database": database, "role": role,
                             "client": client, "start": stamp(start), "end": stamp(self._sim.now() + 1), "outcome": outcome,
                             "expect": expect, "contains": contains})

    @contextlib.contextmanager
    def response(self, what, role, client):
        """Notes what defenders did on the day: no attack, but an alert about it is no false one either."""
        start = self._sim.now()
        yield
        self.responses.append({"what": what, **self._where, "role": role, "client": client, "start": stamp(start),
                               "end": stamp(self._sim.now() + 1)})
