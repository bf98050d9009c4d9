// Package postgresql reads PostgreSQL's server log: stderr with any log_line_prefix, csvlog, jsonlog, and the messages an
// audit pipeline needs (pgaudit, connections, logins, statements, errors, the server's own state).
//
// Every layout is first read into an [Entry], which has the columns of csvlog; [Entry.Event] then says what it means, so
// that the same message gives the same event whatever layout carried it.
//
// It guarantees that an Entry's texts are what the server wrote, unescaped, and that text inside a statement is never
// taken for a record of its own. It does not join physical lines (the decoder does) and does not translate messages:
// localised severities and labels are understood, localised messages are kept as [pipeline.KindMessage] unless their
// SQLSTATE says what they are.
//
// Event semantics: an AUDIT line is a KindStatement with outcome success; ERROR, FATAL and PANIC are KindError with outcome
// failure and the statement they concern, except refused logins, which are KindLoginFailure; "connection authorized" is
// KindConnect, "connection received" and "authenticated" KindConnAttempt, "disconnection" KindDisconnect; statement and
// duration lines are KindStatement; start, stop, reload and parameter changes are KindServer; all else is KindMessage. A
// message that starts like pgaudit's but was raised by SQL (its context or location says so) is a KindMessage.
package postgresql
