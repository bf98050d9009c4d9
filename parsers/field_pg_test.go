package parsers_test

import (
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
	"github.com/auditwarden/auditwarden/pipeline"
)

// Cases found by holding the parsers against the sources and samples of the servers, PostgreSQL.

// TestPrefixesInUse: the prefixes that distributions, operators, clouds and hardening guides set. A line of a background
// process first, as in every log: it must not decide for one whose fields then hold several of the line's.
func TestPrefixesInUse(t *testing.T) {
	for _, c := range []struct{ background, line, client, application string }{
		{"2026-03-01 09:00:00 UTC [1-1] ", "2026-03-01 09:00:00 UTC [101-3] app@shop ", "", ""},
		{"2026-03-01 09:00:00 UTC [1-1]  ", "2026-03-01 09:00:00 UTC [101-3] 10.0.0.9(5123) app@shop ", "10.0.0.9", ""},
		{"2026-03-01 09:00:00.001 UTC [1] ", "2026-03-01 09:00:00.001 UTC [101] app@shop 10.0.0.9(5123) ", "10.0.0.9", ""},
		{"2026-03-01 09:00:00.001 UTC [1] ", "2026-03-01 09:00:00.001 UTC [101] app@shop ::1 ", "::1", ""},
		{"2026-03-01 09:00:00.001 UTC [1] ", "2026-03-01 09:00:00.001 UTC [101] app@shop,host=[local] ", "[local]", ""},
		{"2026-03-01 09:00:00 UTC [1]: [1-1] 69a3fc3f.1 0     ", "2026-03-01 09:00:00 UTC [101]: [3-1] 69a3fc3f.65 0 shop app psql 10.0.0.9 ", "10.0.0.9", "psql"},
		{"2026-03-01 09:00:00 UTC [1]: [1-1] user=,db= - PG-00000 ", "2026-03-01 09:00:00 UTC [101]: [3-1] user=app,db=shop - PG-00000 ", "", ""},
		{"2026-03-01 09:00:00.001 UTC [1][postmaster][][0] ", "2026-03-01 09:00:00.001 UTC [101][client backend][3/14][0] [user=app,db=shop,app=my [app]] ", "", "my [app]"},
		{"2026-03-01 09:00:00.001 UTC [1] ", "2026-03-01 09:00:00.001 UTC [101] [user=app,db=shop,app=psql,host=10.0.0.9] ", "10.0.0.9", "psql"},
		{"pid=1,user=,db=,app=,client= ", "pid=101,user=app,db=shop,app=psql,client=10.0.0.9 ", "10.0.0.9", "psql"},
		{"user=,db=,app=,client= ", "user=app,db=shop,app=psql,client=10.0.0.9 ", "10.0.0.9", "psql"},
		{"< 2026-03-01 09:00:00.001 UTC     1 >", "< 2026-03-01 09:00:00.001 UTC psql app shop 10.0.0.9(5123) 101 >", "10.0.0.9", "psql"},
	} {
		t.Run(c.line, func(t *testing.T) {
			text := c.background + "LOG:  database system is ready to accept connections\n" + c.line + "LOG:  statement: select 1\n" + c.line + "ERROR:  division by zero\n" + c.line + "STATEMENT:  select 1/0\n"
			for _, ev := range whole(t, decode(t, text), 3)[1:] {
				equal(t, "role", ev.Role, "app")
				equal(t, "database", ev.Database, "shop")
				equal(t, "client", ev.ClientAddr, c.client)
				equal(t, "application", ev.Application, c.application)
			}
		})
	}
}

// TestNamesWithBlanks: a blank in a name is still read, once no known prefix explains the line better.
func TestNamesWithBlanks(t *testing.T) {
	line := "2026-03-01 09:00:00.001 UTC [101] al ice@my db "
	events := whole(t, decode(t, "2026-03-01 09:00:00.001 UTC [1] LOG:  checkpoint starting: time\n"+line+"LOG:  statement: select 1\n"+line+"ERROR:  division by zero\n"+line+"STATEMENT:  select 1/0\n"), 3)
	for _, ev := range events[1:] {
		equal(t, "role", ev.Role, "al ice")
		equal(t, "database", ev.Database, "my db")
	}
	equal(t, "statement", events[2].Statement, "select 1/0")
}

// TestSessionSaysOnce: what only "connection received" and "connection authorized" say holds for the session, until its
// process id is another's.
func TestSessionSaysOnce(t *testing.T) {
	debian := "2026-03-01 09:00:00.001 UTC [101] "
	received := debian + "[unknown]@[unknown] LOG:  connection received: host=203.0.113.5 port=54321\n"
	authorized := debian + "app@shop LOG:  connection authorized: user=app database=shop application_name=psql\n"
	statement := "LOG:  statement: select 1\n"
	check := func(t *testing.T, ev pipeline.Event, role, database, client string) {
		t.Helper()
		equal(t, "role", ev.Role, role)
		equal(t, "database", ev.Database, database)
		equal(t, "client", ev.ClientAddr, client)
		equal(t, "has client", ev.Has&pipeline.HasClient != 0, client != "")
	}
	t.Run("client", func(t *testing.T) {
		events := whole(t, decode(t, received+authorized+debian+"app@shop "+statement+debian+"eve@shop FATAL:  password authentication failed for user \"eve\"\n"), 4)
		check(t, events[1], "app", "shop", "203.0.113.5")
		check(t, events[2], "app", "shop", "203.0.113.5")
		equal(t, "port", events[2].ClientPort, 54321)
		check(t, events[3], "eve", "shop", "") // not the role that this session is known to have
	})
	t.Run("refused", func(t *testing.T) {
		events := whole(t, decode(t, received+debian+"eve@shop FATAL:  password authentication failed for user \"eve\"\n"), 2)
		check(t, events[1], "eve", "shop", "203.0.113.5")
		equal(t, "kind", events[1].Kind, pipeline.KindLoginFailure)
	})
	t.Run("background", func(t *testing.T) { // a worker got the process id of a session whose end was not logged
		events := whole(t, decode(t, received+authorized+debian+"ERROR:  canceling autovacuum task\n"), 3)
		check(t, events[2], "", "", "")
	})
	t.Run("over", func(t *testing.T) {
		end := debian + "app@shop LOG:  disconnection: session time: 0:00:01.000 user=app database=shop host=203.0.113.5 port=54321\n"
		events := whole(t, decode(t, received+authorized+end+debian+"app@shop "+statement), 4)
		check(t, events[3], "app", "shop", "")
	})
	t.Run("again", func(t *testing.T) {
		next := strings.ReplaceAll(received, "203.0.113.5", "10.0.0.9")
		events := whole(t, decode(t, received+authorized+next+debian+"bob@shop "+statement), 4)
		check(t, events[3], "bob", "shop", "10.0.0.9")
	})
	t.Run("role", func(t *testing.T) {
		azure := "2026-03-01 09:00:00 UTC-69a3fc3f.36d-"
		events := whole(t, decode(t, azure+"LOG:  connection authorized: user=app database=shop SSL enabled (protocol=TLSv1.3, cipher=TLS_AES_256_GCM_SHA384, bits=256)\n"+azure+statement+azure+"LOG:  checkpoint starting: time\n"), 3)
		check(t, events[1], "app", "shop", "")
		check(t, events[2], "", "", "")
	})
}

// TestSyslogWithoutTick: a date without a year is set by the decoder's clock until the pipeline ticks.
func TestSyslogWithoutTick(t *testing.T) {
	dec, err := parsers.New(parsers.Config{}, parsers.Options{Now: func() time.Time { return time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	var out pipeline.Decoded
	for _, r := range parsertest.Records([]byte("Dec 31 23:59:59 db1 postgres[101]: [7-1] LOG:  statement: select 1\nJan  1 09:00:00 db1 mysql-server_auditing:  db1,app,10.0.3.9,77,3,QUERY,shop,'select 2',0\n")) {
		dec.Decode(r, &out)
	}
	dec.Flush(&out)
	want := map[string]time.Time{"select 1": time.Date(2025, 12, 31, 23, 59, 59, 0, time.UTC), "select 2": time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)}
	for _, ev := range whole(t, &out, 2) {
		equal(t, "time", ev.EventTime, want[ev.Statement])
		equal(t, "certainty", ev.TimeCertainty, pipeline.TimeYearAssumed)
	}
}

// TestSyslogPrefixes: short prefixes, since syslog gives time and process; a numbered message shows where one must stand.
func TestSyslogPrefixes(t *testing.T) {
	for _, prefix := range []string{"app@shop ", "[user=app,db=shop,app=psql] ", "[101] app@shop ", "user=app,db=shop,app=psql,client=10.0.0.9 "} {
		ev := whole(t, decode(t, "Mar  1 09:00:00 db1 postgres[101]: [7-1] "+prefix+"LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,\"select a,\nMar  1 09:00:00 db1 postgres[101]: [7-2] #011b\",<none>\n"), 1)[0]
		equal(t, "role", ev.Role, "app")
		equal(t, "statement", ev.Statement, "select a,\nb")
	}
	out := decode(t, "Mar  1 09:00:00 db1 postgres[101]: [7-1] :-) LOG:  statement: select 1\nMar  1 09:00:00 db1 postgres[102]: [7-2] #011b\n")
	if len(out.Unparsed) != 2 || out.Unparsed[0].Reason == out.Unparsed[1].Reason {
		t.Errorf("an unknown prefix and a lost chunk must be told apart: %+v", out.Unparsed)
	}
}

// TestContinuationBesideWaitingError: an error of a session that ended waits for a STATEMENT that never comes. Lines with a tab
// belong to the message before them all the same.
func TestContinuationBesideWaitingError(t *testing.T) {
	text := "2026-03-01 09:00:00.001 UTC [7] eve@shop FATAL:  the database system is starting up\n" +
		"2026-03-01 09:00:00.002 UTC [8] app@shop WARNING:  caught\n" +
		"2026-03-01 09:00:00.002 UTC [8] app@shop DETAIL:  line 1\n\tline 2\n" +
		"2026-03-01 09:00:00.003 UTC [8] app@shop LOG:  statement: select 1,\n\t2\n"
	for _, ev := range whole(t, decode(t, text), 3) {
		switch ev.Kind {
		case pipeline.KindStatement:
			equal(t, "statement", ev.Statement, "select 1,\n2")
		case pipeline.KindMessage:
			equal(t, "detail", ev.Detail, "line 1\nline 2")
		default:
			equal(t, "message", ev.Message, "the database system is starting up")
		}
	}
}

// TestPlaceInStatement: the place in the statement is no part of a message, in any language.
func TestPlaceInStatement(t *testing.T) {
	for _, place := range []string{" at character 18", " bei Zeichen 18", "(18文字目)", " 18 번째 문자 부근", " (символ 18)", " 第 18 个字符处", " 在第 18 個字元處"} {
		ev := whole(t, decode(t, "2026-03-01 09:00:00.001 UTC [7] app@shop ERROR:  column \"nope\" (2)"+place+"\n"), 1)[0]
		equal(t, "message", ev.Message, `column "nope" (2)`)
	}
}

// TestPortOfSession: a prefix with %h names the client, "connection received" its port.
func TestPortOfSession(t *testing.T) {
	line := func(names, text string) string {
		return "2026-03-01 09:00:00 UTC [8]: [1-1] " + names + ",app=psql,client=10.0.0.9 LOG:  " + text + "\n"
	}
	events := whole(t, decode(t, line("user=[unknown],db=[unknown]", "connection received: host=10.0.0.9 port=54321")+line("user=app,db=shop", "connection authorized: user=app database=shop")+line("user=app,db=shop", "statement: select 1")), 3)
	equal(t, "port", events[2].ClientPort, 54321)
}

// TestParallelWorkers: pgaudit writes a line in every parallel worker, where no role is known, and one in their leader.
func TestParallelWorkers(t *testing.T) {
	audit := "AUDIT: SESSION,1,1,READ,SELECT,,,select count(*) from t,<none>,1"
	csv := func(names, pid, kind, leader string) string {
		return "2026-03-01 09:00:00.001 UTC," + names + "," + pid + ",,69a3fc3f." + pid + ",1,,2026-03-01 08:59:59 UTC,3/14,0,LOG,00000,\"" + audit + "\",,,,,,,,,\"psql\",\"" + kind + "\"," + leader + ",0\n"
	}
	for what, text := range map[string]string{
		"csvlog": csv(",", "102", "parallel worker", "101") + csv(`"app","shop"`, "101", "client backend", ""),
		"%b":     "2026-03-01 09:00:00.001 UTC [102][parallel worker][3/14][0] LOG:  " + audit + "\n2026-03-01 09:00:00.001 UTC [101][client backend][3/14][0] [user=app,db=shop,app=psql] LOG:  " + audit + "\n",
	} {
		t.Run(what, func(t *testing.T) {
			for _, ev := range whole(t, decode(t, text), 2) {
				equal(t, "repeat of the leader's", ev.Repeat, ev.Role == "")
			}
		})
	}
}

// TestWorkersFunctions: what a function runs inside a parallel worker is logged by the worker alone.
func TestWorkersFunctions(t *testing.T) {
	text := "2026-03-01 09:00:00.001 UTC [102][parallel worker][3/14][0] LOG:  AUDIT: SESSION,1,2,READ,SELECT,,,select secret from cards,<none>,1\n" +
		"2026-03-01 09:00:00.001 UTC [101][client backend][3/14][0] [user=app,db=shop,app=psql] LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,select f(),<none>,1\n"
	for _, ev := range whole(t, decode(t, text), 2) {
		equal(t, "repeat", ev.Repeat, false)
	}
}

// TestSessionIsNotForged: SQL that raises what the server says of a connection changes nothing about its session.
func TestSessionIsNotForged(t *testing.T) {
	const at = "2026-03-01 09:00:00.001 UTC [101] "
	login := at + "LOG:  connection received: host=10.0.0.7 port=4242\n" + at + "LOG:  connection authorized: user=app database=shop\n"
	audit := at + "LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<none>,1\n"
	for _, raised := range []string{
		"connection authorized: user=postgres database=x", "connection received: host=10.9.9.9 port=1", "disconnection: session time: 0:00:01.000 user=app database=shop host=10.0.0.7",
	} {
		forged := at + "LOG:  " + raised + "\n" + at + "CONTEXT:  PL/pgSQL function inline_code_block line 1 at RAISE\n" + at + "STATEMENT:  DO $$BEGIN RAISE LOG 'x'; END$$\n"
		events := whole(t, parsertest.Text(t, parsers.Config{Prefix: "%m [%p] "}, login+forged+audit), 4)
		last := events[len(events)-1]
		equal(t, "kind", last.Kind, pipeline.KindStatement)
		equal(t, "role after "+raised, last.Role, "app")
		equal(t, "client after "+raised, last.ClientAddr, "10.0.0.7")
	}
}

// TestEmptyBlockIsCounted: an object over several lines that holds nothing is skipped, line by line.
func TestEmptyBlockIsCounted(t *testing.T) {
	out := decode(t, "{\n  \"Records\": []\n}\n")
	_, _, skipped := out.Lines()
	equal(t, "skipped", skipped, 3)
}

// TestRecordsThatAreNoObjects: what a list holds besides objects is kept, not dropped.
func TestRecordsThatAreNoObjects(t *testing.T) {
	out := decode(t, `{"Records":["2026-03-01 09:00:00.001 UTC [101] LOG:  statement: select 1"]}`+"\n")
	equal(t, "unparsed", len(out.Unparsed), 1)
	equal(t, "lines", out.Unparsed[0].Lines, 1)
}

// TestTranslatedLoginFailures: a refused login is one in every language of the server's catalogues, with or without its SQLSTATE.
func TestTranslatedLoginFailures(t *testing.T) {
	const host = "10.0.0.9"
	for _, c := range []struct{ message, detail, state, role, database, client, method string }{
		{"FATAL:  Passwort-Authentifizierung für Benutzer »eve« fehlgeschlagen", "DETAIL:  Verbindung stimmte mit pg_hba.conf-Zeile 97 überein: »host all all 0.0.0.0/0 scram-sha-256«", "28P01", "eve", "", "", "scram-sha-256"},
		{"FATAL:  kein pg_hba.conf-Eintrag für Host »10.0.0.9«, Benutzer »eve«, Datenbank »shop«, keine Verschlüsselung", "", "28000", "eve", "shop", host, ""},
		{"FATAL:  kein pg_hba.conf-Eintrag für Host »10.0.0.9«, Benutzer »e«, Datenbank »ve«, Datenbank »shop«, SSL aus", "", "28000", "e«, Datenbank »ve", "shop", host, ""},
		{"FATAL:  no hay una línea en pg_hba.conf para «10.0.0.9», usuario «eve», base de datos «shop», sin cifrado", "", "28000", "eve", "shop", host, ""},
		{"FATAL:  authentification peer échouée pour l'utilisateur « eve »", "", "28000", "eve", "", "", "peer"},
		{"FATAL:  aucune entrée dans pg_hba.conf pour l'hôte « 10.0.0.9 », utilisateur « eve »,\n\tbase de données « shop », pas de chiffrement", "", "28000", "eve", "shop", host, ""},
		{"FATALE:  il ruolo \"eve\" non esiste", "", "28000", "eve", "", "", ""},
		{"FATAL:  ユーザー\"eve\"のパスワード認証に失敗しました", "", "28P01", "eve", "", "", "password"},
		{"ფატალური:  მონაცემთა ბაზა \"shop\" არ არსებობს", "", "3D000", "", "shop", "", ""},
		{"치명적오류:  호스트 \"10.0.0.9\", 사용자 \"eve\", 데이터베이스 \"shop\", no encryption 연결에 대한 설정이 pg_hba.conf 파일에 없습니다.", "", "28000", "eve", "shop", host, ""},
		{"ВАЖНО:  извините, уже слишком много клиентов", "", "53300", "", "", "", ""},
		{"ВАЖНО:  доступ к базе \"shop\" запрещён", "", "42501", "", "shop", "", ""},
		{"FATALT:  rollen \"eve\" finns inte", "", "28000", "eve", "", "", ""},
		{"ФАТАЛЬНО:  користувач \"eve\" не пройшов автентифікацію за допомогою пароля", "", "28P01", "eve", "", "", "password"},
		{"致命错误:  用户 \"eve\" 的密码认证失败", "", "28P01", "eve", "", "", "password"},
		{"致命錯誤:  資料庫 \"shop\" 不存在", "", "3D000", "", "shop", "", ""},
	} {
		for _, prefix := range []string{"2026-03-01 09:00:00.001 UTC [7] ", "2026-03-01 09:00:00.001 UTC [7] " + c.state + " "} {
			text := prefix + c.message + "\n"
			if c.detail != "" {
				text += prefix + c.detail + "\n"
			}
			cfg := parsers.Config{Prefix: "%m [%p] "}
			if strings.HasSuffix(prefix, c.state+" ") {
				cfg.Prefix += "%e "
			}
			ev := whole(t, parsertest.Text(t, cfg, text), 1)[0]
			equal(t, c.message, ev.Kind, pipeline.KindLoginFailure)
			equal(t, "state", ev.SQLState, c.state)
			equal(t, "role", ev.Role, c.role)
			equal(t, "database", ev.Database, c.database)
			equal(t, "client", ev.ClientAddr, c.client)
			equal(t, "method", ev.AuthMethod, c.method)
		}
	}
	other := whole(t, decode(t, "2026-03-01 09:00:00.001 UTC [7] FATAL:  Dateisystem »eve« ist voll\n"), 1)[0]
	equal(t, "another message", other.Kind, pipeline.KindError)
}

// TestForeignKeyChecks: the server's own query for a key is no action of anybody; one that a user shapes like it is.
func TestForeignKeyChecks(t *testing.T) {
	for sql, repeat := range map[string]bool{
		`SELECT 1 FROM ONLY "public"."t,1" x WHERE "id" OPERATOR(pg_catalog.=) $1 FOR KEY SHARE OF x`:                                                       true,
		`SELECT 1 FROM "public"."part" x WHERE "id" OPERATOR(pg_catalog.=) $1 AND "b""c" OPERATOR(pg_catalog.=) $2 FOR KEY SHARE OF x`:                      true,
		`SELECT 1 FROM ONLY "public"."c" x WHERE $1::pg_catalog.int8 OPERATOR(pg_catalog.=) "id"::pg_catalog."char" FOR KEY SHARE OF x`:                     true,
		`SELECT 1 FROM ONLY "public"."users" x WHERE "id"::evil."t" OPERATOR(pg_catalog.=) $1 FOR KEY SHARE OF x`:                                           false,
		`SELECT 1 FROM ONLY "public"."users" x WHERE "id" OPERATOR(pg_catalog.=) $1::"pg_catalog""x"."t" FOR KEY SHARE OF x`:                                false,
		`SELECT 1 FROM ONLY "public"."users" x WHERE password LIKE 'a%' FOR KEY SHARE OF x`:                                                                 false,
		`SELECT 1 FROM ONLY "public"."users" x WHERE "password" OPERATOR(pg_catalog.~) $1 FOR KEY SHARE OF x`:                                               false,
		`SELECT 1 FROM ONLY "public"."users" x WHERE "password" OPERATOR(pg_catalog.=) "password" FOR KEY SHARE OF x`:                                       false,
		`SELECT 1 FROM ONLY "a"."b" x, "c"."d" y WHERE "id" OPERATOR(pg_catalog.=) $1 FOR KEY SHARE OF x`:                                                   false,
		`SELECT 1 FROM ONLY "a"."b" x WHERE "id" OPERATOR(pg_catalog.=) $1 OR true FOR KEY SHARE OF x`:                                                      false,
		`SELECT 1 FROM ONLY "a"."b" x WHERE "id" OPERATOR(pg_catalog.=) $1 FOR KEY SHARE OF x; drop table t; SELECT 1 FROM ONLY "a"."b" FOR KEY SHARE OF x`: false,
	} {
		ev := whole(t, decode(t, "2026-03-01 09:00:00.001 UTC [7] app@shop LOG:  "+auditMessage(sql)+"\n"), 1)[0]
		equal(t, sql, ev.Repeat, repeat)
	}
}
