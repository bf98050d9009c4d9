package postgres

import (
	"strings"

	pgquery "github.com/pganalyze/pg_query_go/v5"

	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// codeFacts judges statements that bring code into the server.
func codeFacts(s *tree.Statement, n *pgquery.Node) {
	switch x := n.Node.(type) {
	case *pgquery.Node_CreateFunctionStmt:
		s.Kind = "create_function"
		if x.CreateFunctionStmt.IsProcedure {
			s.Kind = "create_procedure"
		}
		s.Signal("function_create", "creates a function or procedure")
		functionOptions(s, x.CreateFunctionStmt.Options)
	case *pgquery.Node_AlterFunctionStmt:
		functionOptions(s, x.AlterFunctionStmt.Actions)
	case *pgquery.Node_DoStmt:
		functionOptions(s, x.DoStmt.Args)
	case *pgquery.Node_CreateTrigStmt:
		s.Signal("trigger_create", "creates a trigger")
	case *pgquery.Node_CreateEventTrigStmt:
		s.Signal("trigger_create", "creates an event trigger")
	case *pgquery.Node_AlterEventTrigStmt:
		switch x.AlterEventTrigStmt.Tgenabled {
		case "D":
			s.Signal("trigger_disable", "switches an event trigger off")
		case "R":
			s.Signal("trigger_disable", "lets an event trigger fire on replicas only")
		}
	case *pgquery.Node_RuleStmt:
		s.Signal("trigger_create", "creates a rule, which rewrites statements")
	case *pgquery.Node_CreateExtensionStmt:
		s.Signal("extension_create", "installs an extension")
		if riskyExtension(x.CreateExtensionStmt.Extname) {
			s.Signal("untrusted_language", "installs an extension that reaches files, programs or other servers")
		}
	case *pgquery.Node_CreatePlangStmt:
		s.Signal("extension_create", "installs a language")
		if untrusted(x.CreatePlangStmt.Plname) {
			s.Signal("untrusted_language", "installs a language that is not confined to the database")
		}
	case *pgquery.Node_LoadStmt:
		s.Signal("udf_load", "LOAD brings a library into the server")
	case *pgquery.Node_CreateForeignServerStmt, *pgquery.Node_CreateSubscriptionStmt, *pgquery.Node_CreateUserMappingStmt,
		*pgquery.Node_AlterUserMappingStmt, *pgquery.Node_AlterSubscriptionStmt:
		connectionFacts(s, n)
	}
}

func connectionFacts(s *tree.Statement, n *pgquery.Node) {
	s.Signal("out_of_band", "sets up a connection from the database server to another server")
	var opts []*pgquery.Node
	switch x := n.Node.(type) {
	case *pgquery.Node_CreateUserMappingStmt:
		opts = x.CreateUserMappingStmt.Options
	case *pgquery.Node_AlterUserMappingStmt:
		opts = x.AlterUserMappingStmt.Options
	case *pgquery.Node_CreateSubscriptionStmt:
		if strings.Contains(strings.ToLower(x.CreateSubscriptionStmt.Conninfo), "password") {
			s.Signal("plaintext_password", "holds a password in clear text")
		}
	}
	for _, o := range opts {
		d := o.GetDefElem()
		if strings.EqualFold(d.GetDefname(), "password") && d.GetArg().GetString_().GetSval() != tree.Withheld {
			s.Signal("plaintext_password", "holds a password in clear text")
		}
	}
}

func functionOptions(s *tree.Statement, opts []*pgquery.Node) {
	c := false
	for _, o := range opts {
		d := o.GetDefElem()
		switch d.GetDefname() {
		case "security":
			if d.GetArg().GetBoolean().GetBoolval() {
				s.Signal("security_definer", "the function runs with its owner's rights")
			}
		case "language":
			lang := d.GetArg().GetString_().GetSval()
			c = strings.EqualFold(lang, "c")
			if untrusted(lang) {
				s.Signal("untrusted_language", "holds code in a language that is not confined to the database")
			}
		}
	}
	if c {
		s.Signal("udf_load", "the function is code from a library file")
	}
}

func untrusted(lang string) bool {
	switch strings.ToLower(lang) {
	case "plpython2u", "plpython3u", "plpythonu", "plperlu", "pltclu", "plsh", "c", "pljavau", "plr", "plrust":
		return true
	}
	return false
}

func riskyExtension(name string) bool {
	switch strings.ToLower(name) {
	case "dblink", "file_fdw", "postgres_fdw", "mysql_fdw", "adminpack", "aws_s3", "aws_lambda", "pg_cron", "http", "lo",
		"pg_net", "oracle_fdw", "plpython3u", "plpythonu", "plperlu", "pltclu", "plsh", "plrust":
		return true
	}
	return false
}
