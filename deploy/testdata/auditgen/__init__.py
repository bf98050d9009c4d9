"""Makes the audit logs that ship in testdata/: real servers, real clients, a simulated week.

The servers run under libfaketime, whose clock the simulation sets forward from one action to the next. Everything in the
logs was written by the servers themselves.
"""
