package postgres

import (
	"strings"

	pgquery "github.com/pganalyze/pg_query_go/v5"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

func grantFacts(s *tree.Statement, g *pgquery.GrantStmt) {
	if !g.IsGrant {
		s.Kind = "revoke"
		s.Signal("revoke", "takes privileges away")
		grantTargets(s, g)
		return
	}
	s.Kind = "grant"
	s.Signal("grant", "grants privileges")
	if len(g.Privileges) == 0 {
		s.Signal("grant_all", "grants all privileges on an object")
	}
	if g.GrantOption {
		s.Signal("grant_with_option", "lets the grantee grant the privileges on")
	}
	for _, r := range g.Grantees {
		if r.GetRoleSpec().GetRoletype() == pgquery.RoleSpecType_ROLESPEC_PUBLIC {
			s.Signal("grant_public", "grants privileges to everybody (PUBLIC)")
		}
	}
	grantTargets(s, g)
}

func grantTargets(s *tree.Statement, g *pgquery.GrantStmt) {
	if g.Objtype != pgquery.ObjectType_OBJECT_TABLE || g.Targtype != pgquery.GrantTargetType_ACL_TARGET_OBJECT {
		return
	}
	for _, o := range g.Objects {
		if r := o.GetRangeVar(); r != nil {
			addTarget(s, r, pipeline.DDL)
		}
	}
}

// powerful tells the roles whose members can do a superuser's work, or come close.
func powerful(role string) bool {
	switch strings.ToLower(role) {
	case "postgres", "rds_superuser", "cloudsqlsuperuser", "azure_pg_admin", "alloydbsuperuser", "pg_read_server_files",
		"pg_write_server_files", "pg_execute_server_program", "pg_write_all_data", "pg_read_all_data", "rds_replication",
		"rds_password", "rdsadmin", "pg_database_owner", "pg_maintain", "pg_signal_backend", "pg_create_subscription":
		return true
	}
	return false
}

func grantRoleFacts(s *tree.Statement, g *pgquery.GrantRoleStmt) {
	if !g.IsGrant {
		s.Kind = "revoke_role"
		s.Signal("revoke", "takes membership of a role away")
		return
	}
	s.Kind = "grant_role"
	s.Signal("grant", "grants membership of a role")
	for _, r := range g.GrantedRoles {
		if powerful(r.GetAccessPriv().GetPrivName()) {
			s.Signal("grant_superuser", "grants membership of a role with a superuser's powers")
		}
	}
	for _, o := range g.Opt {
		if o.GetDefElem().GetDefname() == "admin" {
			s.Signal("grant_with_option", "lets the grantee grant the role on (ADMIN OPTION)")
		}
	}
}

func roleOptions(s *tree.Statement, opts []*pgquery.Node) {
	for _, o := range opts {
		d := o.GetDefElem()
		on := d.GetArg().GetBoolean() == nil || d.GetArg().GetBoolean().GetBoolval()
		switch d.GetDefname() {
		case "superuser", "createrole", "bypassrls", "isreplication":
			if on {
				s.Signal("grant_superuser", "gives a role SUPERUSER, CREATEROLE, BYPASSRLS or REPLICATION")
			}
		case "password":
			passwordFact(s, d.GetArg().GetString_().GetSval())
		case "rolemembers", "adminmembers", "addroleto":
			s.Signal("grant", "makes roles members of another while creating or changing it")
			for _, r := range d.GetArg().GetList().GetItems() {
				if d.Defname == "addroleto" && powerful(r.GetRoleSpec().GetRolename()) {
					s.Signal("grant_superuser", "makes a new role member of one with a superuser's powers")
				}
			}
		}
	}
}

func passwordFact(s *tree.Statement, value string) {
	s.Signal("role_password", "sets a role's password")
	if value != "" && value != tree.Withheld && !strings.HasPrefix(value, "SCRAM-SHA-256$") && !(strings.HasPrefix(value, "md5") && len(value) == 35) {
		s.Signal("plaintext_password", "holds a password in clear text")
	}
}
