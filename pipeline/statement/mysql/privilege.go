package mysql

import (
	"strings"

	"github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/mysql"

	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

func grantFacts(s *tree.Statement, g *ast.GrantStmt) {
	s.Kind = "grant"
	s.Signal("grant", "grants privileges")
	global := g.Level != nil && g.Level.Level == ast.GrantLevelGlobal
	for _, p := range g.Privs {
		switch p.Priv {
		case mysql.AllPriv:
			s.Signal("grant_all", "grants all privileges")
			if global {
				s.Signal("grant_superuser", "grants all privileges on everything")
			}
		case mysql.SuperPriv, mysql.FilePriv, mysql.CreateUserPriv, mysql.ProcessPriv, mysql.ReloadPriv, mysql.ShutdownPriv,
			mysql.GrantPriv, mysql.ReplicationSlavePriv:
			s.Signal("grant_superuser", "grants a privilege that leads to the whole server")
		case mysql.ExtendedPriv:
			if powerful(p.Name) {
				s.Signal("grant_superuser", "grants a privilege that leads to the whole server")
			}
		}
	}
	if g.WithGrant {
		s.Signal("grant_with_option", "lets the grantee grant the privileges on")
		if global {
			s.Signal("grant_superuser", "grants on everything, to be granted on")
		}
	}
	for _, u := range g.Users {
		if u.User != nil && u.User.Username == "" && !u.User.CurrentUser {
			s.Signal("grant_public", "grants privileges to the anonymous user")
		}
	}
	passwords(s, g.Users)
}

func powerful(name string) bool {
	switch strings.ToUpper(name) {
	case "SYSTEM_USER", "SYSTEM_VARIABLES_ADMIN", "SET_USER_ID", "ROLE_ADMIN", "CONNECTION_ADMIN", "AUDIT_ADMIN",
		"AUDIT_ABORT_EXEMPT", "BINLOG_ADMIN", "ENCRYPTION_KEY_ADMIN", "FIREWALL_ADMIN", "SERVICE_CONNECTION_ADMIN":
		return true
	}
	return false
}

func passwords(s *tree.Statement, specs []*ast.UserSpec) {
	for _, u := range specs {
		if u.AuthOpt != nil {
			authFacts(s, u.AuthOpt)
		}
	}
}

func authFacts(s *tree.Statement, a *ast.AuthOption) {
	if a.ByAuthString || a.ByHashString {
		s.Signal("role_password", "sets a user's password")
	}
	if a.ByAuthString && a.AuthString != "" && a.AuthString != tree.Withheld {
		s.Signal("plaintext_password", "holds a password in clear text")
	}
}

// setFacts judges SET of system variables.
func setFacts(s *tree.Statement, x *ast.SetStmt) {
	for _, v := range x.Variables {
		if !v.IsSystem && !v.IsGlobal {
			if v.Value != nil {
				if e := expr(v.Value); e != nil {
					s.Extra = append(s.Extra, e)
				}
			}
			continue
		}
		value := ""
		if e := expr(v.Value); e != nil {
			s.Extra = append(s.Extra, e)
			value = e.Text
			if e.Kind == tree.Column {
				value = e.Name
			}
		}
		scope := "for the session"
		if v.IsGlobal {
			scope = "for the whole server"
		}
		settingFacts(s, strings.ToLower(v.Name), strings.ToLower(value), scope, v.IsGlobal)
	}
}

func settingFacts(s *tree.Statement, name, value, scope string, global bool) {
	off := value == "off" || value == "0" || value == "false" || value == "none"
	switch {
	case strings.HasPrefix(name, "server_audit"), strings.HasPrefix(name, "audit_log"):
		if off && (strings.HasSuffix(name, "_logging") || strings.HasSuffix(name, "_policy")) ||
			strings.Contains(name, "excl_users") || strings.Contains(name, "exclude") || name == "audit_log_disable" && !off {
			s.Signal("audit_disable", "switches auditing off or narrows it "+scope)
		} else {
			s.Signal("audit_change", "changes what is audited "+scope)
		}
	case name == "sql_log_bin" && off:
		s.Signal("audit_disable", "keeps statements out of the binary log "+scope)
	case name == "general_log", name == "general_log_file", name == "slow_query_log", name == "slow_query_log_file",
		name == "log_output", name == "log_error", name == "sql_log_off", name == "long_query_time", name == "log_error_verbosity":
		s.Signal("log_change", "changes what the server logs "+scope)
	case name == "init_connect", name == "init_file", name == "init_replica", name == "init_slave", name == "plugin_dir":
		s.Signal("preload_change", "changes what the server loads or runs by itself "+scope)
	case name == "secure_file_priv", name == "local_infile", name == "read_only", name == "super_read_only",
		name == "log_bin_trust_function_creators", name == "old_passwords", name == "require_secure_transport":
		s.Signal("parameter_change", "changes a setting that protects the server "+scope)
	case global:
		s.Signal("parameter_change", "changes a setting of the whole server")
	}
}
