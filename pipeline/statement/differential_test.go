package statement

import (
	"reflect"
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement/postgres"
)

// The cached answer is the uncached one, in any order of arrival, with shapes evicted in between.
func TestCachedEqualsUncached(t *testing.T) {
	for _, engine := range []pipeline.Engine{pipeline.PostgreSQL, pipeline.MySQL} {
		texts := corpus(t, engine)
		cfg := Default()
		cfg.CacheEntries = 1 + len(texts)/3
		a := New(cfg, Options{})
		for round := range 4 { // from the third on whole texts are known
			for i, sql := range texts {
				want := a.statement(engine, sql, false)
				if got := a.Statement(engine, sql); !reflect.DeepEqual(got, want) {
					t.Fatalf("round %d, statement %d: cached %+v\nuncached %+v", round, i, got, want)
				}
			}
		}
	}
}

// The fingerprint of the canonical text is that of the text itself.
func TestFingerprintIsTheTextsOwn(t *testing.T) {
	a := New(Config{}, Options{})
	n, differ := 0, 0
	for _, sql := range corpus(t, pipeline.PostgreSQL) {
		want, err := postgres.Fingerprint(sql)
		st := a.Statement(pipeline.PostgreSQL, sql)
		if err != nil || st == nil || st.Lexical || temporary(sql) {
			continue
		}
		n++
		if st.Fingerprint != want {
			if differ++; differ < 20 {
				t.Logf("fingerprint %s, the text's own is %s: %.300s", st.Fingerprint, want, sql)
			}
		}
	}
	if n < 100 || differ > n/2000 {
		t.Errorf("%d of %d fingerprints are not the text's own", differ, n)
	}
}

// temporary reports names whose running number is cut off, which changes the fingerprint on purpose.
func temporary(sql string) bool {
	l := strings.ToLower(sql)
	return strings.Contains(l, "tmp") || strings.Contains(l, "temp")
}
