package parsers_test

import (
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
	"github.com/auditwarden/auditwarden/pipeline"
)

const plainLine = "2024-05-05 10:00:00.000 UTC [12] LOG:  statement: "

// TestRestOfARecord: whatever stands behind, or beside, what was understood is read too, or kept as unparsed.
func TestRestOfARecord(t *testing.T) {
	one, two := `{"log":"`+plainLine+`select 1"}`, `{"log":"`+plainLine+`select 2"}`
	for name, c := range map[string]struct {
		text     string
		events   string // statements
		unparsed string
	}{
		"arrays of Fluent Bit":       {"[1," + one + "][2," + two + "]", "select 1,select 2", ""},
		"text behind them":           {"[1," + one + "]trail", "select 1", "trail"},
		"arrays of objects":          {"[" + one + "][" + two + "]", "select 1,select 2", ""},
		"an object behind an array":  {"[" + one + "]" + two, "select 1,select 2", ""},
		"a string in an array":       {"[" + one + `, "text"]`, "select 1", "text"},
		"an array of something else": {"[" + one + "][7]", "select 1", "[7]"},
		"an empty first line":        {`{"message":"\nfoo"}`, "", "foo"},
		"a part that never ends":     {`2024-05-05T10:00:00.000000000Z stdout P {"message":"` + plainLine + `select 1"}`, "select 1", ""},
	} {
		out := decode(t, c.text+"\n")
		var events, unparsed []string
		for _, e := range out.Events {
			events = append(events, e.Statement)
		}
		for _, u := range out.Unparsed {
			unparsed = append(unparsed, string(u.Raw))
		}
		if got := strings.Join(events, ","); got != c.events || strings.Join(unparsed, ",") != c.unparsed {
			t.Errorf("%s: events %q, unparsed %q", name, got, unparsed)
		}
	}
}

// TestManyArrays: arrays and objects in turn, a hundred thousand of them, are read without running out of stack, and all accounted for.
func TestManyArrays(t *testing.T) {
	out := decode(t, strings.Repeat(`[{"a":1}]{"a":2}`, 100_000)+"\n")
	var lines uint32
	for _, u := range out.Unparsed {
		lines += u.Lines
	}
	if lines != 1 {
		t.Errorf("%d lines accounted for, want 1", lines)
	}
}

// TestTextHidesNoRecord: what a statement says, where the context of pgaudit's record repeats it, does not make it a message of SQL's.
func TestTextHidesNoRecord(t *testing.T) {
	for _, sql := range []string{"drop table t /* PL/Perl */", "drop table t -- PL/pgSQL function f() line 1 at RAISE\n", "drop table t -- RAISE"} {
		text := `2024-05-02 10:11:12.345 UTC,"app","shop",877,"10.0.3.9:40112",663365a0.36d,7,"DO",2024-05-02 10:00:00 UTC,3/10,0,LOG,00000,"AUDIT: SESSION,1,2,DDL,DROP TABLE,TABLE,public.t,` +
			strings.ReplaceAll(pgauditQuote(sql), `"`, `""`) + `,<none>",,,,,"SQL statement ""` + sql + `""` + "\n" + `PL/pgSQL function inline_code_block line 1 at EXECUTE",,,,"psql","client backend",,0` + "\n"
		if ev := whole(t, decode(t, text), 1)[0]; ev.Kind != pipeline.KindStatement || ev.Statement != sql {
			t.Errorf("%q hides itself: %s, %q", sql, ev.Kind, ev.Statement)
		}
	}
}

// TestTwoHeadsAreNotRead: a record of an old pgauditlogtofile that holds what looks like another's head, in the name that somebody logs in with, is
// kept as unparsed, and so is what may be its text; reading goes on with what can only start a record.
func TestTwoHeadsAreNotRead(t *testing.T) {
	write := writers["postgresql/pgauditlogtofile_csv before 1.7"]
	forged := `2024-05-02 10:11:12.345 UTC,root,prod,7,h,1.7,1,x,2024-05-05 10:00:00 UTC,,0,00000,SESSION,1,1,DDL,DROP TABLE,TABLE,public.t,drop table t,<none>,877,10.0.3.9:40112,663365a0.36d,1,authentication,2024-05-02 10:11:11 UTC,3/10,0,28000,no pg_hba.conf entry,,,,,,,,,`
	out := parsertest.Text(t, parsers.Config{}, write("select 1")+"\n"+forged+"\n"+write("select 2")+"\n"+write("select 3, 4")+"\n"+write("select 5")+"\n")
	var got []string
	for _, e := range out.Events {
		got = append(got, e.Statement)
	}
	if strings.Join(got, ";") != "select 1;select 3, 4;select 5" || len(out.Unparsed) != 2 || out.Unparsed[0].Reason != "ambiguous" {
		t.Errorf("statements %q, unparsed %+v", got, out.Unparsed)
	}
}
