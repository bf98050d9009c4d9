// Package cloudwatch reads CloudWatch Logs by polling FilterLogEvents.
//
// It guarantees that every event of the chosen groups with a time stamp from the configured start on is delivered,
// however late it arrived within the horizon, across restarts at any instant, throttling, errors, expired tokens and
// pages that come empty, twice or out of order; that positions move on Ack only; that all requests together stay below
// one rate; and that each event is read a fixed number of times, whatever the age of the group. An event may be
// delivered again after a restart, and with its minute when a late one turns up in a minute whose ids are no longer in
// memory: its record id is then the same.
//
// # How
//
// Time is a line on which cursors move. The head reads from its cursor to the newest event and then moves to a few seconds before now
// (Overlap). What was written before the head is a territory, for which it is known how many distinct events each minute had. Behind
// the head follow a few verifiers, at ages growing eightfold up to the horizon: each reads every minute once more, when
// that minute has reached its age, and compares the count. The set of events of a minute only grows, and what was delivered is a part of it, so equal counts mean
// that nothing is missing. Where the count differs the late events are delivered: those alone while the ids of that
// minute are still in memory, otherwise the whole minute. An event late by L is so found when it is not much older than
// eight times L, and the cost is one reading for each verifier.
//
// Territory that is older than the head when reading starts (a start in the past, a long stop) becomes a range that is
// read from its older end between polls of the head.
//
// Live Tail is not used: it samples above 500 events a second and drops what a slow reader leaves.
package cloudwatch
