package testserver

import (
	"context"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// The log formats of PostgreSQL, as log_destination names them.
const (
	Stderr  = "stderr"
	CSVLog  = "csvlog"
	JSONLog = "jsonlog"
)

// RDSPrefix is the log_line_prefix of Amazon RDS and Aurora.
const RDSPrefix = "%t:%r:%u@%d:[%p]:"

const pgBin = "/usr/lib/postgresql/15/bin"

// PGOptions say how a PostgreSQL server is set up. The zero value is a server with the RDS prefix that logs to stderr's
// format, audits all classes with rows, and trusts everybody.
type PGOptions struct {
	Formats       []string          // of Stderr, CSVLog, JSONLog; default Stderr
	LogLinePrefix string            // default RDSPrefix
	HBA           []string          // lines of pg_hba.conf; default: trust everybody from this machine
	Settings      map[string]string // further settings, laid over the defaults: name to unquoted value
}

// PG is a running PostgreSQL 15 with pgaudit preloaded. Its superuser is "postgres", without a password.
type PG struct {
	unit
	Host      string
	Port      int
	SocketDir string // of the Unix socket: the "host" for a [local] connection
	DataDir   string
	psql      string
}

// PostgreSQL starts a server of its own for the test. The extension pgaudit is preloaded and logs; CREATE EXTENSION is
// left to the test (it adds the object columns for DDL).
func PostgreSQL(tb testing.TB, o PGOptions) *PG {
	tb.Helper()
	postgres := binary(tb, "postgres", filepath.Join(pgBin, "postgres"))
	initdb := binary(tb, "initdb", filepath.Join(pgBin, "initdb"))
	who := unprivileged(tb, "postgres", "nobody")
	dir := who.folder(tb, "pg")

	pg := &PG{Host: loopback, SocketDir: dir, DataDir: filepath.Join(dir, "data"),
		psql: binary(tb, "psql", filepath.Join(pgBin, "psql"))}
	cmd := exec.Command(initdb, "-D", pg.DataDir, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	cmd.SysProcAttr, cmd.Dir = who.attr(), dir
	run(tb, cmd)
	if len(o.HBA) > 0 {
		who.write(tb, pg.DataDir, "pg_hba.conf", strings.Join(o.HBA, "\n")+"\n")
	}
	config := who.write(tb, pg.DataDir, "auditwarden.conf", pgConfig(o, dir))

	pg.unit = unit{tb: tb, signal: syscall.SIGINT, launch: func() (*process, error) {
		cmd := exec.Command(postgres, "-D", pg.DataDir, "-c", "config_file="+config,
			"-c", "port="+strconv.Itoa(pg.Port), "-c", "hba_file="+filepath.Join(pg.DataDir, "pg_hba.conf"),
			"-c", "ident_file="+filepath.Join(pg.DataDir, "pg_ident.conf"))
		cmd.SysProcAttr, cmd.Dir = who.attr(), dir
		p, err := spawn("PostgreSQL", cmd, syscall.SIGQUIT) // immediate shutdown: frees its shared memory
		return launched(p, err, func(p *process) error { return p.ready(pg.probe) })
	}}
	pg.begin(1, func(ports []int) { pg.Port = ports[0] })
	return pg
}

func pgConfig(o PGOptions, socketDir string) string {
	formats, prefix := o.Formats, o.LogLinePrefix
	if len(formats) == 0 {
		formats = []string{Stderr}
	}
	if prefix == "" {
		prefix = RDSPrefix
	}
	settings := map[string]string{
		"listen_addresses":         "127.0.0.1",
		"unix_socket_directories":  socketDir,
		"fsync":                    "off",
		"max_connections":          "50",
		"shared_buffers":           "16MB",
		"shared_preload_libraries": "pgaudit",
		"pgaudit.log":              "all",
		"pgaudit.log_rows":         "on",
		"log_destination":          strings.Join(formats, ","),
		"logging_collector":        "on",
		"log_directory":            "log",
		"log_filename":             "postgresql.log",
		"log_file_mode":            "0644",
		"log_rotation_age":         "0",
		"log_rotation_size":        "0",
		"log_line_prefix":          prefix,
		"log_connections":          "on",
		"log_disconnections":       "on",
		"log_timezone":             "UTC",
		"TimeZone":                 "UTC",
	}
	maps.Copy(settings, o.Settings)
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&b, "%s = '%s'\n", name, strings.NewReplacer(`'`, `''`, `\`, `\\`).Replace(settings[name]))
	}
	return b.String()
}

// probe asks the server over its socket, so that the log's TCP connections are the test's own.
func (pg *PG) probe(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, pg.psql, "-X", "-q", "-h", pg.SocketDir, "-p", strconv.Itoa(pg.Port),
		"-U", "postgres", "-d", "postgres", "-c", "SELECT 1")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("psql: %w: %s", err, out)
	}
	return nil
}

// LogPath is the path of the log in one of the formats asked for.
func (pg *PG) LogPath(format string) string {
	ext := map[string]string{Stderr: ".log", CSVLog: ".csv", JSONLog: ".json"}[format]
	if ext == "" {
		pg.tb.Fatalf("no log format %q", format)
	}
	return filepath.Join(pg.DataDir, "log", "postgresql"+ext)
}

// DSN is a connection string in libpq's key=value form, for TCP without TLS.
func (pg *PG) DSN(user, database string) string {
	return fmt.Sprintf("host=%s port=%d user=%s dbname=%s sslmode=disable", pg.Host, pg.Port, user, database)
}

// LocalDSN is DSN over the Unix socket: the log says [local].
func (pg *PG) LocalDSN(user, database string) string {
	return fmt.Sprintf("host=%s port=%d user=%s dbname=%s", pg.SocketDir, pg.Port, user, database)
}

// PsqlCommand is psql with a connection string, for the caller to change and run. It never asks for a password: set
// PGPASSWORD in the command's Env where one is needed.
func (pg *PG) PsqlCommand(dsn string, args ...string) *exec.Cmd {
	args = append([]string{"-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1", "-d", dsn}, args...)
	return exec.Command(pg.psql, args...)
}

// Psql sends each statement of sql by itself, over TCP, and gives what psql printed: rows without decoration.
func (pg *PG) Psql(user, database, sql string) (string, error) {
	cmd := pg.PsqlCommand(pg.DSN(user, database), "-f", "-")
	cmd.Stdin = strings.NewReader(sql)
	return output(cmd)
}

// MustPsql is Psql that fails the test on an error.
func (pg *PG) MustPsql(user, database, sql string) string {
	pg.tb.Helper()
	out, err := pg.Psql(user, database, sql)
	if err != nil {
		pg.tb.Fatal(err)
	}
	return out
}

// output gives a client's standard output; its error holds standard error.
func output(cmd *exec.Cmd) (string, error) {
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return string(out), fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, strings.TrimSpace(stderr.String()))
	}
	return string(out), nil
}
