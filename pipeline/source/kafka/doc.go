// Package kafka reads raw records from Kafka topics as a member of a consumer group.
//
// It guarantees that a partition's committed offset moves only when the batch that covers it is acknowledged, and in
// order; that every line of a message has an identity (topic, partition, offset, line) which is the same on every
// delivery; that within one process no record is handed over twice, whatever rebalances come; and that one message,
// whatever it holds, never blocks its partition: what no parser understands is the decoder's to keep. Memory is bounded
// by one fetched response and one batch for each partition.
//
// Kafka delivers again after a crash, or when a partition goes to another member, what was read but not acknowledged. An
// acknowledgement that comes too late, when the partition belongs to another member already, is not an error: the other
// member delivers the same records under the same identities.
//
// It does not notice that a topic was deleted and made anew under the same name, unless the new one is shorter than what
// was read of the old one; then it says so and waits. Records of aborted transactions are read like all others: a
// transaction left open cannot hold back the log.
package kafka
