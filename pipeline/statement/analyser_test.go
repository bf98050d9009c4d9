package statement

import (
	"slices"
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/pipeline"
)

func TestStatement(t *testing.T) {
	const pg, my = pipeline.PostgreSQL, pipeline.MySQL
	tests := []struct {
		name       string
		engine     pipeline.Engine
		sql        string
		kinds      string
		tables     string
		signals    string
		normalized string
	}{
		{"select", pg, "SELECT a, count(*) FROM s.t WHERE b = 'x' AND c IN (1,2)", "select", "s.t:read", "",
			"SELECT a, count(*) FROM s.t WHERE b = ? AND c IN (?)"},
		{"with is no table", pg, "WITH x AS (SELECT 1 FROM y) SELECT * FROM x JOIN z ON x.a = z.a WHERE z.b = 1", "select", "y:read z:read", "", ""},
		{"insert", pg, "INSERT INTO t (a) SELECT b FROM u WHERE c = 1", "insert", "t:write u:read", "", ""},
		{"delete all", pg, "DELETE FROM t", "delete", "t:write", "missing_where", ""},
		{"superuser", pg, "ALTER ROLE bob WITH SUPERUSER PASSWORD 'secret'", "alter_role", "",
			"grant_superuser role_alter role_password plaintext_password", "ALTER ROLE bob WITH SUPERUSER PASSWORD ?"},
		{"withheld by pgaudit", pg, "ALTER ROLE bob SUPERUSER PASSWORD <REDACTED>", "alter_role", "", "grant_superuser role_alter role_password",
			"ALTER ROLE bob SUPERUSER PASSWORD ?"},
		{"withheld by pgaudit at create", pg, "create user bob password <REDACTED>", "create_role", "", "role_create role_password", ""},
		{"withheld by mariadb", my, "CREATE USER sys@'%' IDENTIFIED BY *****", "create_user", "", "role_create role_password", ""},
		{"withheld by mysql", my, "ALTER USER 'bob'@'%' IDENTIFIED BY <secret>", "alter_user", "", "role_alter role_password", ""},
		{"a mark elsewhere", pg, "SELECT 1 FROM t WHERE a <REDACTED> b", "select", "", "unparsable", ""},
		{"scram", pg, "ALTER ROLE bob PASSWORD 'SCRAM-SHA-256$4096:aaaa'", "alter_role", "", "role_alter role_password", ""},
		{"grant", pg, "GRANT ALL ON s.t TO PUBLIC WITH GRANT OPTION", "grant", "s.t:ddl", "grant grant_all grant_public grant_with_option", ""},
		{"membership", pg, "GRANT pg_read_server_files TO bob", "grant_role", "", "grant grant_superuser", ""},
		{"audit off", pg, "ALTER SYSTEM SET pgaudit.log = 'none'", "alter_system", "", "audit_disable parameter_change", ""},
		{"audit off in a function", pg, "SELECT set_config('pgaudit.log', 'none', false)", "select", "", "audit_disable", ""},
		{"audit extension", pg, "DROP EXTENSION pgaudit", "drop_extension", "", "schema_drop audit_disable", ""},
		{"preload", pg, "ALTER SYSTEM SET shared_preload_libraries = 'evil'", "alter_system", "", "parameter_change preload_change", ""},
		{"log", pg, "ALTER SYSTEM SET log_statement = 'none'", "alter_system", "", "parameter_change log_change", ""},
		{"program", pg, "COPY t FROM PROGRAM 'id'", "copy_from", "t:write", "program_execution", ""},
		{"file", pg, "COPY t TO '/tmp/x'", "copy_to", "t:read", "file_write", ""},
		{"dump", pg, "COPY public.t (a, b) TO stdout", "copy_to", "public.t:read", "whole_table_read dump_tool_shape", ""},
		{"read file", pg, "SELECT pg_read_file('/etc/passwd')", "select", "", "file_read", ""},
		{"passwords", pg, "SELECT rolname, rolpassword FROM pg_authid", "select", "pg_authid:read", "catalog_read credential_table_read", ""},
		{"rls", pg, "ALTER TABLE t DISABLE ROW LEVEL SECURITY", "alter_table", "t:ddl", "rls_disabled schema_alter", ""},
		{"definer", pg, "CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u SECURITY DEFINER AS $$ import os $$", "create_function", "",
			"security_definer schema_create untrusted_language function_create", ""},
		{"owner", pg, "ALTER TABLE t OWNER TO eve", "alter_table", "t:ddl", "owner_change schema_alter", ""},
		{"drop", pg, "DROP TABLE a, s.b", "drop_table", "a:ddl s.b:ddl", "schema_drop", ""},
		{"mysql user", my, "CREATE USER 'bob'@'%' IDENTIFIED BY \"secret\"", "create_user", "", "role_create role_password plaintext_password",
			"CREATE USER ? @'%' IDENTIFIED BY ?"},
		{"mysql super", my, "GRANT ALL PRIVILEGES ON *.* TO 'bob'@'%' WITH GRANT OPTION", "grant", "",
			"grant grant_superuser grant_all grant_with_option", ""},
		{"mysql outfile", my, "SELECT a FROM t WHERE b = 1 INTO OUTFILE '/tmp/x' FIELDS TERMINATED BY ','", "select", "t:read", "file_write", ""},
		{"mysql audit off", my, "SET GLOBAL server_audit_logging = OFF", "set", "", "audit_disable", ""},
		{"mysql udf", my, "CREATE FUNCTION sys_exec RETURNS INT SONAME 'lib.so'", "create_function", "", "schema_create udf_load function_create", ""},
		{"mysql into", my, "SELECT id FROM t WHERE a = 1 INTO @x, @y", "select", "t:read", "", ""},
		{"mysql load", my, "LOAD DATA LOCAL INFILE '/x' INTO TABLE t", "load_data", "t:write", "file_read", ""},
	}
	a := New(Config{}, Options{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st := a.Statement(tt.engine, tt.sql)
			if got := strings.Join(st.Kinds, " "); got != tt.kinds {
				t.Errorf("kinds %q, want %q", got, tt.kinds)
			}
			var tables []string
			for _, x := range st.Tables {
				tables = append(tables, x.String()+":"+string(x.Access))
			}
			if got := strings.Join(tables, " "); got != tt.tables {
				t.Errorf("tables %q, want %q", got, tt.tables)
			}
			if got := strings.Join(st.SignalNames(), " "); got != tt.signals {
				t.Errorf("signals %q, want %q", got, tt.signals)
			}
			if tt.normalized != "" && st.Normalized != tt.normalized {
				t.Errorf("normal form %q, want %q", st.Normalized, tt.normalized)
			}
			if len(st.Fingerprint) != 16 {
				t.Errorf("fingerprint %q", st.Fingerprint)
			}
			if st.Suspicious {
				t.Errorf("suspicious: %v", st.Signals)
			}
		})
	}
}

func TestEverySignalIsListed(t *testing.T) {
	for _, name := range SignalNames() {
		if order(name) >= len(signalOrder) || slices.Index(signalOrder[:], name) != order(name) {
			t.Errorf("signal %q listed twice", name)
		}
	}
}
