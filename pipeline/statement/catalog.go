package statement

import "strings"

// catalog reports whether a table is the system's own.
func catalog(schema, name string) bool {
	switch strings.ToLower(schema) {
	case "information_schema", "pg_catalog", "mysql", "performance_schema", "sys":
		return true
	case "":
		n := strings.ToLower(name)
		return strings.HasPrefix(n, "pg_") && catalogNames[n]
	}
	return false
}

var catalogNames = set("pg_class", "pg_attribute", "pg_database", "pg_tables", "pg_user", "pg_roles", "pg_shadow", "pg_authid",
	"pg_proc", "pg_namespace", "pg_type", "pg_settings", "pg_stat_activity", "pg_views", "pg_index", "pg_indexes",
	"pg_constraint", "pg_user_mapping", "pg_user_mappings", "pg_largeobject", "pg_group", "pg_auth_members", "pg_language",
	"pg_extension", "pg_stat_user_tables", "pg_stat_all_tables", "pg_statio_user_tables", "pg_matviews", "pg_sequences",
	"pg_stats", "pg_statistic", "pg_trigger", "pg_policies", "pg_policy", "pg_hba_file_rules", "pg_file_settings",
	"pg_stat_statements", "pg_description", "pg_tablespace", "pg_ls_dir", "pg_locks", "pg_prepared_statements")

// credential reports whether a table holds the system's password hashes or keys.
func credential(schema, name string) bool {
	s, n := strings.ToLower(schema), strings.ToLower(name)
	switch n {
	case "pg_authid", "pg_shadow", "pg_user_mapping", "pg_user_mappings", "pg_largeobject":
		return s == "" || s == "pg_catalog"
	case "user", "global_priv", "password_history", "authentication_string", "default_roles", "proxies_priv":
		return s == "mysql"
	}
	return false
}
