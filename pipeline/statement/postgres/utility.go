package postgres

import (
	"strings"

	pgquery "github.com/pganalyze/pg_query_go/v5"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// utility brings a statement that is neither a query nor DML into the common tree: its kind, the tables it names, every
// expression below it, and the facts that no expression shows.
func utility(n *pgquery.Node) *tree.Statement {
	msg := n.ProtoReflect()
	fd := msg.WhichOneof(msg.Descriptor().Oneofs().Get(0))
	if fd == nil {
		return &tree.Statement{Kind: "unknown"}
	}
	s := &tree.Statement{Kind: kindOf(string(fd.Name()))}
	inner := msg.Get(fd).Message()
	facts(s, n)
	collect(s, inner)
	schemaFact(s)
	return s
}

// collect adds the tables and expressions of a utility statement.
func collect(s *tree.Statement, m protoreflect.Message) {
	access := pipeline.DDL
	switch s.Kind {
	case "copy_to", "lock", "vacuum", "analyze", "set", "show":
		access = pipeline.Read
	case "copy_from", "truncate", "refresh_materialized_view":
		access = pipeline.Write
	}
	if s.Query == nil {
		tables(m, func(t tree.Name) { s.Targets = append(s.Targets, tree.Target{Name: t, Access: access}) })
	}
	var below tree.Node
	children(m, &below)
	s.Extra = append(s.Extra, below.Args...)
}

// kindOf turns a node's field name into a kind: create_role_stmt → create_role.
func kindOf(field string) string {
	k := strings.TrimSuffix(field, "_stmt")
	if named, ok := kinds[k]; ok {
		return named
	}
	return k
}

var kinds = map[string]string{
	"create": "create_table", "variable_set": "set", "variable_show": "show", "createdb": "create_database",
	"dropdb": "drop_database", "index": "create_index", "rule": "create_rule", "create_trig": "create_trigger",
	"create_event_trig": "create_event_trigger", "alter_event_trig": "alter_event_trigger", "create_plang": "create_language",
	"define": "create_object", "refresh_mat_view": "refresh_materialized_view", "check_point": "checkpoint",
	"create_table_space": "create_tablespace", "drop_table_space": "drop_tablespace", "create_seq": "create_sequence",
	"alter_seq": "alter_sequence", "create_enum": "create_type", "composite_type": "create_type", "create_range": "create_type",
	"alter_enum": "alter_type", "create_fdw": "create_fdw", "sec_label": "security_label", "constraints_set": "set_constraints",
	"close_portal": "close_cursor",
}

// object names an object type as kinds do: OBJECT_TABLE → table.
func object(o pgquery.ObjectType) string {
	name := strings.ToLower(strings.TrimPrefix(o.String(), "OBJECT_"))
	switch name {
	case "matview":
		return "materialized_view"
	case "foreign_server":
		return "server"
	case "tabconstraint":
		return "constraint"
	}
	return name
}

// schemaFact marks creation, change and removal of objects by kind.
func schemaFact(s *tree.Statement) {
	what := strings.ReplaceAll(s.Kind, "_", " ")
	switch {
	case strings.HasSuffix(s.Kind, "_role"), strings.HasPrefix(s.Kind, "alter_system"), s.Kind == "create_extension":
	case strings.HasPrefix(s.Kind, "create_"):
		s.Signal("schema_create", "creates an object: "+what)
	case strings.HasPrefix(s.Kind, "alter_"), strings.HasPrefix(s.Kind, "rename"):
		s.Signal("schema_alter", "changes an object: "+what)
	case strings.HasPrefix(s.Kind, "drop_"):
		s.Signal("schema_drop", "removes an object: "+what)
	case s.Kind == "truncate":
		s.Signal("truncate", "empties a table without a trace in its triggers")
	}
}

// facts adds what is particular to a kind of utility statement.
func facts(s *tree.Statement, n *pgquery.Node) {
	switch x := n.Node.(type) {
	case *pgquery.Node_CopyStmt:
		copyFacts(s, x.CopyStmt)
	case *pgquery.Node_GrantStmt:
		grantFacts(s, x.GrantStmt)
	case *pgquery.Node_AlterDefaultPrivilegesStmt:
		if x.AlterDefaultPrivilegesStmt.Action != nil {
			kind := s.Kind
			grantFacts(s, x.AlterDefaultPrivilegesStmt.Action)
			s.Kind = kind
		}
	case *pgquery.Node_GrantRoleStmt:
		grantRoleFacts(s, x.GrantRoleStmt)
	case *pgquery.Node_CreateRoleStmt:
		s.Signal("role_create", "creates a role")
		roleOptions(s, x.CreateRoleStmt.Options)
	case *pgquery.Node_AlterRoleStmt:
		s.Signal("role_alter", "changes a role")
		roleOptions(s, x.AlterRoleStmt.Options)
	case *pgquery.Node_DropRoleStmt:
		s.Signal("role_drop", "drops a role")
	case *pgquery.Node_AlterRoleSetStmt:
		s.Kind = "alter_role_set"
		setFacts(s, x.AlterRoleSetStmt.Setstmt, "for a role")
	case *pgquery.Node_AlterDatabaseSetStmt:
		setFacts(s, x.AlterDatabaseSetStmt.Setstmt, "for a database")
	case *pgquery.Node_AlterSystemStmt:
		setFacts(s, x.AlterSystemStmt.Setstmt, "for the whole server")
		s.Signal("parameter_change", "changes a setting of the whole server")
	case *pgquery.Node_VariableSetStmt:
		setFacts(s, x.VariableSetStmt, "for the session")
	case *pgquery.Node_DropStmt:
		dropFacts(s, x.DropStmt)
	case *pgquery.Node_AlterTableStmt:
		alterTableFacts(s, x.AlterTableStmt)
	case *pgquery.Node_RenameStmt:
		s.Kind = "alter_" + object(x.RenameStmt.RenameType)
		if x.RenameStmt.RenameType == pgquery.ObjectType_OBJECT_ROLE {
			s.Signal("role_alter", "renames a role")
		}
	case *pgquery.Node_AlterOwnerStmt:
		s.Kind = "alter_" + object(x.AlterOwnerStmt.ObjectType)
		s.Signal("owner_change", "gives an object to another owner")
	case *pgquery.Node_AlterObjectSchemaStmt:
		s.Kind = "alter_" + object(x.AlterObjectSchemaStmt.ObjectType)
	case *pgquery.Node_ReassignOwnedStmt:
		s.Signal("owner_change", "gives all objects of a role to another")
	case *pgquery.Node_TransactionStmt:
		s.Kind = strings.ToLower(strings.TrimPrefix(x.TransactionStmt.Kind.String(), "TRANS_STMT_"))
	case *pgquery.Node_VacuumStmt:
		if !x.VacuumStmt.IsVacuumcmd {
			s.Kind = "analyze"
		}
	default:
		codeFacts(s, n)
	}
}

func copyFacts(s *tree.Statement, c *pgquery.CopyStmt) {
	s.Kind = "copy_to"
	if c.IsFrom {
		s.Kind = "copy_from"
	}
	if c.Query != nil {
		inner := statement(c.Query)
		s.Inner = append(s.Inner, inner)
	}
	switch {
	case c.IsProgram:
		s.Signal("program_execution", "COPY … PROGRAM runs a program on the database server")
	case c.Filename != "" && c.IsFrom:
		s.Signal("file_read", "COPY … FROM a file of the database server")
	case c.Filename != "":
		s.Signal("file_write", "COPY … TO a file of the database server")
	}
	if !c.IsFrom && c.Query == nil && c.Filename == "" && !c.IsProgram {
		s.Whole = true
		s.Signal("dump_tool_shape", "COPY of a whole table to the client, as dump tools do")
	}
}

func dropFacts(s *tree.Statement, d *pgquery.DropStmt) {
	s.Kind = "drop_" + object(d.RemoveType)
	for _, o := range d.Objects {
		names := objectName(o)
		if len(names) == 0 {
			continue
		}
		schema, name := split(names)
		switch d.RemoveType {
		case pgquery.ObjectType_OBJECT_TABLE, pgquery.ObjectType_OBJECT_VIEW, pgquery.ObjectType_OBJECT_MATVIEW,
			pgquery.ObjectType_OBJECT_FOREIGN_TABLE, pgquery.ObjectType_OBJECT_SEQUENCE:
			s.Targets = append(s.Targets, tree.Target{Name: tree.Name{Schema: schema, Name: name}, Access: pipeline.DDL})
		case pgquery.ObjectType_OBJECT_POLICY:
			s.Signal("rls_disabled", "drops a row security policy")
		case pgquery.ObjectType_OBJECT_TRIGGER, pgquery.ObjectType_OBJECT_EVENT_TRIGGER, pgquery.ObjectType_OBJECT_RULE:
			s.Signal("trigger_disable", "drops a trigger or rule")
		case pgquery.ObjectType_OBJECT_EXTENSION:
			if strings.EqualFold(name, "pgaudit") {
				s.Signal("audit_disable", "drops the extension that writes the audit log")
			}
		}
	}
}

func objectName(o *pgquery.Node) []string {
	switch x := o.Node.(type) {
	case *pgquery.Node_List:
		names, _ := nameParts(x.List.Items)
		return names
	case *pgquery.Node_String_:
		return []string{x.String_.Sval}
	}
	return nil
}

func alterTableFacts(s *tree.Statement, a *pgquery.AlterTableStmt) {
	s.Kind = "alter_" + object(a.Objtype)
	for _, c := range a.Cmds {
		cmd := c.GetAlterTableCmd()
		switch cmd.GetSubtype() {
		case pgquery.AlterTableType_AT_ChangeOwner:
			s.Signal("owner_change", "gives a table to another owner")
		case pgquery.AlterTableType_AT_DisableRowSecurity, pgquery.AlterTableType_AT_NoForceRowSecurity:
			s.Signal("rls_disabled", "switches row security off for a table")
		case pgquery.AlterTableType_AT_DisableTrig, pgquery.AlterTableType_AT_DisableTrigAll, pgquery.AlterTableType_AT_DisableTrigUser:
			s.Signal("trigger_disable", "switches triggers of a table off")
		case pgquery.AlterTableType_AT_EnableReplicaTrig:
			s.Signal("trigger_disable", "lets a trigger fire on replicas only")
		case pgquery.AlterTableType_AT_DisableRule:
			s.Signal("trigger_disable", "switches a rule of a table off")
		}
	}
}
