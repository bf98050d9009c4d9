// Package volume finds spikes in one series of buckets: events, rows, errors or anything else that is counted or measured
// over time.
//
// It guarantees: a verdict depends on nothing later than its point (no look-ahead); the same points give the same
// verdicts; memory is bounded (about a megabyte for a series however long it is); no float64 makes it panic. It reads no clock
// and does no I/O. What it learns from is what it judges: who must not teach it must be left out by the caller.
//
// A point is judged twice, by the same means but for two purposes.
//
// The score says how unusual it is for its series, in either direction, be it a count or a temperature. Gauges measure how a
// point departs from what is usual: its residual, that of its logarithm and of the last two, from the median of the same quarter of an hour on
// earlier days (or of what has proved better); the level of the last points; how much they jump about; and a cumulative
// sum of small departures. Each gauge's value becomes a probability by the tail of its own past: a generalised Pareto
// distribution fitted to the highest 3 % (peaks over threshold, as in SPOT). The least likely gauge decides, after a handicap for
// those that are less specific. What is no record of the last hours counts a quarter, and so does what is as far from the rhythm at about
// this time on most days.
//
// The alert says that a role does more than it should. It compares with the same time on days of the same kind, in units of what
// is usual at that level, over one, three and twelve points; adds up over days what is more than usual; and, if falls are
// looked for, what has been missing. It needs a probability below Config.FalseAlarm, a minimum effect, and no alert shortly
// before it.
//
// The probability is nominal: points of real series depend on each other. docs/volume.md says what is measured.
package volume
