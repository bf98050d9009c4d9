// Package serveraudit reads the one-line records of MariaDB's server_audit plugin and of its descendants: the AWS fork
// (RDS for MySQL) and Aurora MySQL's advanced auditing.
//
// It guarantees that the query text is what the server wrote, unescaped, and that names holding commas (the plugin does
// not escape them) never make one kind of record look like another: a line that can be read in two ways is refused. It
// cannot know the zone of the server's local time, nor for certain whether a query was cut at the plugin's limit.
//
// Event semantics: QUERY is a KindStatement, or a KindError if its return code is not 0; CONNECT and CHANGEUSER with
// status 0 are KindConnect, with another status and FAILED_CONNECT KindLoginFailure; DISCONNECT is KindDisconnect; READ,
// WRITE, CREATE, DROP, ALTER and RENAME are KindObject: the tables that the QUERY of the same StatementID touched.
package serveraudit
