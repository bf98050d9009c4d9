// Package worm is the archive: it keeps raw records where nobody can alter them, and proves that nobody did.
//
// Each source has a chain of segments, written to an S3 bucket with Object Lock (or, for trying it out, to a folder).
// It guarantees:
//
//   - a record is stored byte for byte, with its stream, offset, key, time and size, before it is acknowledged;
//   - objects are only ever created, under a retention date that in COMPLIANCE mode nobody can shorten;
//   - the bucket is the only state: what to resume from is in the last segment, so that a process killed at any instant
//     and started again writes every record once;
//   - any number of writers may work on one chain: creating the next object decides who was first, the others take over
//     what was written and leave out what it already holds;
//   - a segment names its predecessor's hash, and a signed checkpoint after each covers all segments by a Merkle tree
//     (RFC 6962), so that [Verify] finds any segment missing, altered, reordered or cut off.
//
// It does not parse what it keeps, and does not depend on the parsers or on ClickHouse. It cannot notice that the newest
// segments and their checkpoints are gone together from a folder, or from a bucket of which versions could be
// deleted; give Verify a checkpoint kept elsewhere for that. A folder is not immutable.
package worm
