"""When people and programs are busy. All hours are UTC."""

from .simulation import utc

HOUR, DAY = 3600.0, 86400.0

# Share of the busiest hour, midnight first.
SHOPPERS = [8, 5, 3, 3, 4, 8, 18, 35, 55, 70, 80, 88, 95, 90, 82, 80, 82, 88, 96, 100, 92, 70, 42, 20]
OFFICE = [0, 0, 0, 0, 0, 0, 2, 15, 70, 95, 100, 95, 50, 70, 95, 100, 85, 45, 12, 3, 0, 0, 0, 0]


def share(profile, t, weekend):
    """How busy it is at t, 0 to 1."""
    when = utc(t)
    here, after = profile[when.hour], profile[(when.hour + 1) % 24]
    level = (here + (after - here) * when.minute / 60) / 100
    return level * (weekend if when.weekday() >= 5 else 1)


def arrivals(sim, profile, per_hour, weekend):
    """Times at which somebody comes: a Poisson process whose rate follows the profile."""
    t = sim.start
    while t < sim.end:
        t += sim.random.expovariate(per_hour / HOUR)
        if sim.random.random() < share(profile, t, weekend):
            yield t


def nightly(sim, hour, minute):
    """Once a day, some seconds late."""
    midnight = sim.start - sim.start % DAY
    for day in range(int((sim.end - midnight) / DAY) + 1):
        t = midnight + day * DAY + hour * HOUR + minute * 60 + sim.random.uniform(1, 20)
        if sim.start <= t < sim.end:
            yield t


def every(sim, seconds, jitter=2.0):
    t = sim.start + sim.random.uniform(0, seconds)
    while t < sim.end:
        yield t + sim.random.uniform(0, jitter)
        t += seconds


def workdays(sim):
    """Midnight of each Monday to Friday."""
    midnight = sim.start - sim.start % DAY
    for day in range(int((sim.end - midnight) / DAY) + 1):
        t = midnight + day * DAY
        if utc(t).weekday() < 5:
            yield t


def at(sim, times, act):
    """An actor that calls act at each of the times."""
    for t in times:
        yield t
        act()
