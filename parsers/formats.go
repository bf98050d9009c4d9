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
)

type format struct {
	FormatInfo
	layout layout
}

var formats = [...]format{
	{FormatInfo{"postgresql/stderr", pipeline.PostgreSQL, "PostgreSQL server log on stderr, any log_line_prefix; RDS, Aurora"}, layoutStderr},
	{FormatInfo{"postgresql/csvlog", pipeline.PostgreSQL, "PostgreSQL csvlog, 23 columns and more"}, layoutCSV},
	{FormatInfo{"postgresql/jsonlog", pipeline.PostgreSQL, "PostgreSQL jsonlog"}, layoutJSON},
	{FormatInfo{"mariadb/server_audit", pipeline.MariaDB, "MariaDB server_audit; RDS for MySQL and Aurora MySQL too"}, layoutServerAudit},
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
