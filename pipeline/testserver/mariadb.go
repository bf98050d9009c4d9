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

// MariaOptions say how a MariaDB server is set up. The zero value audits connections, queries and tables.
type MariaOptions struct {
	Events   string            // server_audit_events; default "CONNECT,QUERY,TABLE"
	Settings map[string]string // further server options, laid over the defaults: name to value
}

// Maria is a running MariaDB with the server_audit plugin. Its administrator is "root", without a password, over the
// socket only.
type Maria struct {
	unit
	Host     string
	Port     int
	Socket   string
	AuditLog string // the plugin's log
	client   string
}

// MariaDB starts a server of its own for the test.
func MariaDB(tb testing.TB, o MariaOptions) *Maria {
	tb.Helper()
	mariadbd := binary(tb, "mariadbd", "/usr/sbin/mariadbd")
	install := binary(tb, "mariadb-install-db")
	who := unprivileged(tb, "mysql", "nobody")
	dir := who.folder(tb, "maria")

	m := &Maria{Host: loopback, Socket: filepath.Join(dir, "sock"), AuditLog: filepath.Join(dir, "server_audit.log"),
		client: binary(tb, "mariadb")}
	data := filepath.Join(dir, "data")
	cmd := exec.Command(install, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal",
		"--skip-test-db", "--skip-name-resolve", "--innodb-flush-method=nosync")
	cmd.SysProcAttr, cmd.Dir = who.attr(), dir
	run(tb, cmd)
	config := who.write(tb, dir, "my.cnf", mariaConfig(o, m, data))

	m.unit = unit{tb: tb, signal: syscall.SIGTERM, launch: func() (*process, error) {
		cmd := exec.Command(mariadbd, "--defaults-file="+config, "--port="+strconv.Itoa(m.Port))
		cmd.SysProcAttr, cmd.Dir = who.attr(), dir
		p, err := spawn("MariaDB", cmd, syscall.SIGKILL)
		return launched(p, err, func(p *process) error { return p.ready(m.probe) })
	}}
	m.begin(1, func(ports []int) { m.Port = ports[0] })
	return m
}

func mariaConfig(o MariaOptions, m *Maria, data string) string {
	events := o.Events
	if events == "" {
		events = "CONNECT,QUERY,TABLE"
	}
	settings := map[string]string{
		"datadir":                        data,
		"bind_address":                   loopback,
		"socket":                         m.Socket,
		"pid_file":                       filepath.Join(filepath.Dir(m.Socket), "pid"),
		"skip_name_resolve":              "ON",
		"performance_schema":             "OFF",
		"innodb_flush_method":            "nosync",
		"innodb_flush_log_at_trx_commit": "0",
		"innodb_buffer_pool_size":        "16M",
		"innodb_log_file_size":           "8M",
		"plugin_load_add":                "server_audit",
		"server_audit_logging":           "ON",
		"server_audit_events":            events,
		"server_audit_file_path":         m.AuditLog,
		"default_time_zone":              "+00:00",
	}
	maps.Copy(settings, o.Settings)
	var b strings.Builder
	b.WriteString("[mariadbd]\n")
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&b, "%s=%s\n", name, settings[name])
	}
	return b.String()
}

func (m *Maria) probe(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, m.client, "--no-defaults", "--socket="+m.Socket, "-u", "root", "-e", "SELECT 1")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("mariadb: %w: %s", err, out)
	}
	return nil
}

// ClientCommand is the mariadb client, for the caller to change and run: over TCP, for root over the socket.
func (m *Maria) ClientCommand(user, password, database string, args ...string) *exec.Cmd {
	all := []string{"--no-defaults", "--batch", "--skip-column-names", "-u", user}
	if user == "root" {
		all = append(all, "--socket="+m.Socket)
	} else {
		all = append(all, "--protocol=tcp", "--host="+m.Host, "--port="+strconv.Itoa(m.Port))
	}
	if database != "" {
		all = append(all, "--database="+database)
	}
	cmd := exec.Command(m.client, append(all, args...)...)
	cmd.Env = append(cmd.Environ(), "MYSQL_PWD="+password)
	return cmd
}

// Query sends each statement of sql by itself and gives what the client printed: tab-separated rows.
func (m *Maria) Query(user, password, database, sql string) (string, error) {
	cmd := m.ClientCommand(user, password, database)
	cmd.Stdin = strings.NewReader(sql)
	return output(cmd)
}

// MustQuery is Query that fails the test on an error.
func (m *Maria) MustQuery(user, password, database, sql string) string {
	m.tb.Helper()
	out, err := m.Query(user, password, database, sql)
	if err != nil {
		m.tb.Fatal(err)
	}
	return out
}
