package postgresql

import (
	"strconv"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/pipeline"
)

// connection interprets the messages of log_connections.
func connection(ev *pipeline.Event, msg string) bool {
	if rest, ok := strings.CutPrefix(msg, "connection received: host="); ok {
		ev.Kind, ev.Outcome = pipeline.KindConnAttempt, pipeline.OutcomeUnknown
		hostAndPort(ev, rest)
		return true
	}
	if rest, ok := strings.CutPrefix(msg, "connection authenticated: "); ok {
		ev.Kind, ev.Outcome = pipeline.KindConnAttempt, pipeline.OutcomeSuccess
		authenticated(ev, rest)
		return true
	}
	rest, ok := strings.CutPrefix(msg, "connection authorized: user=")
	if !ok {
		rest, ok = strings.CutPrefix(msg, "replication connection authorized: user=")
	}
	if ok {
		ev.Kind, ev.Outcome = pipeline.KindConnect, pipeline.OutcomeSuccess
		authorized(ev, rest)
	}
	return ok
}

// hostAndPort reads `H port=N`, `[local]`.
func hostAndPort(ev *pipeline.Event, s string) {
	host, p, _ := strings.Cut(s, " port=")
	if host == "" {
		return
	}
	ev.ClientAddr = host
	ev.Has |= pipeline.HasClient
	if n, ok := port(p); ok {
		ev.ClientPort = n
	}
}

// authenticated reads `identity="X" method=M (file:line)`.
func authenticated(ev *pipeline.Event, s string) {
	i := strings.LastIndex(s, `" method=`)
	if i < 0 {
		return
	}
	if id, ok := strings.CutPrefix(s[:i], `identity="`); ok {
		ev.OSUser = id // the name proven, which a map may turn into another role
	}
	ev.AuthMethod, _, _ = strings.Cut(s[i+len(`" method=`):], " ")
}

// authorized reads `U [database=D] [application_name=A] [SSL enabled (…)] [GSS (…)]`; no part is quoted, so the parts'
// names are looked for where they can stand, and what the prefix says of role and database is believed first.
func authorized(ev *pipeline.Event, s string) {
	s = encryption(ev, s)
	if i := strings.Index(s, " application_name="); i >= 0 {
		if ev.Has&pipeline.HasApplication == 0 {
			ev.Application = s[i+len(" application_name="):]
			ev.Has |= pipeline.HasApplication
		}
		s = s[:i]
	}
	user, database, ok := strings.Cut(s, " database=")
	if ev.Has&pipeline.HasRole == 0 {
		ev.Role = user
		ev.Has |= pipeline.HasRole
	}
	if ok && ev.Has&pipeline.HasDatabase == 0 {
		ev.Database = database
		ev.Has |= pipeline.HasDatabase
	}
}

// encryption takes ` SSL enabled (protocol=P, cipher=C, bits=N)` or ` GSS (…)` off the end of s.
func encryption(ev *pipeline.Event, s string) string {
	if !strings.HasSuffix(s, ")") {
		return s
	}
	if i := strings.LastIndex(s, " GSS ("); i >= 0 {
		if strings.Contains(s[i:], "encrypted=yes") {
			ev.TLS = "GSSAPI"
		}
		s = s[:i]
	}
	if i := strings.LastIndex(s, " SSL enabled ("); i >= 0 {
		list := s[i+len(" SSL enabled ("):]
		ev.TLS = strings.TrimSpace(option(list, "protocol=") + " " + option(list, "cipher="))
		s = s[:i]
	}
	return s
}

// option gives the value of `name=value` in a list separated by commas and closed by a parenthesis.
func option(list, name string) string {
	_, v, ok := strings.Cut(list, name)
	if !ok {
		return ""
	}
	if i := strings.IndexAny(v, ",)"); i >= 0 {
		v = v[:i]
	}
	return v
}

// disconnection reads `H:MM:SS.mmm user=U database=D host=H[ port=N]`.
func disconnection(ev *pipeline.Event, s string) {
	ev.Kind, ev.Outcome = pipeline.KindDisconnect, pipeline.OutcomeSuccess
	clock, rest, _ := strings.Cut(s, " user=")
	if d, ok := sessionTime(clock); ok {
		ev.Duration = d
		ev.Has |= pipeline.HasDuration
	}
	user, rest, _ := strings.Cut(rest, " database=")
	if user != "" && ev.Has&pipeline.HasRole == 0 {
		ev.Role = user
		ev.Has |= pipeline.HasRole
	}
	i := strings.LastIndex(rest, " host=")
	if i < 0 {
		return
	}
	if ev.Has&pipeline.HasDatabase == 0 && i > 0 {
		ev.Database = rest[:i]
		ev.Has |= pipeline.HasDatabase
	}
	if ev.Has&pipeline.HasClient == 0 {
		hostAndPort(ev, rest[i+len(" host="):])
	}
}

// sessionTime reads hours, minutes and seconds: `12:03:04.567`.
func sessionTime(s string) (time.Duration, bool) {
	h, rest, ok1 := strings.Cut(s, ":")
	m, sec, ok2 := strings.Cut(rest, ":")
	hours, err1 := strconv.ParseInt(h, 10, 32)
	minutes, err2 := strconv.ParseInt(m, 10, 32)
	seconds, err3 := strconv.ParseFloat(sec, 64)
	if !ok1 || !ok2 || err1 != nil || err2 != nil || err3 != nil || !(seconds >= 0 && seconds < 61) {
		return 0, false
	}
	return time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute + time.Duration(seconds*1e6+0.5)*time.Microsecond, true
}

// milliseconds reads `12.345`.
func milliseconds(s string) (time.Duration, bool) {
	whole, frac, _ := strings.Cut(s, ".")
	n, ok := field.Int(field.Bytes(whole))
	if !ok || n < 0 || n > 1<<40 {
		return 0, false
	}
	d := time.Duration(n) * time.Millisecond
	unit := time.Millisecond / 10
	for i := 0; i < len(frac) && unit > 0; i++ {
		c := frac[i] - '0'
		if c > 9 {
			return 0, false
		}
		d += time.Duration(c) * unit
		unit /= 10
	}
	return d, true
}

// parameterList finds the list in a DETAIL: newer servers write a capital letter, and each language its word.
func parameterList(detail string) (string, bool) {
	word, list, ok := strings.Cut(detail, ": ")
	return list, ok && len(word) < 48 && strings.HasPrefix(list, "$1 = ")
}

// values takes `$1 = 'it”s', $2 = NULL` apart; NULL gives an empty string.
func values(s string, a *field.Arena) []string {
	list := a.Strings(1 + strings.Count(s, ", $"))
	for s != "" && len(list) < cap(list) {
		_, v, ok := strings.Cut(s, " = ")
		if !ok {
			break
		}
		if !strings.HasPrefix(v, "'") {
			v, s, _ = strings.Cut(v, ", ")
			if v == "NULL" {
				v = ""
			}
			list = append(list, v)
			continue
		}
		end := closingQuote(v)
		list = append(list, strings.ReplaceAll(v[1:end], "''", "'"))
		s = strings.TrimPrefix(v[min(end+1, len(v)):], ", ")
	}
	return list
}

// closingQuote finds the end of a quoted value that starts at s[0].
func closingQuote(s string) int {
	for i := 1; i < len(s); i++ {
		if s[i] == '\'' {
			if i+1 < len(s) && s[i+1] == '\'' {
				i++
				continue
			}
			return i
		}
	}
	return len(s)
}

// serverMessage reports whether a LOG message is about the server itself: start, stop, reload, crash, its settings.
func serverMessage(msg string) bool {
	for _, p := range serverPrefixes {
		if p[0] == msg[0] && strings.HasPrefix(msg, p) {
			return true
		}
	}
	return false
}

var serverPrefixes = [...]string{
	"received SIGHUP", "received fast shutdown", "received smart shutdown", "received immediate shutdown", "received promote request",
	"parameter \"", "configuration file \"", "database system ", "starting PostgreSQL ", "shutting down", "aborting any active transactions",
	"server process (PID ", "all server processes terminated", "terminating any other active server processes", "listening on ",
	"ending log output to ", "redirecting log output to ", "pgaudit extension initialized", "restored log file ", "selected new timeline ID",
	"archive recovery complete", "entering standby mode", "pg_hba.conf was not reloaded", "pg_ident.conf was not reloaded",
}

// Restart reports whether a server's message says that no session from before lives: it started, or began anew after a crash. Process
// ids are then used again, in a container the same ones.
func Restart(msg string) bool {
	return strings.HasPrefix(msg, "starting PostgreSQL ") || strings.HasPrefix(msg, "database system was ") ||
		strings.HasPrefix(msg, "all server processes terminated")
}
