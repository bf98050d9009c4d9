package postgresql

import "strings"

// shape is an English message whose SQLSTATE is certain: what it starts with, holds, and ends with.
type shape struct {
	prefix, inside, suffix string
	state                  string
}

// inferState gives the SQLSTATE of an English message whose record does not carry one (a stderr prefix without %e); ""
// where the text does not settle it.
func inferState(severity, msg string) string {
	if msg == "" {
		return ""
	}
	if severity != "FATAL" && strings.HasPrefix(msg, `role "`) && strings.HasSuffix(msg, `" does not exist`) {
		return "42704" // an object is missing; at login (FATAL) it is an authorization failure
	}
	for i := range shapes {
		s := &shapes[i]
		if s.prefix != "" && (s.prefix[0] != msg[0] || !strings.HasPrefix(msg, s.prefix)) {
			continue
		}
		if strings.HasSuffix(msg, s.suffix) && strings.Contains(msg, s.inside) {
			return s.state
		}
	}
	return ""
}

var shapes = [...]shape{
	// Syntax and names, as attackers produce them.
	{"syntax error at ", "", "", "42601"},
	{"syntax error", "", "", "42601"},
	{"unterminated quoted ", "", "", "42601"},
	{"unterminated dollar-quoted string", "", "", "42601"},
	{"unterminated /* comment", "", "", "42601"},
	{"each ", "query must have the same number of columns", "", "42601"},
	{"INSERT has more ", "", "", "42601"},
	{"cannot insert multiple commands into a prepared statement", "", "", "42601"},
	{"zero-length delimited identifier", "", "", "42601"},
	{"trailing junk after ", "", "", "42601"},
	{`relation "`, "", `" does not exist`, "42P01"},
	{"missing FROM-clause entry for table", "", "", "42P01"},
	{"column reference ", "", " is ambiguous", "42702"},
	{"column ", "", " does not exist", "42703"},
	{`record "`, `has no field "`, "", "42703"},
	{"function ", " of operator family ", " does not exist", "42704"},
	{"function ", "", " does not exist", "42883"},
	{"procedure ", "", " does not exist", "42883"},
	{"operator does not exist: ", "", "", "42883"},
	{"function ", "", " is not unique", "42725"},
	{"aggregate functions are not allowed in ", "", "recursive term", "42P19"},
	{"aggregate functions are not allowed in ", "", "", "42803"},
	{`column "`, "must appear in the GROUP BY clause", "", "42803"},
	{"schema \"", "", "\" does not exist", "3F000"},
	{"ORDER BY position ", "", " is not in select list", "42P10"},
	{"could not determine data type of parameter ", "", "", "42P18"},
	{"there is no parameter $", "", "", "42P02"},
	{`relation "`, "", `" already exists`, "42P07"},
	{`role "`, "", `" already exists`, "42710"},
	// Types.
	{"", " types ", " cannot be matched", "42804"},
	{"argument of ", " must be type ", "", "42804"},
	{`column "`, " is of type ", "", "42804"},
	{"cannot cast type ", "", "", "42846"},
	{"invalid input syntax for type interval", "", "", "22007"},
	{"invalid input syntax for type date", "", "", "22007"},
	{"invalid input syntax for type time", "", "", "22007"}, // timestamp, too
	{"invalid input syntax for type numeric time zone", "", "", "22023"},
	{"invalid input syntax for type jsonpath", "", "", ""}, // 42601 or 22P02
	{"invalid input syntax for ", "", "", "22P02"},
	{"malformed array literal", "", "", "22P02"},
	{"invalid input value for enum ", "", "", "22P02"},
	{"invalid byte sequence for encoding ", "", "", "22021"},
	// Data.
	{"division by zero", "", "", "22012"},
	{"more than one row returned by a subquery", "", "", "21000"},
	{"value too long for type ", "", "", "22001"},
	{"duplicate key value violates unique constraint ", "", "", "23505"},
	{"null value in column ", "violates not-null constraint", "", "23502"},
	{"", "violates foreign key constraint", "", "23503"},
	{"", "violates check constraint", "", "23514"},
	{"integer out of range", "", "", "22003"},
	{"bigint out of range", "", "", "22003"},
	{"numeric field overflow", "", "", "22003"},
	{"invalid XML content", "", "", "2200N"},
	{"could not parse XML ", "", "", "2200M"},
	// Privileges and logins.
	{"permission denied", "", "", "42501"},
	{"must be owner of ", "", "", "42501"},
	{"must be superuser ", "", "", "42501"},
	{"must have ", " privilege", "", "42501"},
	{"new row violates row-level security policy", "", "", "42501"},
	{"password authentication failed for user ", "", "", "28P01"},
	{"", " authentication failed for user ", "", "28000"},
	{"no pg_hba.conf entry for ", "", "", "28000"},
	{"pg_hba.conf rejects ", "", "", "28000"},
	{`role "`, "", `" is not permitted to log in`, "28000"},
	{`role "`, "", `" does not exist`, "28000"},
	{`database "`, "", `" does not exist`, "3D000"},
	{`database "`, "", `" is not currently accepting connections`, "55000"},
	{"sorry, too many clients already", "", "", "53300"},
	{"too many connections for ", "", "", "53300"},
	{"remaining connection slots are reserved ", "", "", "53300"},
	// Transactions and the server.
	{"current transaction is aborted", "", "", "25P02"},
	{"cannot execute ", " in a read-only transaction", "", "25006"},
	{"deadlock detected", "", "", "40P01"},
	{"could not serialize access ", "", "", "40001"},
	{"canceling statement due to lock timeout", "", "", "55P03"},
	{"could not obtain lock on ", "", "", "55P03"},
	{"canceling statement due to ", "", "", "57014"},
	{"terminating connection due to administrator command", "", "", "57P01"},
	{"the database system is starting up", "", "", "57P03"},
	{"the database system is shutting down", "", "", "57P03"},
	{"the database system is in recovery mode", "", "", "57P03"},
}
