// Package kafka reads raw records from Kafka topics as a member of a consumer group.
//
// It guarantees that a partition's committed offset moves only when the batch that covers it is acknowledged, and in
// order; that every line of a message has an identity (topic, partition, offset, line) which is the same on every
// delivery; and that one message, whatever it holds, never blocks its partition: what no parser understands is the
// decoder's to keep. Memory is bounded: a batch is handed over before the next is read.
//
// Kafka delivers again after a rebalance or a crash what was read but not acknowledged. An acknowledgement that comes
// too late, when the partition belongs to another member already, is not an error: the other member delivers the same
// records under the same identities.
package kafka
