package postgres

import (
	"strings"

	pgquery "github.com/pganalyze/pg_query_go/v5"

	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// setFacts judges SET, ALTER ROLE|DATABASE|SYSTEM … SET.
func setFacts(s *tree.Statement, v *pgquery.VariableSetStmt, scope string) {
	if v == nil {
		return
	}
	reset := v.Kind == pgquery.VariableSetKind_VAR_RESET || v.Kind == pgquery.VariableSetKind_VAR_RESET_ALL ||
		v.Kind == pgquery.VariableSetKind_VAR_SET_DEFAULT
	if s.Kind == "set" && reset {
		s.Kind = "reset"
	}
	var values []string
	for _, a := range v.Args {
		values = append(values, strings.ToLower(constText(a)))
	}
	name := strings.ToLower(v.Name)
	switch name {
	case "role", "session_authorization":
		if !reset {
			s.Signal("set_role", "acts as another role from here on")
		}
		return
	case "row_security":
		if len(values) == 1 && !truthy(values[0]) {
			s.Signal("rls_disabled", "switches row security off for the session")
		}
		return
	}
	SettingFacts(s, name, strings.Join(values, ","), reset, scope)
}

// SettingFacts judges a setting by its name: audit, log, preload and start-up settings.
func SettingFacts(s *tree.Statement, name, value string, reset bool, scope string) {
	switch {
	case strings.HasPrefix(name, "pgaudit."):
		if narrows(name, value) && !reset {
			s.Signal("audit_disable", "switches auditing off or narrows it "+scope)
		} else {
			s.Signal("audit_change", "changes what is audited "+scope)
		}
	case strings.HasSuffix(name, "_preload_libraries"), name == "archive_command", name == "restore_command",
		name == "ssl_passphrase_command", name == "archive_library", name == "archive_cleanup_command",
		name == "recovery_end_command", name == "dynamic_library_path":
		s.Signal("preload_change", "changes what the server loads or runs by itself "+scope)
	case name == "log_statement", name == "log_min_duration_statement", name == "logging_collector", name == "log_destination",
		name == "log_connections", name == "log_disconnections", name == "log_min_messages", name == "log_min_error_statement",
		name == "log_directory", name == "log_filename", name == "log_line_prefix", name == "log_error_verbosity":
		s.Signal("log_change", "changes what the server logs "+scope)
	case name == "session_replication_role":
		s.Signal("parameter_change", "changes whether triggers and foreign keys fire "+scope)
		if value == "replica" && !reset {
			s.Signal("trigger_disable", "keeps triggers and foreign keys from firing "+scope)
		}
	case name == "event_triggers" && !truthy(value) && !reset:
		s.Signal("trigger_disable", "keeps event triggers from firing "+scope)
	}
}

func narrows(name, value string) bool {
	switch name {
	case "pgaudit.log":
		return value == "" || strings.Contains(value, "none") || strings.Contains(value, "-")
	case "pgaudit.log_statement", "pgaudit.log_catalog", "pgaudit.log_relation":
		return !truthy(value)
	case "pgaudit.role":
		return value == ""
	}
	return false
}

func truthy(v string) bool {
	switch strings.ToLower(v) {
	case "on", "true", "yes", "1", "t", "y":
		return true
	}
	return false
}

func constText(n *pgquery.Node) string {
	c := n.GetAConst()
	switch {
	case c == nil:
		return ""
	case c.GetSval() != nil:
		return c.GetSval().Sval
	case c.GetIval() != nil:
		return itoa(int64(c.GetIval().Ival))
	case c.GetBoolval() != nil:
		if c.GetBoolval().Boolval {
			return "on"
		}
		return "off"
	}
	return ""
}
