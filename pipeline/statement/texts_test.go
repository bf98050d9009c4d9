package statement

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/auditwarden/auditwarden/pipeline"
)

// A text that is known gives what its engine makes of it, however many other texts came in between.
func TestTexts(t *testing.T) {
	a := New(Config{}, Options{})
	engines := []pipeline.Engine{pipeline.PostgreSQL, pipeline.MySQL, pipeline.MariaDB}
	for round := range 4 {
		for i := range 3 * textSlots {
			sql := fmt.Sprintf("SELECT a FROM t WHERE b = %d AND c = 'x'", i%(textSlots+7))
			if st := a.Statement(engines[i%3], sql); st.Engine != engines[i%3] {
				t.Fatalf("round %d: %s is said to be %s's, and is %s's", round, sql, st.Engine, engines[i%3])
			}
		}
	}
}

// What a literal holds is not taken from another text of the same shape.
func TestTextsKeepLiteralsApart(t *testing.T) {
	a := New(Config{}, Options{})
	payload := "SELECT a FROM t WHERE b = 'x'' OR ''1''=''1'"
	for range 4 {
		if st := a.Statement(pipeline.PostgreSQL, "SELECT a FROM t WHERE b = 'harmless'"); st.HasSignal("literal_payload") {
			t.Fatal("a harmless literal is said to be a payload")
		}
		if st := a.Statement(pipeline.PostgreSQL, payload); !st.HasSignal("literal_payload") {
			t.Fatal("a payload is not found")
		}
	}
	first, second := a.Statement(pipeline.PostgreSQL, payload), a.Statement(pipeline.PostgreSQL, payload)
	if first != second {
		t.Error("a text that came again is looked at again")
	}
}

func TestNoCache(t *testing.T) {
	cfg := Default()
	cfg.CacheEntries = 0
	a := New(cfg, Options{})
	first, second := a.Statement(pipeline.PostgreSQL, "SELECT 1 FROM t"), a.Statement(pipeline.PostgreSQL, "SELECT 1 FROM t")
	if first == second || !reflect.DeepEqual(first, second) {
		t.Error("without a cache each text is looked at anew")
	}
}

func TestMarks(t *testing.T) {
	m := newMarks("drop", " or ", "||", "/*")
	for s, want := range map[string]bool{"DROP it": true, "a Or b": true, "a||b": true, "x/*": true, "dro": false, "or": false, "": false, "d": false, "door": false} {
		if got := m.find(s, nil); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
	n := 0
	m.find("drop drop", func(int, string) bool { n++; return false })
	if n != 2 {
		t.Errorf("%d places, want 2", n)
	}
}
