package parsers

import "github.com/auditwarden/auditwarden/pipeline"

// FormatInfo describes one format for people.
type FormatInfo struct {
	Name   string // what Config.Format takes
	Engine pipeline.Engine
	Title  string
}

// layout is how a format's records lie in the stream; it decides how they are joined.
type layout uint8

const (
	layoutUnknown layout = iota
	layoutStderr
	layoutCSV
	layoutJSON
	layoutServerAudit
	layoutXML
	layoutRowCSV
	layoutLogToFile
)

type format struct {
	FormatInfo
	layout layout
}

var formats = [...]format{
	{FormatInfo{"postgresql/stderr", pipeline.PostgreSQL, "PostgreSQL server log on stderr, any log_line_prefix; RDS, Aurora"}, layoutStderr},
	{FormatInfo{"postgresql/csvlog", pipeline.PostgreSQL, "PostgreSQL csvlog, 23 columns and more"}, layoutCSV},
	{FormatInfo{"postgresql/jsonlog", pipeline.PostgreSQL, "PostgreSQL jsonlog"}, layoutJSON},
	{FormatInfo{"postgresql/syslog", pipeline.PostgreSQL, "PostgreSQL over syslog (RFC 3164, RFC 5424), Heroku, Neon"}, layoutStderr},
	{FormatInfo{"postgresql/pgauditlogtofile_csv", pipeline.PostgreSQL, "pgauditlogtofile, CSV flavour"}, layoutLogToFile},
	{FormatInfo{"postgresql/pgauditlogtofile_json", pipeline.PostgreSQL, "pgauditlogtofile, JSON flavour"}, layoutJSON},
	{FormatInfo{"mariadb/server_audit", pipeline.MariaDB, "MariaDB server_audit, file or syslog"}, layoutServerAudit},
	{FormatInfo{"mysql/server_audit", pipeline.MySQL, "RDS for MySQL, Amazon's fork of server_audit"}, layoutServerAudit},
	{FormatInfo{"mysql/aurora", pipeline.MySQL, "Aurora MySQL advanced auditing"}, layoutServerAudit},
	{FormatInfo{"percona/audit_log_xml", pipeline.MySQL, "Percona audit_log and MySQL Enterprise Audit, OLD and NEW XML"}, layoutXML},
	{FormatInfo{"percona/audit_log_json", pipeline.MySQL, "Percona audit_log, JSON; also over syslog"}, layoutJSON},
	{FormatInfo{"percona/audit_log_csv", pipeline.MySQL, "Percona audit_log, CSV"}, layoutRowCSV},
	{FormatInfo{"mysql/enterprise_json", pipeline.MySQL, "MySQL Enterprise Audit and Percona audit_log_filter, JSON"}, layoutJSON},
	{FormatInfo{"mysql/mcafee", pipeline.MySQL, "McAfee (Trellix) mysql-audit, JSON"}, layoutJSON},
	{FormatInfo{"gcp/cloudsql_pgaudit", pipeline.PostgreSQL, "Cloud SQL and AlloyDB for PostgreSQL, data access log"}, layoutJSON},
	{FormatInfo{"gcp/cloudsql_mysql", pipeline.MySQL, "Cloud SQL for MySQL, data access log"}, layoutJSON},
	{FormatInfo{"azure/postgresql", pipeline.PostgreSQL, "Azure Database for PostgreSQL, flexible and single server"}, layoutJSON},
	{FormatInfo{"azure/mysql", pipeline.MySQL, "Azure Database for MySQL"}, layoutJSON},
	{FormatInfo{"cnpg/pgaudit", pipeline.PostgreSQL, "CloudNativePG, pgaudit's records taken apart"}, layoutJSON},
	{FormatInfo{"cnpg/postgresql", pipeline.PostgreSQL, "CloudNativePG, what is not pgaudit's"}, layoutJSON},
	{FormatInfo{"supabase/postgresql", pipeline.PostgreSQL, "Supabase log export"}, layoutJSON},
	{FormatInfo{"aws/database_activity_stream", pipeline.PostgreSQL, "Database Activity Streams, decrypted; PostgreSQL and MySQL"}, layoutJSON},
}

// Formats lists every format known, in a fixed order.
func Formats() []FormatInfo {
	list := make([]FormatInfo, len(formats))
	for i := range formats {
		list[i] = formats[i].FormatInfo
	}
	return list
}

func formatNamed(name string) (format, bool) {
	for _, f := range formats {
		if f.Name == name {
			return f, true
		}
	}
	return format{}, false
}
