// Package baseline keeps what is normal for each role, as tables in ClickHouse that are filled by SQL from events.
//
// It guarantees that counting an event twice, or in another order, changes nothing: profiles are minima, maxima, bitmaps
// and distinct counts, and volume buckets are always computed anew from all their events. Novelty and maturity are
// questions about event time, so that days of backlog loaded at once answer like live traffic. What is suspected does not
// teach. It does not decide what is worth an alert: see package detect.
package baseline
