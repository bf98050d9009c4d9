package statement

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// access judges what a statement touches, whoever wrote it.
func (j *judge) access(s *tree.Statement) {
	for _, sig := range s.Signals {
		j.found(sig.Name, 0, sig.Detail)
	}
	data := s.Kind == "select" && touchesData(s)
	tree.Walk(s, tree.Visitor{
		Table: func(t pipeline.Table) {
			if catalog(t.Schema, t.Name) {
				j.found("catalog_read", 0, "reads the system catalogue")
			}
			if credential(t.Schema, t.Name) {
				j.found("credential_table_read", pick(data, 0.5, 0), "reads the table that holds the database's own password hashes")
			}
		},
		Node: j.dangerous,
	})
	if s.NoWhere {
		j.found("missing_where", 0, strings.ToUpper(s.Kind)+" without WHERE changes every row")
	}
	j.whole(s)
}

// dangerous judges functions that reach files, programs or other servers.
func (j *judge) dangerous(n *tree.Node) {
	if n.Kind != tree.Func {
		return
	}
	switch name := bare(n.Name); name {
	case "pg_read_file", "pg_read_binary_file", "pg_ls_dir", "pg_ls_logdir", "pg_ls_waldir", "pg_stat_file", "load_file",
		"pg_ls_tmpdir", "pg_ls_archive_statusdir", "pg_logdir_ls", "pg_file_read":
		j.found("file_read", 0, name+" reads files of the database server")
	case "pg_file_write", "pg_file_rename", "pg_file_unlink", "pg_file_sync":
		j.found("file_write", 0, name+" changes files of the database server")
	case "lo_import", "lo_export":
		j.found("large_object_file", 0, name+" moves a large object from or to a file of the database server")
	case "sys_exec", "sys_eval", "sys_bineval", "sys_set", "lib_mysqludf_sys_info":
		j.found("program_execution", 0, name+" runs a program on the database server")
	case "dblink", "dblink_connect", "dblink_connect_u", "dblink_exec", "dblink_send_query", "http_get", "http_post",
		"http_put", "http_delete", "query_export_to_s3", "aws_s3.query_export_to_s3", "table_import_from_s3", "net.http_get":
		j.found("out_of_band", 0, name+" connects the database server to another server")
	case "set_config":
		j.setConfig(n)
	case "pg_terminate_backend", "pg_reload_conf", "pg_rotate_logfile", "pg_switch_wal":
	}
}

// bare cuts the schema off a function's name.
func bare(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// whole marks reads of whole tables.
func (j *judge) whole(s *tree.Statement) {
	if s.Whole {
		j.found("whole_table_read", 0, "reads a whole table")
		return
	}
	q := s.Query
	if q == nil || q.SetOp != "" || len(q.From) != 1 || len(q.With) > 0 || q.Where != nil || q.Limit != nil || len(q.Group) > 0 || len(q.Targets) == 0 {
		return
	}
	if r := q.From[0]; r.Name == "" || catalog(r.Schema, r.Name) {
		return
	}
	columns := false
	for _, t := range q.Targets {
		if t.Kind == tree.Func {
			return // most likely an aggregate
		}
		columns = columns || t.Kind == tree.Column || t.Kind == tree.Star
	}
	if !columns {
		return
	}
	j.found("whole_table_read", 0, "reads every row of a table")
}
