// Package cloud reads the records that managed databases wrap around, or write instead of, the servers' own: Cloud SQL
// and AlloyDB log entries, Azure Database logs, CloudNativePG's JSON, Supabase's, and decrypted Database Activity Streams.
//
// It guarantees integers beyond 2^53 and the texts unescaped. What a cloud cut (Azure at some 16 to 65 KB) stays cut.
package cloud
