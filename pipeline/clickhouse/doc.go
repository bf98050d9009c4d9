// Package clickhouse keeps what Auditwarden knows in ClickHouse: events, statements, the quarantine of unparsed lines, the
// ledger of batches, checkpoints, alerts and their deliveries.
//
// It guarantees: [DB.Commit] returns nil only when everything it was given is on disk, the ledger's row last; repeating
// it, in whole or in part, with other batch boundaries or from two processes at once, leaves the same events when read
// with FINAL; an alert or a delivery that is stored is never forgotten; no statement text, literal or password
// goes into an error. The same code works on a server (native TCP or HTTP), on a cluster, and on the embedded engine.
//
// It does not judge (package detect), does not create users, and does not keep events longer than configured. Reads of
// replacing tables need FINAL: without it a replayed row may be seen twice until ClickHouse has merged it.
package clickhouse
