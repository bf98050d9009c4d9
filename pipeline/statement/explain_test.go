package statement

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/pipeline"
)

func TestExplainText(t *testing.T) {
	var sb strings.Builder
	if err := Explain(pipeline.PostgreSQL, "SELECT a FROM s.t WHERE b = 'secret' OR 'x'='x'").WriteText(&sb); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"normal form  SELECT a FROM s.t WHERE b = ? OR ? = ?", "table        s.t (read)",
		"tautology: a comparison of constants is joined with OR", "by itself a probable injection",
	} {
		if !strings.Contains(sb.String(), want) {
			t.Errorf("no %q in\n%s", want, sb.String())
		}
	}
	if ex := Explain(pipeline.MySQL, "  "); ex.Error == "" || ex.Tables == nil {
		t.Errorf("%+v", ex)
	}
}

func TestExplainLines(t *testing.T) {
	in := strings.Join([]string{
		`{"sql":"SELECT 1","dialect":"postgresql"}`,
		`{"sql":"SELECT a FROM t WHERE b = 1 OR 1=1-- -","dialect":"mysql"}`,
		`not json`,
		`{"dialect":"mysql"}`,
		`{"sql":"SELECT 1","dialect":"oracle"}`,
		``,
		`{"sql":"","dialect":"mysql"}`,
		`{"sql":"` + strings.Repeat("x", maxExplainLine) + `"}`,
		`{"sql":"DROP TABLE \"a\"","dialect":"postgres"}`,
	}, "\n")
	var out bytes.Buffer
	if err := ExplainLines(t.Context(), strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"select false ", "select true ", " false the line is not a JSON object with sql and dialect", ` false the line has no "sql"`,
		` false the dialect must be "postgresql", "mysql" or "mariadb"`, " false the line is not a JSON object with sql and dialect", " false the text holds no statement",
		" false the line is longer than 16777216 bytes", "drop_table false ",
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d", len(lines), len(want))
	}
	for i, l := range lines {
		var ex Explanation
		if err := json.Unmarshal([]byte(l), &ex); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%s %v %s", ex.Kind, ex.Suspicious, ex.Error); got != want[i] {
			t.Errorf("line %d: %q, want %q", i, got, want[i])
		}
		for _, key := range []string{"fingerprint", "normalized", "kind", "tables", "functions", "signals", "suspicious", "score", "error"} {
			if !strings.Contains(l, `"`+key+`":`) || strings.Contains(l, `"`+key+`":null`) {
				t.Errorf("line %d: %q is missing or null: %.200s", i, key, l)
			}
		}
	}
}

func TestExplainLinesKeepsOrder(t *testing.T) {
	var in strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&in, `{"sql":"SELECT a FROM t%d"}`+"\n", i)
	}
	var out bytes.Buffer
	if err := ExplainLines(t.Context(), strings.NewReader(in.String()), &out); err != nil {
		t.Fatal(err)
	}
	for i, l := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		if !strings.Contains(l, fmt.Sprintf(`"tables":["t%d"]`, i)) {
			t.Fatalf("line %d: %s", i, l)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("pipe closed") }
func (broken) Read([]byte) (int, error)  { return 0, errors.New("disk gone") }

func TestExplainLinesErrors(t *testing.T) {
	in := strings.Repeat(`{"sql":"SELECT 1"}`+"\n", 20_000)
	if err := ExplainLines(t.Context(), strings.NewReader(in), broken{}); err == nil || !strings.Contains(err.Error(), "pipe closed") {
		t.Errorf("%v", err)
	}
	if err := ExplainLines(t.Context(), broken{}, io.Discard); err == nil || !strings.Contains(err.Error(), "disk gone") {
		t.Errorf("%v", err)
	}
}
