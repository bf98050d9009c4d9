package embedded

import (
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/pipeline/embedded/internal/chdb"
)

// notSettings are the URL parameters of the HTTP interface itself; all others are settings or, as param_x, parameters.
var notSettings = []string{
	"query", "query_id", "database", "default_format", "user", "password", "quota_key", "compress", "decompress",
	"stacktrace", "role", "session_id", "session_timeout", "session_check", "close_session", "client_protocol_version",
	"buffer_size", "wait_end_of_query", "enable_http_compression", "http_zlib_compression_level", "add_http_cors_header",
	"send_progress_in_http_headers", "cancel_http_readonly_queries_on_client_close", "http_write_exception_in_output_format",
}

// readerSettings are those that a read-only user may set: they bound the work or shape the output, and name no file.
var readerSettings = []string{
	"max_threads", "max_block_size", "max_result_rows", "max_result_bytes", "result_overflow_mode", "max_rows_to_read",
	"max_bytes_to_read", "read_overflow_mode", "timeout_overflow_mode", "limit", "offset", "extremes", "session_timezone",
	"date_time_output_format", "date_time_input_format", "join_use_nulls", "group_by_use_nulls", "final", "max_query_size",
	"network_compression_method", "network_zstd_compression_level", "output_format_json_quote_64bit_integers",
	"output_format_json_quote_denormals", "output_format_json_quote_decimals", "output_format_json_named_tuples_as_objects",
	"output_format_json_array_of_rows", "output_format_native_encode_types_in_binary_format",
	"output_format_pretty_max_rows", "output_format_pretty_color", "output_format_pretty_row_numbers",
	"output_format_csv_crlf_end_of_line", "output_format_tsv_crlf_end_of_line", "output_format_write_statistics",
	"format_csv_delimiter", "use_query_cache", "prefer_column_name_to_alias", "log_comment", "receive_timeout", "send_timeout",
}

// readSettings splits the URL's parameters into settings and parameters of the statement.
func readSettings(q url.Values) (settings, params []chdb.Param) {
	for name, values := range q {
		value := values[len(values)-1]
		if p, ok := strings.CutPrefix(name, "param_"); ok {
			params = append(params, chdb.Param{Name: p, Value: value})
		} else if !slices.Contains(notSettings, name) {
			settings = append(settings, chdb.Param{Name: name, Value: value})
		}
	}
	slices.SortFunc(settings, func(a, b chdb.Param) int { return strings.Compare(a.Name, b.Name) })
	return settings, params
}

// readerLimits gives the settings of a reader's session: those asked for, if they are allowed, and the limits.
func (s *Server) readerLimits(asked []chdb.Param) ([]chdb.Param, error) {
	var out []chdb.Param
	timeout := s.cfg.Analyst.Timeout
	memory := s.analystMemory
	threads := uint64(max(1, runtime.NumCPU()/2))
	for _, p := range asked {
		switch p.Name {
		case "readonly": // it is, whatever is asked for
		case "max_execution_time":
			if seconds, err := strconv.ParseFloat(p.Value, 64); err == nil && seconds > 0 && seconds < timeout.Seconds() {
				timeout = time.Duration(seconds * float64(time.Second))
			}
		case "max_memory_usage":
			memory = lower(memory, p.Value)
		case "max_threads":
			threads = lower(threads, p.Value)
		default:
			if !slices.Contains(readerSettings, p.Name) {
				return nil, exception(codeReadOnly, "READONLY", "Cannot modify '"+cut(p.Name)+"' setting in readonly mode")
			}
			out = append(out, p)
		}
	}
	return append(out,
		chdb.Param{Name: "max_execution_time", Value: strconv.FormatFloat(timeout.Seconds(), 'f', -1, 64)},
		chdb.Param{Name: "max_memory_usage", Value: strconv.FormatUint(memory, 10)},
		chdb.Param{Name: "max_threads", Value: strconv.FormatUint(threads, 10)},
		chdb.Param{Name: "max_bytes_before_external_group_by", Value: strconv.FormatUint(memory/2, 10)},
		chdb.Param{Name: "max_bytes_before_external_sort", Value: strconv.FormatUint(memory/2, 10)},
	), nil
}

// lower is the smaller of a limit and a number asked for; 0 and nonsense ask for nothing.
func lower(limit uint64, asked string) uint64 {
	if n, err := strconv.ParseUint(asked, 10, 64); err == nil && n > 0 {
		return min(n, limit)
	}
	return limit
}

func setStatement(settings []chdb.Param) string {
	set := make([]string, len(settings))
	for i, p := range settings {
		set[i] = quoteName(p.Name) + " = " + quoteText(p.Value)
	}
	return "SET " + strings.Join(set, ", ")
}

func quoteName(s string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(s) + "`"
}

func quoteText(s string) string {
	return "'" + strings.NewReplacer("\\", "\\\\", "'", "\\'").Replace(s) + "'"
}

// cut shortens a client's text for a message.
func cut(s string) string {
	if len(s) > 64 {
		return fmt.Sprintf("%s… (%d bytes)", s[:64], len(s))
	}
	return s
}
