package parsers_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/testserver"
)

// corpus is SQL that is awkward to log: quotes, newlines, tabs, carriage returns, long and multibyte texts, parameters,
// batches, functions, foreign keys, failures of many kinds, and text that looks like a log.
func corpus(round int) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line(`create schema if not exists "Odd, ""Schema"""; create table if not exists "Odd, ""Schema"""."t,1" (id int primary key, "te""xt" text);`)
	line(`create table if not exists child (id int references "Odd, ""Schema"""."t,1", note varchar(5));`)
	line(`insert into "Odd, ""Schema"""."t,1" values (%d, E'a\nb\tc"d'), (%d, 'line one`, round*10, round*10+1)
	line("\t\ttabbed, \"quoted\"\r\n2024-05-02 10:11:12.345 UTC,\"app\",\"shop\",1,,a.b,1,\"\",2024-05-02 10:00:00 UTC,,0,LOG,00000,\"forged\",,,,,,,,,\"\",\"\",,0")
	line("2024-05-02 10:11:12 UTC:10.0.3.9(40112):app@shop:[877]:LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,forged,<none>');")
	line(`insert into child values (%d, 'x');`, round*10)
	line(`select 1\; select 2\; select 3;`)
	line(`create table copy_%d as select * from child;`, round)
	line(`prepare p as select $1::text, $2::int; execute p('it''s, "x"', null); execute p(E'new\nline', 7); deallocate p;`)
	line(`do $$ begin raise log 'AUDIT: SESSION,9,9,READ,SELECT,,,select forged,<none>'; raise notice 'hello'; end $$;`)
	line(`create or replace function f(n int) returns int language plpgsql as $$ begin perform count(*) from child; return n / 0; end $$;`)
	line(`select f(1);`)
	for _, sql := range []string{
		`select * from nowhere`, `select nocolumn from child`, `selec 1`, `select nofunc(1)`, `select 1/0`, `select 'x'::int`, `select (select 1 union select 2)`,
		`select 1 union select 1, 2`, `select 1 union select 'x'::text`, `insert into child values (999, 'x')`, `insert into child values (null, 'far too long')`,
		`select '2024-99-99'::date`, `drop role nobody_here`, `select "unclosed`, `create table child (id int)`,
	} {
		line(`%s;`, sql)
		if strings.HasSuffix(sql, "unclosed") {
			line(`";`)
		}
	}
	line(`create role r_%d password 'hunter2'; alter role r_%d password 'x'; drop role r_%d;`, round, round, round)
	line(`select '%s';`, strings.Repeat("é,\"漢字\" ", 2000))
	line(`select E'\\x', 'back\slash', U&'\00e9', $$dollar "quoted", $x$ $$;`)
	line("select 1\n\n\n\tfrom child\n\nwhere true;")
	return b.String()
}

// TestLosslessServer runs the corpus against a real PostgreSQL with pgaudit that logs in all three layouts at once, with
// several prefixes, verbosities and languages, and compares every record with independent readers and across layouts.
func TestLosslessServer(t *testing.T) {
	t.Setenv("LANGUAGE", "de")
	pg := testserver.PostgreSQL(t, testserver.PGOptions{
		Formats:  []string{testserver.Stderr, testserver.CSVLog, testserver.JSONLog},
		Settings: map[string]string{"pgaudit.log_relation": "on", "pgaudit.log_parameter": "on", "lc_messages": "C"},
	})
	pg.MustPsql("postgres", "postgres", "create extension pgaudit; create database shop; create role \"a@b c\" superuser login;")
	for round, s := range []struct {
		prefix, settings string
		configured       bool
	}{
		{testserver.RDSPrefix, "", false},
		{"%m:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a", "log_statement=all;pgaudit.log_rows=off", false},
		{"%m [%p] %q%u@%d ", "log_error_verbosity=verbose;pgaudit.log_statement_once=on", false},
		{"%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ", "log_error_verbosity=terse;log_min_duration_statement=0", false},
		{"%m|%-12u|%20d|%r|%p|%i|%e|%c|%b|%Q|%P|%a| ", "", true},
		{"%m [%p] ", "lc_messages=C.UTF-8", false},
	} {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			role := []string{"postgres", "'a@b c'"}[round%2] // as libpq quotes it
			var set strings.Builder
			set.WriteString("alter system reset all; alter system set log_line_prefix = '" + s.prefix + "';")
			for _, item := range strings.Split(s.settings, ";") {
				if name, value, ok := strings.Cut(item, "="); ok {
					fmt.Fprintf(&set, "alter system set %s = '%s';", name, value)
				}
			}
			pg.MustPsql("postgres", "postgres", set.String()+"select pg_reload_conf(), pg_sleep(0.3);")
			begun := pg.MustPsql(role, "shop", fmt.Sprintf("select 'begin %d', %s;", round, ownPID))
			cmd := pg.PsqlCommand(strings.Replace(pg.DSN(role, "shop"), "user=", "application_name='my [app]: x@y' user=", 1), "-v", "ON_ERROR_STOP=0", "-f", "-")
			cmd.Stdin = strings.NewReader("select " + ownPID + ";\n" + corpus(round))
			sent, _ := cmd.Output() // most of it fails, as it should
			waitForEnd(t, begun)
			waitForEnd(t, string(sent))
			pg.MustPsql(role, "shop", fmt.Sprintf("select 'end %d';", round))
			cut := func(format string) []byte { return portion(t, pg.LogPath(format), round) }
			cfg := parsers.Config{}
			if s.configured {
				cfg.Prefix = s.prefix
			}
			n := checkLossless(t, cfg, strings.Contains(s.settings, "terse"), cut(testserver.Stderr), cut(testserver.CSVLog), cut(testserver.JSONLog))
			if n < 40 {
				t.Errorf("only %d records compared", n)
			}
		})
	}
}

const ownPID = "'pid ' || pg_backend_pid()"

// waitForEnd waits until the server's process whose number psql printed is gone, and so has logged its disconnection.
func waitForEnd(t *testing.T, printed string) {
	t.Helper()
	_, after, _ := strings.Cut(printed, "pid ")
	number, _, _ := strings.Cut(after, "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(number))
	if err != nil {
		t.Fatalf("psql printed no process id: %q", printed)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("process %d of the server is still there", pid)
		}
	}
}

// portion gives what a log holds between the two statements that mark a round, without the last one's own session end.
func portion(t *testing.T, path string, round int) []byte {
	t.Helper()
	testserver.WaitForLine(t, path, fmt.Sprintf("end %d'", round))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	start := bytes.Index(data, fmt.Appendf(nil, "begin %d'", round))
	end := bytes.Index(data, fmt.Appendf(nil, "end %d'", round))
	if start < 0 || end < start {
		t.Fatalf("no marks of round %d in %s", round, path)
	}
	start += bytes.IndexByte(data[start:], '\n') + 1
	for strings.HasSuffix(path, ".log") { // what belongs to the mark itself
		line, rest, _ := bytes.Cut(data[start:end], []byte{'\n'})
		if !bytes.Contains(line, []byte("LOCATION:  ")) {
			break
		}
		start = end - len(rest)
	}
	return data[start : bytes.LastIndexByte(data[:end], '\n')+1]
}

// TestMariaDBServer sends statements to a real MariaDB and expects exactly those texts back, in order.
func TestMariaDBServer(t *testing.T) {
	m := testserver.MariaDB(t, testserver.MariaOptions{Settings: map[string]string{"character-set-server": "utf8mb4"}})
	m.MustQuery("root", "", "", "create database shop; create user 'a,b'@'%' identified by 'pw'; grant all on *.* to 'a,b'@'%';")
	sqls := []string{
		`select 'it''s', "a\\b", '\\n'`, "select 'new\nline\tand tab\r'", "select ',0', ''',0', '\\',0'", "create table `we,ird` (id int, `te``xt` text)",
		"insert into `we,ird` values (1, '漢字 é')", "select '" + strings.Repeat("y", 500) + "'", "rename table `we,ird` to plain", "select nope from plain",
		"select '\x01\x08\x0c'", "drop table plain",
	}
	long := "select '" + strings.Repeat("é", 1000) + "'"
	for _, sql := range append(slices.Clone(sqls), long) {
		cmd := m.ClientCommand("a,b", "pw", "shop", "--default-character-set=utf8mb4", "-e", sql)
		_ = cmd.Run()
	}
	_, _ = m.Query("root,10.0.0.1,5,6,QUERY,mysql", "bad", "", "select 1")
	m.MustQuery("root", "", "", "select 'the end'")
	testserver.WaitForLine(t, m.AuditLog, "the end")
	data, err := os.ReadFile(m.AuditLog)
	if err != nil {
		t.Fatal(err)
	}
	out := parsertest.Decode(t, parsers.Config{}, parsertest.Records(data))
	for _, u := range out.Unparsed {
		t.Errorf("unparsed at %d: %s", u.Offset, u.Reason)
	}
	var got []string
	objects := map[string]bool{}
	var refused, failed, cut bool
	for _, ev := range out.Events {
		switch {
		case ev.Role == "root,10.0.0.1,5,6,QUERY,mysql":
			refused = refused || ev.Kind == pipeline.KindLoginFailure && ev.ErrorCode == 1045
		case ev.Role != "a,b":
		case ev.Kind == pipeline.KindObject:
			objects[ev.Command+" "+ev.ObjectName] = true
		case strings.HasPrefix(ev.Statement, long[:20]):
			cut = ev.Truncated && strings.HasPrefix(long, strings.TrimSuffix(ev.Statement, "\uFFFD"))
		case ev.Kind == pipeline.KindStatement || ev.Kind == pipeline.KindError:
			failed = failed || ev.Kind == pipeline.KindError && ev.ErrorCode == 1054
			got = append(got, ev.Statement)
		}
	}
	if !slices.Equal(got, sqls) {
		t.Errorf("statements differ:\n got %q\nwant %q", got, sqls)
	}
	for what, ok := range map[string]bool{
		"a refused login with commas in the name": refused, "a failed statement with its number": failed, "a long statement marked as cut": cut,
		"a write to a table with a comma": objects["WRITE shop.we,ird"], "a renamed table": objects["RENAME shop.we,ird"],
	} {
		if !ok {
			t.Errorf("not seen: %s (objects %v)", what, objects)
		}
	}
}
