package statement

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement/lexer"
)

// checkMasked reports a literal of the text, of five characters or more, that shows in the answer and nowhere else in
// the text.
func checkMasked(t *testing.T, engine pipeline.Engine, sql string, st *pipeline.Statement) {
	t.Helper()
	if len(sql) > 4<<10 {
		return
	}
	d := dialectOf(engine)
	sc := lexer.New(sql, d)
	var shown strings.Builder
	var literals []string
	for k := sc.Next(); k.Kind != lexer.EOF; k = sc.Next() {
		if literalKind(k.Kind) {
			literals = append(literals, strings.Trim(sql[k.Start:k.End], `'"`))
		} else if k.Kind != lexer.Comment {
			shown.WriteString(strings.ToLower(sql[k.Start:k.End]) + " ")
		}
	}
	texts := *st
	texts.Limbs = nil // hashes, in whose digits any number may stand
	b, err := json.Marshal(&texts)
	if err != nil {
		t.Fatal(err)
	}
	answer := strings.ToLower(string(b))
	for _, l := range literals {
		l = strings.ToLower(l)
		if len(l) < 5 || strings.Contains(compact(shown.String()), compact(l)) || strings.ContainsAny(l, "\"\\<>&") || strings.Contains(fixedWords, l) ||
			!wordy(l) || strings.Contains(st.Fingerprint, l) {
			continue
		}
		if strings.Contains(answer, l) {
			t.Fatalf("%s: the literal %q of %q shows in %s", engine, l, sql, b)
		}
	}
}

// compact takes the spaces out: the normal form sets its own.
func compact(s string) string { return strings.ReplaceAll(s, " ", "") }

func wordy(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// fixedWords are what any answer may hold.
var fixedWords = strings.ToLower(func() string {
	var sb strings.Builder
	sb.WriteString(strings.Join(SignalNames(), " "))
	for _, s := range []string{"engine fingerprint normalized kinds tables functions signals suspicious score lexical error name detail schema access",
		"postgresql mysql select insert update delete unknown 9000000 "} {
		sb.WriteString(s)
	}
	return sb.String()
}())

const secret = "Zx9secretZx9"

func TestNoLiteralSurvives(t *testing.T) {
	const pg, my = pipeline.PostgreSQL, pipeline.MySQL
	tests := []struct {
		engine pipeline.Engine
		sql    string
	}{
		{pg, "SELECT '" + secret + "'"},
		{pg, "SELECT E'a\\'" + secret + "'"},
		{pg, "SELECT U&'\\0041" + secret + "'"},
		{pg, "SELECT $$" + secret + "$$, $tag$ ' " + secret + "$tag$"},
		{pg, "SELECT N'" + secret + "', B'" + secret + "', X'" + secret + "'"},
		{pg, "SELECT 'a'\n  '" + secret + "'"},
		{pg, "SELECT 1 -- " + secret},
		{pg, "SELECT 1 /* " + secret + " /* " + secret + " */ */"},
		{pg, "SELECT '" + secret},
		{pg, "SELECT $$" + secret},
		{pg, "SELECT 'a' FROM WHERE x = '" + secret + "'"},
		{pg, "CREATE ROLE a PASSWORD '" + secret + "'"},
		{pg, "ALTER USER a WITH ENCRYPTED PASSWORD '" + secret + "' VALID UNTIL 'x'"},
		{pg, "ALTER USER a WITH PASSWORD " + secret},
		{pg, "ALTER USER a WITH PASSWORD \"" + secret + "\""},
		{pg, "ALTER USER a PASSWORD = " + secret + " nonsense"},
		{pg, "CREATE SUBSCRIPTION s CONNECTION 'password=" + secret + "' PUBLICATION p"},
		{pg, "CREATE USER MAPPING FOR a SERVER s OPTIONS (password '" + secret + "')"},
		{pg, "SELECT dblink_connect('password=" + secret + "')"},
		{pg, "COPY t FROM PROGRAM 'curl " + secret + "'"},
		{pg, "SET app.key = '" + secret + "'"},
		{pg, "SET app.key TO " + secret},
		{pg, "DO $$ BEGIN PERFORM '" + secret + "'; END $$"},
		{pg, "SELECT 123abc" + secret},
		{pg, "SELECT set_config('pgaudit.log', '" + secret + "', true)"},
		{pg, "EXECUTE p ('" + secret + "')"},
		{pg, "COMMENT ON TABLE t IS '" + secret + "'"},
		{my, "SELECT \"" + secret + "\", 'a\\'" + secret + "', 'b''" + secret + "'"},
		{my, "SELECT _utf8'" + secret + "', N'" + secret + "', x'" + secret + "'"},
		{my, "SELECT 'a' # " + secret},
		{my, "SELECT \"a\\\" " + secret},
		{my, "CREATE USER a IDENTIFIED BY '" + secret + "'"},
		{my, "CREATE USER a IDENTIFIED BY \"" + secret + "\" nonsense"},
		{my, "CREATE USER a IDENTIFIED BY " + secret},
		{my, "ALTER USER a IDENTIFIED WITH mysql_native_password AS '" + secret + "'"},
		{my, "SET PASSWORD FOR 'a'@'%' = PASSWORD('" + secret + "')"},
		{my, "SET PASSWORD = '" + secret + "'"},
		{my, "SET PASSWORD = " + secret},
		{my, "GRANT ALL ON *.* TO 'a'@'%' IDENTIFIED BY '" + secret + "'"},
		{my, "CHANGE MASTER TO MASTER_PASSWORD='" + secret + "'"},
		{my, "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (PASSWORD '" + secret + "')"},
		{my, "INSERT INTO t VALUES (1,'" + secret + "'),(2,\"" + secret + "\")"},
		{my, "INSERT INTO t VALUES (1,'" + secret},
		{my, "/*!50000 SELECT '" + secret + "' */"},
	}
	a := New(Config{}, Options{})
	for _, tt := range tests {
		st := a.Statement(tt.engine, tt.sql)
		b, _ := json.Marshal(st)
		if strings.Contains(strings.ToLower(string(b)), strings.ToLower(secret)) {
			t.Errorf("%s: %q shows its literal: %s", tt.engine, tt.sql, b)
		}
	}
}
