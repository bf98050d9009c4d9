// Package stamp reads the timestamps that database logs write: civil time with a zone, an abbreviation of one or none,
// RFC 3339, RFC 3164 without a year, and epochs in s, ms, µs or ns.
//
// It guarantees UTC results and says how certain they are: only a numeric offset, UTC, or an abbreviation that the
// configured zone itself uses at that instant is exact. It has no clock: what a record does not say is taken from the
// configuration or from the transport's time, or stays missing.
package stamp
