// Package volume finds spikes in one series of buckets: events, rows, errors or anything else that is counted or measured
// over time.
//
// It guarantees: a verdict depends on nothing later than its point (no look-ahead); the same points give the same
// verdicts; memory is bounded (half a megabyte for a series however long it is); no float64 makes it panic. It reads no clock
// and does no I/O. What it learns from is what it judges: who must not teach it must be left out by the caller.
//
// How a point is judged:
//
//   - What is expected is the median of the same quarter of an hour on earlier days; or of that on weekends and working
//     days apart, or of the same hour of the week, once that has proved far better. On the first day nothing is expected.
//   - Four gauges measure how a point departs from that: its residual, its residual on log1p, the level of the last
//     points, and how much they jump about. A fifth, a cumulative sum, gathers small departures over days.
//   - Each gauge's value is turned into a probability by the tail of its own past: a generalised Pareto distribution
//     fitted to the highest 3 % (peaks over threshold, as in SPOT), once for rises and once for departures either way.
//   - The least likely gauge decides, after a handicap for those that are less specific. An alert needs a probability
//     below Config.FalseAlarm, a minimum effect, and no alert shortly before it.
//
// The probability is nominal: points of real series depend on each other. docs/volume.md says what is measured.
package volume
