package parsers_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/testserver"
)

// TestTranslatedMessages: what the server logs of connections and statements is understood in its other languages.
func TestTranslatedMessages(t *testing.T) {
	sql := "select 'a: b',\n' ms  Anweisung: c'"
	tabbed := "select 'a: b',\n\t' ms  Anweisung: c'"
	for _, c := range []struct {
		text string
		want pipeline.Event
	}{
		{"LOG:  Anweisung: " + tabbed, pipeline.Event{Kind: pipeline.KindStatement, Statement: sql}},
		{"LOG:  Ausführen p1: " + tabbed, pipeline.Event{Kind: pipeline.KindStatement, Statement: sql}},
		{"LOG:  Ausführen Fetch von p1/c1: " + tabbed, pipeline.Event{Kind: pipeline.KindStatement, Statement: sql}},
		{"LOG:  Dauer: 1.500 ms  Anweisung: " + tabbed, pipeline.Event{Kind: pipeline.KindStatement, Statement: sql, Duration: 1500 * time.Microsecond}},
		{"LOG:  Dauer: 1.500 ms  Ausführen p1: " + tabbed, pipeline.Event{Kind: pipeline.KindStatement, Statement: sql, Duration: 1500 * time.Microsecond}},
		{"LOG:  Dauer: 1.500 ms  Parsen p1: " + tabbed, pipeline.Event{Kind: pipeline.KindStatement, Statement: sql, Duration: 1500 * time.Microsecond, Repeat: true}},
		{"LOG:  durée : 1.500 ms, lien p1/c1 : " + tabbed, pipeline.Event{Kind: pipeline.KindStatement, Statement: sql, Duration: 1500 * time.Microsecond, Repeat: true}},
		{"СООБЩЕНИЕ:  продолжительность: 1.500 мс", pipeline.Event{Kind: pipeline.KindMessage, Duration: 1500 * time.Microsecond, Message: "продолжительность: 1.500 мс"}},
		{"로그:  연결 인증: user=app database=shop application_name=psql SSL 활성화 (protocol=TLSv1.3, cipher=TLS_AES_256_GCM_SHA384, bits=256)", pipeline.Event{Kind: pipeline.KindConnect, Role: "app", Database: "shop", Application: "psql", TLS: "TLSv1.3 TLS_AES_256_GCM_SHA384"}},
		{"LOG:  connexion autorisée : utilisateur=app base de données shop application_name=a base de données b", pipeline.Event{Kind: pipeline.KindConnect, Role: "app", Database: "shop", Application: "a base de données b"}},
		{"LOGG:  replikeringsanslutning auktoriserad: användare=app", pipeline.Event{Kind: pipeline.KindConnect, Role: "app"}},
		{"日志:  已接收到连接: host=10.0.0.9 port=5151", pipeline.Event{Kind: pipeline.KindConnAttempt, ClientAddr: "10.0.0.9", ClientPort: 5151}},
		{"LOG:  接続を受け付けました: ホスト=[local]", pipeline.Event{Kind: pipeline.KindConnAttempt, ClientAddr: "[local]"}},
		{"LOG:  déconnexion : durée de la session : 0:00:01.500\n\tutilisateur=app base=shop hôte=10.0.0.9 port=5151", pipeline.Event{Kind: pipeline.KindDisconnect, Role: "app", Database: "shop", ClientAddr: "10.0.0.9", ClientPort: 5151, Duration: 1500 * time.Millisecond}},
		{"LOG:  Verbindung authentifiziert: Identität=»app« Methode=scram-sha-256 (/etc/pg_hba.conf:97)", pipeline.Event{Kind: pipeline.KindConnAttempt, OSUser: "app"}},
	} {
		ev := whole(t, decode(t, "2026-03-01 09:00:00.001 UTC [7] "+c.text+"\n"), 1)[0]
		for _, f := range []struct{ name, got, want string }{
			{"kind", string(ev.Kind), string(c.want.Kind)}, {"statement", ev.Statement, c.want.Statement}, {"role", ev.Role, c.want.Role},
			{"database", ev.Database, c.want.Database}, {"application", ev.Application, c.want.Application}, {"TLS", ev.TLS, c.want.TLS},
			{"client", fmt.Sprint(ev.ClientAddr, ev.ClientPort), fmt.Sprint(c.want.ClientAddr, c.want.ClientPort)},
			{"duration", ev.Duration.String(), c.want.Duration.String()}, {"repeat", fmt.Sprint(ev.Repeat), fmt.Sprint(c.want.Repeat)},
			{"identity", ev.OSUser, c.want.OSUser},
		} {
			equal(t, c.text+": "+f.name, f.got, f.want)
		}
	}
	ev := whole(t, decode(t, "2026-03-01 09:00:00.001 UTC [7] LOG:  Ausführen p1: select $1\n2026-03-01 09:00:00.001 UTC [7] DETAIL:  Parameter: $1 = 'it''s'\n"), 1)[0]
	equal(t, "parameters", fmt.Sprintf("%q", ev.Parameters), `["it's"]`)
	forged := "2026-03-01 09:00:00.001 UTC [7] 日志:  AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<none>\n2026-03-01 09:00:00.001 UTC [7] 上下文:  PL/pgSQL 函数 inline_code_block 第 1 行的 RAISE 处\n"
	equal(t, "raised in Chinese", whole(t, decode(t, forged), 1)[0].Kind, pipeline.KindMessage)
}

// TestNamesInRefusals: a role may be named like a piece of a refusal, in every language.
func TestNamesInRefusals(t *testing.T) {
	for text, want := range map[string]string{
		"28P01 FATAL:  Passwort-Authentifizierung für Benutzer »role \"admin\"« fehlgeschlagen":                                     `role "admin" from `,
		"28P01 FATAL:  autenticazione con password fallita per l'utente \"bob from host \"9.9.9.9\", user \"root\", database \"x\"": `bob from host "9.9.9.9", user "root", database "x from `,
		"28P01 FATAL:  password authentication failed for user \"bob from host \"9.9.9.9\", user \"root\", database \"x\"":          `bob from host "9.9.9.9", user "root", database "x from `,
		"28000 FATAL:  role \"a user \"b\" does not exist":                                                                          `a user "b from `,
		"28000 FATAL:  \"trust\" authentication failed for user \"bob\"":                                                            `bob from `,
		"28000 FATAL:  no pg_hba.conf entry for replication connection from host \"10.0.0.9\", user \"bob\", no encryption":         `bob from 10.0.0.9`,
		"28000 FATAL:  pg_hba.conf rejects connection for host \"10.0.0.9\", user \"bob\", database \"shop\", no encryption":        `bob from 10.0.0.9 to shop`,
		"3D000 FATAL:  database \"role \"x\" does not exist":                                                                        ` from  to role "x`,
		"28P01 FATAL:  fallis pasvorto de la uzanto \"role \"admin\"\"":                                                             ` from `,
		"28P01 FATAL:  lozinka za „role \"admin\"“ nije ispravna":                                                                   ` from `,
	} {
		ev := whole(t, parsertest.Text(t, parsers.Config{Prefix: "%m [%p] %e "}, "2026-03-01 09:00:00.001 UTC [7] "+text+"\n"), 1)[0]
		got := ev.Role + " from " + ev.ClientAddr
		if ev.Database != "" {
			got += " to " + ev.Database
		}
		equal(t, text+": kind", ev.Kind, pipeline.KindLoginFailure)
		equal(t, text, got, want)
	}
}

// TestTranslatedServer asks real servers of several languages what they log.
func TestTranslatedServer(t *testing.T) {
	for _, language := range []string{"fr", "ja", "ru"} {
		t.Run(language, func(t *testing.T) {
			t.Setenv("LANGUAGE", language)
			pg := testserver.PostgreSQL(t, testserver.PGOptions{
				Formats:  []string{testserver.Stderr},
				Settings: map[string]string{"lc_messages": "C.UTF-8", "log_line_prefix": "%m [%p] ", "log_statement": "all", "log_min_duration_statement": "0", "pgaudit.log": "none"},
			})
			pg.MustPsql("postgres", "postgres", "select 'one',\n2;")
			for _, who := range [][2]string{{"nobody", "postgres"}, {"postgres", "nowhere"}} {
				if _, err := pg.Psql(who[0], who[1], "select 1"); err == nil {
					t.Fatalf("%v may log in", who)
				}
			}
			testserver.WaitForLine(t, pg.LogPath(testserver.Stderr), "nowhere")
			pg.MustPsql("postgres", "postgres", "select 'end'")
			testserver.WaitForLine(t, pg.LogPath(testserver.Stderr), "'end'")
			data, err := os.ReadFile(pg.LogPath(testserver.Stderr))
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]int{}
			for _, ev := range parsertest.Decode(t, parsers.Config{Prefix: "%m [%p] "}, parsertest.Records(data)).Events {
				switch ev.Kind {
				case pipeline.KindLoginFailure:
					seen["refused "+ev.Role+"@"+ev.Database]++
				case pipeline.KindStatement:
					seen[ev.Statement]++
				case pipeline.KindConnect, pipeline.KindDisconnect:
					seen[string(ev.Kind)+" "+ev.Role+"@"+ev.Database]++
				}
			}
			for _, what := range []string{"refused nobody@postgres", "refused postgres@nowhere", "select 'one',\n2;", "connect postgres@postgres", "disconnect postgres@postgres"} {
				if seen[what] == 0 {
					t.Errorf("no %q in %v", what, seen)
				}
			}
		})
	}
}
