package statement

import "slices"

// SignalNames lists every signal in the order in which a statement carries them.
func SignalNames() []string { return slices.Clone(signalOrder[:]) }

var signalOrder = [...]string{
	"tautology", "constant_predicate", "union_null_padding", "union_catalog", "union_constants", "stacked_statements",
	"time_delay", "heavy_computation", "error_extraction", "boolean_probe", "encoded_text", "comment_truncation",
	"comment_obfuscation", "out_of_band", "catalog_read", "order_probe", "inline_query", "literal_payload", "class_mismatch",
	"unparsable", "script_markup", "os_command_text",
	"file_read", "file_write", "program_execution", "credential_table_read", "large_object_file", "whole_table_read",
	"missing_where", "dump_tool_shape",
	"grant", "grant_superuser", "grant_all", "grant_public", "grant_with_option", "revoke", "role_create", "role_alter",
	"role_drop", "role_password", "set_role", "security_definer", "owner_change", "rls_disabled",
	"schema_create", "schema_alter", "schema_drop", "truncate", "extension_create", "untrusted_language", "udf_load",
	"trigger_create", "function_create",
	"audit_disable", "audit_change", "parameter_change", "preload_change", "log_change", "trigger_disable",
	"plaintext_password",
}

func order(name string) int {
	if i := slices.Index(signalOrder[:], name); i >= 0 {
		return i
	}
	return len(signalOrder)
}
