package statement

import (
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/auditwarden/auditwarden/pipeline"
)

// deep gives texts that nest or chain n times, in every way that makes a grammar or a walk of its tree recurse.
func deep(n int) map[string]string {
	r := strings.Repeat
	return map[string]string{
		"brackets":        "SELECT " + r("(", n) + "1" + r(")", n),
		"open brackets":   "SELECT " + r("(", n),
		"sum":             "SELECT 1" + r("+1", n),
		"sum in brackets": "SELECT " + r("f(1+1+1,2)+", n) + "1",
		"arguments":       "SELECT " + r("f(a+a,", n) + "1" + r(")+b", n),
		"concatenation":   "SELECT a" + r("||a", n),
		"casts":           "SELECT 1" + r("::int", n),
		"not":             "SELECT " + r("NOT ", n) + "a",
		"minus":           "SELECT " + r("- ", n) + "a",
		"tilde":           "SELECT " + r("~ ", n) + "a",
		"union":           "SELECT 1" + r(" UNION SELECT 1", n),
		"wide union":      "SELECT 1,1" + r(" UNION SELECT 1,1", n),
		"join":            "SELECT 1 FROM t" + r(" JOIN t ON a AND b", n),
		"natural join":    "SELECT 1 FROM t" + r(" NATURAL JOIN t", n),
		"derived":         "SELECT 1 FROM " + r("(SELECT 1 FROM ", n) + "t" + r(") x", n),
		"scalar":          "SELECT " + r("(SELECT ", n) + "1" + r(")", n),
		"case":            "SELECT " + r("CASE WHEN a THEN ", n) + "1" + r(" END", n),
		"case else":       "SELECT " + r("CASE WHEN a THEN 1 ELSE ", n) + "1" + r(" END", n),
		"open case":       "SELECT " + r("CASE WHEN ", n),
		"calls":           "SELECT " + r("f(", n) + "1" + r(")", n),
		"is null":         "SELECT a" + r(" IS NULL", n),
		"collate":         "SELECT a" + r(" COLLATE x", n),
		"arrays":          "SELECT " + r("ARRAY[", n) + "1" + r("]", n),
		"time zones":      "SELECT a" + r(" AT TIME ZONE 'x'", n),
		"and":             "SELECT 1 FROM t WHERE a" + r(" AND a", n),
		"or and":          "SELECT 1 FROM t WHERE a" + r(" OR a AND a", n),
		"and or brackets": "SELECT 1 FROM t WHERE a" + r(" AND (a OR (a", n) + r("))", n),
		"xor":             "SELECT 1 FROM t WHERE a" + r(" XOR a", n),
		"json":            "SELECT a" + r("->'b'", n),
		"index":           "SELECT a" + r("[1]", n),
		"fields":          "SELECT (a)" + r(".b", n),
		"with":            r("WITH x AS (", n) + "SELECT 1" + r(") SELECT 1", n),
		"in":              "SELECT " + r("1 IN (", n) + "1" + r(")", n),
		"explain":         r("EXPLAIN ", n) + "SELECT 1",
		"like":            "SELECT a" + r(" LIKE a", n),
		"equals":          "SELECT a" + r(" = a", n),
		"interval":        "SELECT a" + r(" + INTERVAL 1 DAY", n),
		"binary":          "SELECT " + r("BINARY ", n) + "a",
		"statements":      r("SELECT 1;", n),
		"rows":            "INSERT INTO t VALUES " + r("(1,'a'),", n) + "(1,'a')",
		"different rows":  "INSERT INTO t VALUES " + r("(1,'a'),(a,2),", n) + "(1,'a')",
		"list":            "SELECT " + r("a,", n) + "1",
		"comments":        "SELECT " + r("/**/a", n),
		"nested comments": "SELECT " + r("/*", n) + r("*/", n) + "1",
		"quotes":          "SELECT " + r("'", n),
		"payloads":        "SELECT '" + r("a'' or 1=1 ", n) + "'",
		"dollars":         "SELECT " + r("$a$", n),
		"executable":      "SELECT " + r("/*!50000 1 ", n) + r("*/", n),
		"hex":             "SELECT 0x" + r("41", n),
		"names":           "SELECT " + r("x", n) + " FROM t",
		"operators":       "SELECT 1 " + r("<", n) + " 1",
		"nul":             "SELECT 1" + r("\x00", n),
		"invalid bytes":   "SELECT '" + r("\xff", n),
		"do":              "DO $$ " + r("BEGIN ", n) + "$$",
		"function":        "CREATE FUNCTION f() RETURNS int AS $$" + r("(", n) + "$$ LANGUAGE sql",
	}
}

// Depth and length are bounded before a grammar sees the text. A crash of the C grammar would end this test's process.
func TestDeepAndLongTexts(t *testing.T) {
	a := New(Config{}, Options{})
	for _, n := range []int{150, 900, 50_000} {
		for name, sql := range deep(n) {
			for _, engine := range engines2 {
				begin := time.Now()
				st := a.Statement(engine, sql)
				if d := time.Since(begin); d > 30*time.Second {
					t.Errorf("%s, %s, %d: %v", engine, name, n, d)
				}
				if st != nil && (len(st.Normalized) > maxNormal+64 || len(st.Tables) > maxNames || len(st.Functions) > maxNames) {
					t.Errorf("%s, %s, %d: the answer is not bounded", engine, name, n)
				}
			}
		}
	}
}

// The bound on depth leaves ordinary long statements alone.
func TestLongStatementsAreParsed(t *testing.T) {
	r := strings.Repeat
	tests := map[string]string{
		"1000 conditions":   "SELECT 1 FROM t WHERE a = 1" + r(" OR a = 1 AND b = 2", 500),
		"10000 rows":        "INSERT INTO t (a, b, c) VALUES " + r("(-1, 'x', NULL), ", 10_000) + "(-1, 'x', NULL)",
		"10000 in":          "SELECT 1 FROM t WHERE a IN (" + r("5, ", 10_000) + "5)",
		"200 cases":         "SELECT CASE" + r(" WHEN a = 1 AND b = 2 THEN 'x'", 200) + " ELSE 'y' END FROM t",
		"60 joins":          "SELECT 1 FROM t" + r(" JOIN t USING (a)", 60),
		"100 unions":        "SELECT a, b FROM t" + r(" UNION ALL SELECT a, b FROM t", 100),
		"500 columns":       "SELECT " + r("coalesce(a + b * c, 0), ", 500) + "1 FROM t",
		"a string of 1 MiB": "INSERT INTO t VALUES ('" + r("lorem ipsum ", 90_000) + "')",
	}
	a := New(Config{}, Options{})
	for name, sql := range tests {
		for _, engine := range engines2 {
			if st := a.Statement(engine, sql); st.Lexical || st.Suspicious {
				t.Errorf("%s, %s: lexical %v (%s), signals %v", engine, name, st.Lexical, st.Error, st.Signals)
			}
		}
	}
}

func FuzzPostgreSQL(f *testing.F) { fuzz(f, pipeline.PostgreSQL) }

func FuzzMySQL(f *testing.F) { fuzz(f, pipeline.MySQL) }

// fuzz checks on any bytes: no crash, cached equals uncached, valid and bounded output, no literal in it.
func fuzz(f *testing.F, engine pipeline.Engine) {
	for i, sql := range corpus(f, engine) {
		if i%5 == 0 {
			f.Add(sql)
		}
	}
	for _, sql := range deep(30) {
		f.Add(sql)
	}
	a := New(Config{}, Options{})
	f.Fuzz(func(t *testing.T, sql string) {
		begin := time.Now()
		want := a.statement(engine, sql, false)
		if d := time.Since(begin); d > 2*time.Second {
			t.Fatalf("%v for %d bytes", d, len(sql))
		}
		if got := a.Statement(engine, sql); !reflect.DeepEqual(got, want) {
			t.Fatalf("cached %+v\nuncached %+v", got, want)
		}
		if want == nil {
			return
		}
		if !utf8.ValidString(want.Normalized) || len(want.Fingerprint) != 16 || len(want.Kinds) == 0 || want.Score < 0 || want.Score > 1 {
			t.Fatalf("%+v", want)
		}
		checkMasked(t, engine, sql, want)
		a.AnalyseText([]byte(sql))
		e := pipeline.Event{Engine: engine, Statement: sql, Message: sql, Detail: sql, Parameters: []string{sql}}
		a.Analyse(&e)
	})
}
