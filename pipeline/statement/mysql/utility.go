package mysql

import (
	"strings"

	"github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// utility brings a statement that is neither a query nor DML into the common tree.
func utility(n ast.StmtNode) *tree.Statement {
	s := &tree.Statement{Kind: kindOf(n)}
	access := pipeline.DDL
	if s.Kind == "show" || s.Kind == "analyze_table" || s.Kind == "lock_tables" {
		access = pipeline.Read
	}
	n.Accept(&tableNames{s, access})
	switch x := n.(type) {
	case *ast.GrantStmt:
		grantFacts(s, x)
	case *ast.GrantRoleStmt:
		s.Signal("grant", "grants roles")
	case *ast.GrantProxyStmt:
		s.Kind = "grant"
		s.Signal("grant", "lets a user act as another (PROXY)")
	case *ast.RevokeStmt, *ast.RevokeRoleStmt:
		s.Signal("revoke", "takes privileges away")
	case *ast.CreateUserStmt:
		s.Signal("role_create", "creates a user or role")
		if x.IsCreateRole {
			s.Kind = "create_role"
		}
		passwords(s, x.Specs)
	case *ast.AlterUserStmt:
		s.Signal("role_alter", "changes a user")
		passwords(s, x.Specs)
		if x.CurrentAuth != nil {
			authFacts(s, x.CurrentAuth)
		}
	case *ast.DropUserStmt:
		s.Signal("role_drop", "drops a user or role")
	case *ast.RenameUserStmt:
		s.Signal("role_alter", "renames a user")
	case *ast.SetPwdStmt:
		s.Kind = "set_password"
		s.Signal("role_password", "sets a user's password")
		if x.Password != "" && x.Password != tree.Withheld {
			s.Signal("plaintext_password", "holds a password in clear text")
		}
	case *ast.SetRoleStmt, *ast.SetDefaultRoleStmt:
		s.Signal("set_role", "changes the active roles")
	case *ast.SetStmt:
		setFacts(s, x)
	case *ast.PrepareStmt:
		s.Kind = "prepare"
	case *ast.DropTableStmt:
		if x.IsView {
			s.Kind = "drop_view"
		}
	}
	schemaFact(s)
	return s
}

func schemaFact(s *tree.Statement) {
	what := strings.ReplaceAll(s.Kind, "_", " ")
	switch {
	case strings.HasSuffix(s.Kind, "_user"), strings.HasSuffix(s.Kind, "_role"):
	case strings.HasPrefix(s.Kind, "create_"):
		s.Signal("schema_create", "creates an object: "+what)
	case strings.HasPrefix(s.Kind, "alter_"), strings.HasPrefix(s.Kind, "rename_"):
		s.Signal("schema_alter", "changes an object: "+what)
	case s.Kind == "truncate_table":
		s.Kind = "truncate"
		s.Signal("truncate", "empties a table without a trace in its triggers")
	case strings.HasPrefix(s.Kind, "drop_"):
		s.Signal("schema_drop", "removes an object: "+what)
	}
}
