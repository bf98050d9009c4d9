package statement

import "strings"

// catalog reports whether a table is the system's own.
func catalog(schema, name string) bool {
	switch strings.ToLower(schema) {
	case "information_schema", "pg_catalog", "mysql", "performance_schema", "sys":
		return true
	case "":
		return len(name) > 3 && strings.EqualFold(name[:3], "pg_")
	}
	return false
}

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
