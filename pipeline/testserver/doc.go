// Package testserver starts real servers for tests: PostgreSQL with pgaudit, MariaDB with server_audit, an S3 gateway
// with Object Lock, a CloudWatch Logs endpoint and an Apache Kafka broker.
//
// Every call starts a server of its own on free loopback ports, waits until it answers its own protocol, and ends it
// when the test ends; a killed test binary takes its servers with it. A server that is not installed fails the test
// with a sentence that names deploy/install-test-servers.sh. The package is for tests only and guarantees nothing
// about performance.
package testserver
