package statement

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement/lexer"
)

// rewrite writes a text again, token by token. It gives "" for texts in which tokens are not what they seem.
func rewrite(sql string, d lexer.Dialect, token func(prev, t lexer.Token, raw string) string) string {
	sc := lexer.New(sql, d)
	var sb strings.Builder
	end := 0
	prev := lexer.Token{}
	for t := sc.Next(); t.Kind != lexer.EOF; t = sc.Next() {
		if t.Is(lexer.Unterminated) || t.Kind == lexer.Bad {
			return ""
		}
		sb.WriteString(sql[end:t.Start])
		sb.WriteString(token(prev, t, sql[t.Start:t.End]))
		end = t.End
		if t.Kind != lexer.Comment {
			prev = t
		}
	}
	return sb.String() + sql[end:]
}

// What does not change a statement's meaning does not change what is said of it.
func TestMeaninglessChanges(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	mixed := func(s string) string {
		b := []byte(s)
		for i := range b {
			if rng.IntN(2) == 0 && (b[i]|0x20 >= 'a' && b[i]|0x20 <= 'z') {
				b[i] ^= 0x20
			}
		}
		return string(b)
	}
	changes := []struct {
		name   string
		change func(sql string, d lexer.Dialect) string
	}{
		{"case", func(sql string, d lexer.Dialect) string {
			return rewrite(sql, d, func(_, t lexer.Token, raw string) string {
				if t.Kind == lexer.Word {
					return mixed(raw)
				}
				return raw
			})
		}},
		{"white space", func(sql string, d lexer.Dialect) string {
			return rewrite(sql, d, func(_, t lexer.Token, raw string) string {
				if t.Is(lexer.Spaced) && t.Kind != lexer.Comment {
					return [...]string{" ", "\n", "\t  "}[rng.IntN(3)] + raw
				}
				return raw
			})
		}},
		{"comments", func(sql string, d lexer.Dialect) string {
			return rewrite(sql, d, func(_, t lexer.Token, raw string) string {
				if t.Is(lexer.Spaced) && t.Kind != lexer.Comment && rng.IntN(3) == 0 {
					return "/* for the report */ " + raw
				}
				return raw
			})
		}},
		{"literals", func(sql string, d lexer.Dialect) string {
			if strings.ContainsAny(sql, "=<>") && constantComparison(sql, d) {
				return ""
			}
			return rewrite(sql, d, func(prev, t lexer.Token, raw string) string {
				switch {
				case t.Kind == lexer.Int && len(raw) > 1 && len(raw) < 5 && !t.Is(lexer.Junk) && prev.Kind == lexer.Op:
					return fmt.Sprint(20 + rng.IntN(70))
				case t.Kind == lexer.String && raw[0] == '\'' && len(raw) > 4 && prev.Kind == lexer.Op && !strings.ContainsAny(raw, "\\;=()"):
					return "'wordy'"
				}
				return raw
			})
		}},
		{"final semicolon", func(sql string, _ lexer.Dialect) string { return sql + " ;" }},
	}
	a := New(Config{}, Options{})
	for _, engine := range engines2 {
		for _, c := range changes {
			t.Run(string(engine)+"/"+c.name, func(t *testing.T) {
				n := 0
				for _, sql := range corpus(t, engine) {
					want := a.Statement(engine, sql)
					changed := c.change(sql, dialectOf(engine))
					if changed == "" || changed == sql || !comparable(sql, want) {
						continue
					}
					n++
					same(t, sql, changed, want, a.Statement(engine, changed))
				}
				if n < 50 {
					t.Errorf("only %d statements were changed", n)
				}
			})
		}
	}
}

// comparable leaves out texts in which a change means something: comments at the end, unparsable texts (their shape is
// lexical), utility statements (their literals count), and quoted passwords.
func comparable(sql string, st *pipeline.Statement) bool {
	if st == nil || st.Lexical || strings.Contains(sql, "--") || strings.Contains(sql, "#") || strings.Contains(sql, "/*") {
		return false
	}
	for _, k := range st.Kinds {
		if !injectable[k] || k == "set" || k == "do" {
			return false
		}
	}
	return true
}

func constantComparison(sql string, d lexer.Dialect) bool {
	ts := tokensOf(sql, d)
	for i := 1; i+1 < len(ts); i++ {
		if ts[i].kind == lexer.Op && ts[i-1].constant() && ts[i+1].constant() {
			return true
		}
	}
	return false
}

func same(t *testing.T, sql, changed string, want, got *pipeline.Statement) {
	t.Helper()
	if got == nil {
		t.Errorf("nothing is said of %q", changed)
		return
	}
	w, g := said(want), said(got)
	if w != g {
		t.Errorf("%s\n  of %q\nbut %s\n  of %q", w, sql, g, changed)
	}
}

func said(st *pipeline.Statement) string {
	return fmt.Sprint(st.Fingerprint, st.SignalNames(), st.Score, st.Limbs)
}

// Brackets that say nothing new change neither fingerprint nor verdict.
func TestBrackets(t *testing.T) {
	pairs := [][2]string{
		{"SELECT a FROM t WHERE b = 5 AND c = 6", "SELECT a FROM t WHERE (b = 5) AND (c = 6)"},
		{"SELECT a FROM t WHERE b = 5 AND c = 6", "SELECT a FROM t WHERE ((b = 5 AND c = 6))"},
		{"SELECT a FROM t WHERE b = 5 OR 1=1", "SELECT a FROM t WHERE (b = (5)) OR ((1=1))"},
		{"SELECT a FROM t WHERE b = 5 OR 'x'='x'", "SELECT a FROM t WHERE (b = 5 OR ('x')=('x'))"},
		{"SELECT a+b FROM t ORDER BY a", "SELECT (a+(b)) FROM t ORDER BY (a)"},
		{"SELECT a FROM t WHERE b IN (1,2)", "SELECT a FROM t WHERE (b IN (1,2))"},
		{"SELECT a FROM t WHERE NOT b", "SELECT a FROM t WHERE (NOT (b))"},
	}
	a := New(Config{}, Options{})
	for _, engine := range engines2 {
		for _, p := range pairs {
			same(t, p[0], p[1], a.Statement(engine, p[0]), a.Statement(engine, p[1]))
		}
	}
}

// A foreign limb always raises the score.
func TestLimbsRaiseTheScore(t *testing.T) {
	limbs := []string{" OR 1=1", " AND 7=7", " UNION ALL SELECT NULL,NULL,NULL", " AND 1=(SELECT 1)", " OR 'a'='a'",
		" OR EXISTS (SELECT 1)", " ORDER BY 999", " ORDER BY (SELECT 1)", "; DROP TABLE t", " OR length('a') = 1", " AND ascii(substr((SELECT pw FROM users LIMIT 1), 1, 1)) > 64", " OR NOT false"}
	// These are foreign beside ordinary tables only: tools ask the catalogue so.
	beside := []string{" AND current_user IS NOT NULL", " UNION SELECT rolname FROM pg_roles", " AND (SELECT count(*) FROM users) > 0"}
	a := New(Config{}, Options{})
	for _, engine := range engines2 {
		n := 0
		for _, sql := range benign(t, engine) {
			base := a.Statement(engine, sql)
			if base == nil || base.Lexical || base.Suspicious || !limbable(sql) {
				continue
			}
			all := limbs
			if len(base.Tables) > 0 && !base.HasSignal("catalog_read") {
				all = append(slices.Clone(limbs), beside...)
			}
			for _, limb := range all {
				n++
				if st := a.Statement(engine, sql+limb); st.Score <= base.Score {
					t.Errorf("%s: %.3f is not above %.3f: %s", engine, st.Score, base.Score, sql+limb)
				}
			}
		}
		if n < 50 {
			t.Errorf("only %d limbs", n)
		}
	}
}

// limbable takes plain statements that end in a condition on a table.
func limbable(sql string) bool {
	l := strings.ToLower(sql)
	i := strings.LastIndex(l, " where ")
	if i < 0 || !strings.HasPrefix(l, "select") || strings.ContainsAny(l[i:], "()#;$") || strings.Contains(l[i:], "--") || strings.Contains(l[i:], "*/") {
		return false
	}
	for _, w := range []string{" order by", " limit", " group by", " union", " for ", " having", "rownum"} {
		if strings.Contains(l[i:], w) {
			return false
		}
	}
	return true
}
