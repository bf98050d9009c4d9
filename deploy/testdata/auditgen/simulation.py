"""A clock that jumps from one action to the next, and the actors that act on it."""

import contextlib
import heapq
import itertools
import os
import random
import time
from datetime import datetime, timezone


def epoch(text):
    """Seconds since 1970 of 'YYYY-MM-DD HH:MM[:SS]' in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp()


def utc(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc)


class Simulation:
    """Runs actors in order of time.

    An actor is a generator that yields the time at which it wants to go on. Between two actions the servers' clock is
    set forward; during an action it runs at its usual pace, so durations in the logs are real ones. It never goes back.
    """

    def __init__(self, start, end, clock_file, seed, settle):
        """settle is called before each jump: it waits until the server has logged what was done so far."""
        self.start, self.end = start, end
        self._settle = settle
        self.random = random.Random(seed)
        self._clock_file = clock_file
        self._offset = None
        self._heap = []
        self._order = itertools.count()
        self._held = 0
        self.set(start)

    def now(self):
        return time.time() + self._offset

    def set(self, t):
        """Sets the servers' clock; libfaketime reads the file at every call."""
        self._offset = t - time.time()
        beside = self._clock_file + ".new"
        with open(beside, "w", encoding="ascii") as f:
            f.write(f"{self._offset:+.6f}\n")
        os.chmod(beside, 0o644)
        os.rename(beside, self._clock_file)

    def add(self, actor):
        self.add_at(self.start, actor)

    def add_at(self, t, actor):
        heapq.heappush(self._heap, (t, next(self._order), actor))

    @contextlib.contextmanager
    def real_pace(self):
        """While held, time is not skipped: something outside, such as sqlmap, is at work."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1

    def run(self):
        shown = None
        while self._heap:
            t, _, actor = heapq.heappop(self._heap)
            if t >= self.end:
                continue
            ahead = t - self.now()
            if ahead > 0:
                if self._held:
                    time.sleep(ahead)
                else:
                    self._settle()
                    self.set(t)
            if shown != utc(t).date():
                shown = utc(t).date()
                print(f"  {shown}", flush=True)
            try:
                heapq.heappush(self._heap, (next(actor), next(self._order), actor))
            except StopIteration:
                pass
