package statement

import (
	"testing"

	"github.com/auditwarden/auditwarden/pipeline"
)

// What people type into a form is no attack, whatever words it is made of; what would delay a server is one.
func TestTypedValues(t *testing.T) {
	a := New(Config{}, Options{})
	for value, want := range map[string]bool{
		"sleep (5 pieces)": false, "benchmark (graphics, 3rd edition)": false, "how to sleep (all of you)": false,
		"union jack": false, "drop table lamp": false, "1=1": false, "chairs -- the good ones": false, "select all": false,
		"/* gift */": false, "lamp; table": false, "O'Brien": false, "rock 'n' roll": false, `6" nails`: false,
		"1 AND SLEEP(5)": true, "1) AND sleep (5)-- -": true, "1 AND SLEEP/**/(5)": true, "1;SELECT PG_SLEEP(5)--": true,
		"1' AND SLEEP(5-(IF(1=1,0,5)))-- ": true, "1 AND SLEEP(IF(1=1,5,0))": true, "x' OR BENCHMARK(5000000,MD5('a'))#": true,
		"x' || pg_sleep(5 and 1)--": true, "x' AND SLEEP(-(SELECT 5))#": true, "1' AND sleep(ord('a'))#": true, "1 AND SLEEP(5": true,
	} {
		for _, engine := range []pipeline.Engine{pipeline.PostgreSQL, pipeline.MariaDB} {
			e := pipeline.Event{Engine: engine, Statement: "SELECT a FROM t WHERE b = ?", Parameters: []string{value}}
			if engine == pipeline.PostgreSQL {
				e.Statement = "SELECT a FROM t WHERE b = $1"
			}
			if a.Analyse(&e); e.SQL.Suspicious != want || e.SQL.HasSignal("literal_payload") != want {
				t.Errorf("%s, %q: suspicious %v, signals %v, score %v", engine, value, e.SQL.Suspicious, e.SQL.SignalNames(), e.SQL.Score)
			}
		}
	}
}
