package clickhouse

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// An intrusion, told in events: an ordinary application for two days, then within the last hour a password guessed, an injection, a
// bulk read, a grant, a try at the audit settings, a file read, a password in plain text.
type story struct {
	c   *pipeline.Commit
	now time.Time
}

func (s *story) add(at time.Duration, change func(*pipeline.Event)) pipeline.RecordID {
	n := len(s.c.Decoded.Events)
	e := event("story", n)
	e.EventTime, e.IngestedAt, e.Role, e.Rows = s.now.Add(at), s.now, "app", 1
	change(&e)
	if e.SQL != nil {
		e.SQL.Engine, e.SQL.FingerprintVersion = pipeline.PostgreSQL, 3
	}
	s.c.Decoded.Events = append(s.c.Decoded.Events, e)
	s.c.LinesIn++
	return e.RecordID
}

func (s *story) statement(at time.Duration, sql pipeline.Statement, change func(*pipeline.Event)) {
	sql.Fingerprint = fmt.Sprintf("fp-%s", strings.Join(sql.Kinds, "-")+sql.Normalized[:min(9, len(sql.Normalized))])
	s.add(at, func(e *pipeline.Event) { e.SQL = &sql; change(e) })
}

func signals(names ...string) (list []pipeline.Signal) {
	for _, n := range names {
		list = append(list, pipeline.Signal{Name: n, Detail: "seen"})
	}
	return list
}

func tellStory(t *testing.T, db *DB) (record pipeline.RecordID) {
	t.Helper()
	ctx := context.Background()
	// Five minutes before a full hour: the intrusion falls into one hour.
	s := &story{c: commitOf("story", "story", 0, 0), now: time.Now().UTC().Truncate(time.Hour).Add(-5 * time.Minute)}
	for h := 60; h > 1; h-- {
		s.add(-time.Duration(h)*time.Hour, func(*pipeline.Event) {})
	}
	s.add(-59*time.Hour, func(e *pipeline.Event) { e.Kind, e.SQL = pipeline.KindConnect, nil })
	for i := range 6 {
		s.add(-50*time.Minute+time.Duration(i)*time.Second, func(e *pipeline.Event) {
			e.Kind, e.SQL, e.Outcome, e.SQLState, e.ClientAddr = pipeline.KindLoginFailure, nil, pipeline.OutcomeFailure, "28P01", "203.0.113.9"
		})
	}
	intruder := func(e *pipeline.Event) { e.ClientAddr, e.Application, e.SessionID = "203.0.113.9", "psql", "intruder" }
	s.add(-49*time.Minute, func(e *pipeline.Event) { intruder(e); e.Kind, e.SQL = pipeline.KindConnect, nil })
	s.statement(-40*time.Minute, pipeline.Statement{Normalized: "SELECT * FROM users WHERE id = $1 OR $2 = $3", Kinds: []string{"select"},
		Tables:  []pipeline.Table{{Schema: "public", Name: "users", Access: pipeline.Read}},
		Signals: signals("tautology"), Suspicious: true, Score: 0.9}, func(e *pipeline.Event) { intruder(e); e.Rows = 50_000 })
	s.add(-41*time.Minute, func(e *pipeline.Event) {
		intruder(e)
		e.Kind, e.Outcome, e.SQLState, e.Severity, e.Message = pipeline.KindError, pipeline.OutcomeFailure, "42601", "ERROR", "syntax error at or near ?"
	})
	s.statement(-35*time.Minute, pipeline.Statement{Normalized: "ALTER ROLE app SUPERUSER", Kinds: []string{"alter_role"},
		Signals: signals("grant_superuser", "role_alter")}, func(e *pipeline.Event) { intruder(e); e.Class = "ROLE" })
	s.statement(-34*time.Minute, pipeline.Statement{Normalized: "DROP TABLE audit_copy", Kinds: []string{"drop_table"},
		Tables:  []pipeline.Table{{Name: "audit_copy", Access: pipeline.DDL}},
		Signals: signals("schema_drop")}, func(e *pipeline.Event) { intruder(e); e.Class = "DDL" })
	s.statement(-30*time.Minute, pipeline.Statement{Normalized: "ALTER SYSTEM SET pgaudit.log = $1", Kinds: []string{"alter_system"},
		Signals: signals("audit_change")}, intruder)
	s.statement(-29*time.Minute, pipeline.Statement{Normalized: "COPY t FROM PROGRAM $1", Kinds: []string{"copy"},
		Signals: signals("program_execution")}, intruder)
	s.statement(-28*time.Minute, pipeline.Statement{Normalized: "CREATE ROLE x PASSWORD $1", Kinds: []string{"create_role"},
		Signals: signals("plaintext_password", "role_create")}, intruder)
	record = s.add(-time.Minute, intruder)
	if err := db.Commit(ctx, s.c); err != nil {
		t.Fatal(err)
	}
	a := testAlert("alert-1")
	a.Severity = pipeline.Critical
	if err := db.InsertAlerts(ctx, []pipeline.Alert{a}); err != nil {
		t.Fatal(err)
	}
	if err := db.EnsureDeliveries(ctx, []string{"alert-1"}, []string{"pager"}); err != nil {
		t.Fatal(err)
	}
	return record
}

func TestEverySavedQueryAnswers(t *testing.T) {
	db := testDB(t)
	record := tellStory(t, db)
	for name, tt := range map[string]struct {
		params map[string]string
		rows   int    // -1 for any but none
		want   string // regular expression that a row must match
	}{
		"failed_logins_by_client": {nil, 1, `^203\.0\.113\.9 6 1 \[app\]`},
		"logins_after_failures":   {nil, 1, `203\.0\.113\.9 app shop psql 6 `},
		"new_clients":             {nil, 2, `^orders app client 203\.0\.113\.9`},
		"privilege_changes":       {nil, 2, `grant_superuser.*ALTER ROLE app SUPERUSER`},
		"schema_changes":          {nil, 1, `drop_table \[audit_copy\]`},
		"audit_tampering":         {nil, 1, `ALTER SYSTEM SET pgaudit\.log`},
		"injection_suspects":      {nil, 1, `203\.0\.113\.9 fp-selectSELECT \* \S* ?1 0 .* \[tautology\] 0\.9 SELECT \* FROM users`},
		"errors_by_role":          {nil, 2, `^orders shop app 42601 1 1 1 .* syntax error at or near \?$`},
		"bulk_reads":              {nil, 1, `\[public\.users\] 50000 1 SELECT \* FROM users`},
		"new_statements":          {nil, 6, `SELECT \* FROM users WHERE id = \$1 OR \$2 = \$3$`},
		"who_touched_table":       {map[string]string{"table": "public.users"}, 1, `^orders shop app 203\.0\.113\.9 psql 0 1 50000 1 `},
		"role_portrait":           {map[string]string{"role": "app"}, -1, ` orders shop 7 1 6 7 `},
		"top_statements":          {map[string]string{"role": "app"}, 7, `^orders shop 50fde20626009aba 61 `},
		"night_activity":          {map[string]string{"from_hour": "0", "to_hour": "23"}, -1, ` orders shop app 10\.0\.0\.7 `},
		"session_trace":           {map[string]string{"session_id": "intruder"}, 9, `statement app shop 203\.0\.113\.9 SELECT success 50000 .*\[tautology\]`},
		"find_record":             {map[string]string{"record_id": record.String()}, 1, `^` + record.String() + ` 0 orders-db story \d+ 1 120 postgresql/csvlog`},
		"open_alerts":             {nil, 1, `^critical .* AW-INJ-001 SQL injection orders shop app .*\[pager\] \[\] alert-1$`},
		"undelivered_alerts":      {nil, 1, `^alert-1 critical app ran a tautology pager pending 0`},
		"coverage":                {nil, 1, `^orders-db 75 75 0 0 0 1 `},
		"ingest_lag":              {nil, 1, `^orders-db .* 1 `},
		"secrets_in_sql":          {nil, 1, `create_role`},
		"file_and_program_access": {nil, 1, `COPY t FROM PROGRAM`},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := db.Ask(context.Background(), name, tt.params)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, r := range answer.Rows {
				lines = append(lines, strings.Join(r, " "))
			}
			if tt.rows >= 0 && len(lines) != tt.rows || !slices.ContainsFunc(lines, regexp.MustCompile(tt.want).MatchString) {
				t.Errorf("got %d rows, want %d with one like %s:\n%s", len(lines), tt.rows, tt.want, strings.Join(lines, "\n"))
			}
		})
	}
	if _, err := db.Ask(context.Background(), "coverage", map[string]string{"x": "1"}); err == nil {
		t.Error("an unknown parameter was taken")
	}
	if _, err := db.Ask(context.Background(), "nothing", nil); err == nil {
		t.Error("an unknown query was taken")
	}
}

func TestQueriesAreDescribed(t *testing.T) {
	param := regexp.MustCompile(`\{(\w+):(\w+)\}`)
	for _, q := range Queries() {
		if q.Title == "" || q.Description == "" || !strings.Contains(q.SQL, "SELECT") {
			t.Errorf("%s: title %q, description %q", q.Name, q.Title, q.Description)
		}
		for _, m := range param.FindAllStringSubmatch(q.SQL, -1) {
			if !slices.ContainsFunc(q.Params, func(p Param) bool { return p.Name == m[1] && p.Type == m[2] && p.Default != "" }) {
				t.Errorf("%s: parameter %s is not declared with its type and a default", q.Name, m[0])
			}
		}
		if strings.Contains(q.SQL, "unparsed ") || strings.Contains(q.SQL, "statement_text") {
			t.Errorf("%s reads what analysts may not", q.Name)
		}
	}
}

func TestTheGuideListsEveryQuery(t *testing.T) {
	guide, err := os.ReadFile("../../docs/queries.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range Queries() {
		if !strings.Contains(string(guide), "| `"+q.Name+"` | "+q.Title+" |") {
			t.Errorf("docs/queries.md does not list %s: %s", q.Name, q.Title)
		}
	}
}

// TestTheGuidesExamplesRun runs every SQL block of the guide.
func TestTheGuidesExamplesRun(t *testing.T) {
	guide, err := os.ReadFile("../../docs/queries.md")
	if err != nil {
		t.Fatal(err)
	}
	db := testDB(t)
	tellStory(t, db)
	blocks := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(string(guide), -1)
	if len(blocks) == 0 {
		t.Fatal("no examples found")
	}
	for _, b := range blocks {
		if answer, err := db.ask(context.Background(), b[1]); err != nil || len(answer.Rows) == 0 {
			t.Errorf("%s\n%d rows, %v", b[1], len(answer.Rows), err)
		}
	}
}
