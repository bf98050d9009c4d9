package statement

import (
	"slices"
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/pipeline"
)

func TestAnalyse(t *testing.T) {
	tests := []struct {
		name       string
		event      pipeline.Event
		signal     string // must be there
		absent     string // must not be there
		suspicious bool
	}{
		{"plain", pipeline.Event{Statement: "SELECT a FROM t WHERE b = 1", Class: "READ"}, "", "class_mismatch", false},
		{"another class", pipeline.Event{Statement: "SELECT a FROM t WHERE b = 1", Class: "DDL"}, "class_mismatch", "", true},
		{"class of a later statement", pipeline.Event{Statement: "SELECT 1; CREATE TABLE x (a int)", Class: "DDL"}, "", "class_mismatch", false},
		{"a function may do anything", pipeline.Event{Statement: "SELECT make_partition()", Class: "DDL"}, "", "class_mismatch", false},
		{"select into", pipeline.Event{Statement: "SELECT a INTO u FROM t", Class: "DDL"}, "", "class_mismatch", false},
		{"payload in a parameter", pipeline.Event{
			Statement: "SELECT a FROM t WHERE b = $1", Class: "READ", Parameters: []string{"x' UNION SELECT password FROM users-- "},
		}, "literal_payload", "", true},
		{"harmless parameter", pipeline.Event{
			Statement: "SELECT a FROM t WHERE b = $1", Parameters: []string{"O'Brien and sons (1987)"},
		}, "", "literal_payload", false},
		{"cut by the log", pipeline.Event{Statement: "SELECT a FROM t WHERE b = 'abc", Truncated: true}, "", "unparsable", false},
		{"not cut by the log", pipeline.Event{Statement: "SELECT a FROM t WHERE b = 5'"}, "unparsable", "", true},
	}
	a := New(Config{}, Options{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := tt.event
			e.Engine = pipeline.PostgreSQL
			before := slices.Clone(a.Statement(e.Engine, e.Statement).SignalNames())
			a.Analyse(&e)
			if tt.signal != "" && !e.SQL.HasSignal(tt.signal) || tt.absent != "" && e.SQL.HasSignal(tt.absent) || e.SQL.Suspicious != tt.suspicious {
				t.Errorf("signals %v, score %v, suspicious %v", e.SQL.SignalNames(), e.SQL.Score, e.SQL.Suspicious)
			}
			if after := a.Statement(e.Engine, e.Statement).SignalNames(); !slices.Equal(before, after) {
				t.Errorf("the shared statement changed from %v to %v", before, after)
			}
		})
	}
}

func TestAnalyseWithoutStatement(t *testing.T) {
	a := New(Config{}, Options{})
	for _, s := range []string{"", "<not logged>", "<REDACTED>"} {
		e := pipeline.Event{Engine: pipeline.PostgreSQL, Statement: s, Redacted: true}
		if a.Analyse(&e); e.SQL != nil {
			t.Errorf("%q: %+v", s, e.SQL)
		}
	}
}

// What a server writes about an error keeps its sense and loses every value.
func TestMaskText(t *testing.T) {
	tests := []struct{ statement, in, want string }{
		{"", `duplicate key value violates unique constraint "users_email_key"`, `duplicate key value violates unique constraint "users_email_key"`},
		{"", `Key (email)=(ann@example.org) already exists.`, `Key (?)=(?) already exists.`},
		{"", `invalid input syntax for type integer: "4111 1111 1111 1111"`, `invalid input syntax for type integer: "?"`},
		{"", `relation "secrets.plans" does not exist`, `relation "secrets.plans" does not exist`},
		{"", `column "it's a 'secret'" does not exist`, `column "?" does not exist`},
		{"SELECT 'hunter2' + 1", `operator does not exist: unknown hunter2`, `operator does not exist: unknown ?`},
		{"", `Failing row contains (5, Ann, (a, b), null).`, `Failing row contains (?).`},
		{"", `parameters: $1 = '5', $2 = 'it''s "mine"'`, `parameters: ?? ='?'`},
		{"", `syntax error at or near "hunter2"`, `syntax error at or near "?"`},
		{"SELECT 'Margaret' FROM", `user Margaret not found`, `user ? not found`},
		{"", `user bob@example.org with card 4111111111111111 not found`, `user bob?example.org with card ? not found`},
		{"", `Duplicate entry 'ann@example.org' for key 'users.email'`, `Duplicate entry '?'`},
		{"", `unterminated quote: 'abc`, `unterminated quote: '?'`},
		{"", `COPY t, line 5, column a: "secret stuff"`, `COPY t, line ?, column a: "?"`},
		{"", `a=secret b = secret`, `a=? b =?`},
	}
	for _, tt := range tests {
		e := pipeline.Event{Engine: pipeline.PostgreSQL, Statement: tt.statement, Message: tt.in}
		if got := maskText(tt.in, secretWords(&e)); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.in, got, tt.want)
		}
	}
}

func TestMaskedFields(t *testing.T) {
	a := New(Config{}, Options{})
	e := pipeline.Event{
		Engine: pipeline.PostgreSQL, Statement: "SELECT $1", Parameters: []string{"hunter two"},
		Message: "value hunter is bad", Detail: "two is worse", Hint: "try 'hunter'", Context: `SQL statement "SELECT 'hunter'"`,
	}
	a.Analyse(&e)
	for _, s := range []string{e.Message, e.Detail, e.Hint, e.Context} {
		if strings.Contains(s, "hunter") || strings.Contains(s, "two") {
			t.Errorf("%q holds a parameter", s)
		}
	}
}

func TestAnalyseText(t *testing.T) {
	a := New(Config{}, Options{})
	st := a.AnalyseText([]byte("garbage SELECT a FROM t WHERE b = 1 UNION ALL SELECT NULL, sleep(5) -- \xff"))
	if st == nil || !st.HasSignal("union_null_padding") || !st.HasSignal("time_delay") || !st.Suspicious {
		t.Errorf("%+v", st)
	}
	if st := a.AnalyseText([]byte("2024-01-01 LOG: checkpoint complete: wrote 5 buffers")); st == nil || len(st.Signals) > 0 {
		t.Errorf("%+v", st)
	}
	if st := a.AnalyseText([]byte(" \n")); st != nil {
		t.Errorf("%+v", st)
	}
}
