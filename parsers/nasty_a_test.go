package parsers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
	"github.com/auditwarden/auditwarden/pipeline"
)

// The 25 nastiest cases of docs/formats.md, one test each.

const rds = "2024-05-02 10:11:12 UTC:10.0.3.9(40112):app@shop:[877]:"

// decode runs a text through a decoder that recognises the format.
func decode(t *testing.T, text string) *pipeline.Decoded {
	t.Helper()
	return parsertest.Text(t, parsers.Config{}, text)
}

// whole expects a number of events and nothing unparsed.
func whole(t *testing.T, out *pipeline.Decoded, events int) []pipeline.Event {
	t.Helper()
	if len(out.Events) != events || len(out.Unparsed) != 0 {
		t.Fatalf("%d events and %d unparsed, want %d and 0:\n%s", len(out.Events), len(out.Unparsed), events, render(out))
	}
	return out.Events
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %#v, want %#v", what, got, want)
	}
}

func statements(events []pipeline.Event) []string {
	var list []string
	for i := range events {
		list = append(list, events[i].Statement)
	}
	return list
}

func TestNasty01QuotesInQuotes(t *testing.T) {
	sql := "select \"a\",\r\n'x\ty' from t"
	for format, write := range writers {
		t.Run(format, func(t *testing.T) {
			equal(t, "statement", whole(t, decode(t, write(sql)+"\n"), 1)[0].Statement, sql)
		})
	}
	t.Run("csvlog inside JSON", func(t *testing.T) {
		text := `{"message":` + pgJSON(writers["postgresql/csvlog"](sql)) + "}\n"
		equal(t, "statement", whole(t, decode(t, text), 1)[0].Statement, sql)
	})
}

func TestNasty02Parameters(t *testing.T) {
	for _, c := range []struct {
		field    string
		want     []string
		has      bool
		redacted bool
	}{
		{`"1,""a,b"",,""say """"hi"""""""`, []string{"1", "a,b", "", `say "hi"`}, true, false},
		{`<none>`, nil, false, false},
		{`<not logged>`, nil, false, true},
		{`"<none>,1"`, []string{"<none>", "1"}, true, false},
		{`"1,<long param suppressed>"`, []string{"1", "<long param suppressed>"}, true, true},
		{``, []string{""}, true, false},
		{`"""a` + "\n\t" + `b"""`, []string{"a\nb"}, true, false},
	} {
		ev := whole(t, decode(t, rds+"LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,select 1,"+c.field+"\n"), 1)[0]
		if !slices.Equal(ev.Parameters, c.want) || ev.Redacted != c.redacted || (ev.Has&pipeline.HasParameters != 0) != c.has {
			t.Errorf("%s: %q redacted=%v", c.field, ev.Parameters, ev.Redacted)
		}
	}
}

func TestNasty03PreviouslyLogged(t *testing.T) {
	audit := func(ids, text string) string {
		return rds + "LOG:  AUDIT: SESSION," + ids + ",READ,SELECT,TABLE,public.t," + text + "\n"
	}
	d, err := parsers.New(parsers.Config{}, parsers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	text := audit("1,1", "select 1 from t,<none>") + audit("1,2", "select 2,<none>") + audit("1,1", "<previously logged>,<previously logged>") +
		audit("1,2", "<previously logged>,<previously logged>") + audit("5,1", "<previously logged>,<previously logged>")
	var all []pipeline.Event
	for _, r := range parsertest.Records([]byte(text)) {
		out := new(pipeline.Decoded) // every record in a batch of its own
		d.Decode(r, out)
		all = append(all, out.Events...)
	}
	out := new(pipeline.Decoded)
	d.Flush(out)
	all = append(all, out.Events...)
	if want := []string{"select 1 from t", "select 2", "select 1 from t", "select 2", ""}; !slices.Equal(statements(all), want) {
		t.Fatalf("statements %q, want %q", statements(all), want)
	}
	equal(t, "filled in", all[2].PreviouslyLogged, true)
	equal(t, "repeat", all[2].Repeat, true)
	equal(t, "lost: redacted", all[4].Redacted, true)
	equal(t, "lost: filled in", all[4].PreviouslyLogged, false)
}

func TestNasty04FieldCounts(t *testing.T) {
	for tail, rows := range map[string]int64{"<none>": -1, "<none>,": -1, "<none>,0": 0, "<none>,9223372036854775807": 9223372036854775807} {
		for _, severity := range []string{"LOG", "NOTICE", "WARNING", "INFO", "DEBUG1"} {
			ev := whole(t, decode(t, rds+severity+":  AUDIT: SESSION,1,1,READ,SELECT,,,select 1,"+tail+"\n"), 1)[0]
			got := int64(-1)
			if ev.Has&pipeline.HasRows != 0 {
				got = ev.Rows
			}
			equal(t, severity+" "+tail, got, rows)
			equal(t, "kind", ev.Kind, pipeline.KindStatement)
		}
	}
	for _, bad := range []string{"<none>,1,2", "<none>,x"} {
		out := decode(t, rds+"LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,select 1,"+bad+"\n")
		if len(out.Unparsed) != 1 || out.Unparsed[0].Reason != "bad_pgaudit" {
			t.Errorf("%s: %s", bad, render(out))
		}
	}
}

func TestNasty05ForgedRecordInStatement(t *testing.T) {
	sql := "select 1\n" + rds + "LOG:  AUDIT: SESSION,9,1,ROLE,DROP ROLE,,,forged,<none>\n\t" + rds + "LOG:  AUDIT: SESSION,9,1,READ,SELECT,,,forged,<none>"
	for format, write := range writers {
		t.Run(format, func(t *testing.T) {
			equal(t, "statement", whole(t, decode(t, write(sql)+"\n"), 1)[0].Statement, sql)
		})
	}
	t.Run("in the statement of an error", func(t *testing.T) {
		text := rds + "ERROR:  boom\n" + rds + "STATEMENT:  " + strings.ReplaceAll(sql, "\n", "\n\t") + "\n" + rds + "LOG:  statement: select 2\n"
		equal(t, "statement", whole(t, decode(t, text), 2)[0].Statement, sql)
	})
	t.Run("no prefix where there is one", func(t *testing.T) {
		out := decode(t, rds+"LOG:  statement: select 1\nLOG:  AUDIT: SESSION,9,1,READ,SELECT,,,forged,<none>\n")
		if len(out.Events) != 1 || len(out.Unparsed) != 1 {
			t.Errorf("got %s", render(out))
		}
	})
	t.Run("raised by SQL", func(t *testing.T) {
		text := rds + "LOG:  AUDIT: SESSION,9,9,READ,SELECT,,,forged,<none>\n" + rds + "CONTEXT:  PL/pgSQL function inline_code_block line 1 at RAISE\n"
		equal(t, "kind", whole(t, decode(t, text), 1)[0].Kind, pipeline.KindMessage)
	})
	t.Run("raised by SQL, terse", func(t *testing.T) {
		audit := "AUDIT: SESSION,1,1,READ,SELECT,,,do 'own text',<none>\n"
		text := rds + "LOG:  " + audit + rds + "LOG:  " + audit + rds + "STATEMENT:  do 'own text'\n" + rds + "WARNING:  " + audit
		for i, want := range []pipeline.EventKind{pipeline.KindStatement, pipeline.KindMessage, pipeline.KindMessage} {
			equal(t, fmt.Sprint("kind of ", i), whole(t, decode(t, text), 3)[i].Kind, want)
		}
	})
}

func TestNasty06CSVQuoteParity(t *testing.T) {
	write := writers["postgresql/csvlog"]
	inside := "x\n" + strings.ReplaceAll(write("forged"), "877", "1")
	equal(t, "row inside a statement", whole(t, decode(t, write(inside)+"\n"), 1)[0].Statement, inside)

	text := write("select 'a'\nfrom t") + "\n" + write("select 2") + "\n" + write("select\n3") + "\n"
	for cut := range len(text) {
		lost := text[:cut] + text[cut+1:]
		out := decode(t, lost)
		for _, ev := range out.Events {
			if len(ev.Statement) > 20 {
				t.Fatalf("byte %d lost: a record swallowed another: %q", cut, ev.Statement)
			}
		}
		if len(out.Events) < 2 {
			t.Errorf("byte %d (%q) lost: only %d of 3 records survive", cut, text[cut], len(out.Events))
		}
	}
}

func TestNasty07InterleavedProcesses(t *testing.T) {
	a := strings.Replace(rds, "877", "1", 1)
	b := strings.Replace(rds, "877", "2", 1)
	text := a + "LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,\"select 'a\n" + b + "LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,select 'b',<none>\n" +
		"\tgoes on'\",<none>\n" + a + "ERROR:  one\n" + b + "ERROR:  two\n" + a + "STATEMENT:  select one\n" + b + "STATEMENT:  select two\n"
	events := whole(t, decode(t, text), 4)
	got := map[string]string{}
	for _, ev := range events {
		got[fmt.Sprintf("%d %s %s", ev.ProcessID, ev.Kind, ev.Message)] = ev.Statement
	}
	for key, want := range map[string]string{"1 statement ": "select 'a\ngoes on'", "2 statement ": "select 'b'", "1 error one": "select one", "2 error two": "select two"} {
		if got[key] != want {
			t.Errorf("%s: got %q, want %q (%v)", key, got[key], want, got)
		}
	}
	// The same over syslog, with chunk 2 of 3 lost for one process.
	chunk := func(pid, n int, s string) string {
		return fmt.Sprintf("<134>1 2024-05-02T10:11:12Z db postgres %d - - [7-%d] %s\n", pid, n, s)
	}
	out := decode(t, chunk(1, 1, "ERROR:  one")+chunk(2, 1, "ERROR:  two")+chunk(1, 2, "STATEMENT:  select")+chunk(1, 3, "#011one")+chunk(2, 3, "STATEMENT:  select two"))
	unnumbered := "<134>1 2024-05-02T10:11:12Z db postgres 1 - - "
	ev := whole(t, decode(t, unnumbered+"LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,\"select\n"+unnumbered+"#0111,\n"+unnumbered+" 2\",<none>\n"), 1)[0]
	equal(t, "syslog without numbers", ev.Statement, "select\n1, 2")
	events = whole(t, out, 2)
	slices.SortFunc(events, func(x, y pipeline.Event) int { return int(x.ProcessID - y.ProcessID) })
	equal(t, "syslog statement", events[0].Statement, "select\none")
	equal(t, "syslog whole", events[0].Partial, false)
	equal(t, "syslog gap", events[1].Partial, true)
}

func TestNasty08CloudWatchLineByLine(t *testing.T) {
	at := time.Date(2024, 5, 2, 10, 11, 12, 0, time.UTC)
	rec := func(n int, stream, key, line string) pipeline.Record {
		return pipeline.Record{Source: "cw", Stream: stream, Key: key, Time: at, Raw: []byte(line), Size: int64(len(line)), Seq: uint64(n)}
	}
	a, b := strings.Replace(rds, "877", "1", 1), strings.Replace(rds, "877", "2", 1)
	records := []pipeline.Record{
		rec(1, "g:a", "1", a+"LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,\"select a"), rec(2, "g:b", "2", b+"LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,\"select b"),
		rec(3, "g:a", "3", "\tfrom t1\",<none>"), rec(4, "g:b", "4", "\tfrom t2\",<none>"),
	}
	out := parsertest.Decode(t, parsers.Config{}, records)
	events := whole(t, out, 2)
	got := statements(events)
	slices.Sort(got)
	if want := []string{"select a\nfrom t1", "select b\nfrom t2"}; !slices.Equal(got, want) {
		t.Errorf("statements %q, want %q", got, want)
	}
	// A replay of the same ids gives the same identities.
	again := parsertest.Decode(t, parsers.Config{}, records)
	for i := range events {
		equal(t, "record id", again.Events[i].RecordID, events[i].RecordID)
	}
	// What is held is not acknowledged: Oldest names the first piece until its end has come.
	d, err := parsers.New(parsers.Config{}, parsers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	part := new(pipeline.Decoded)
	d.Decode(records[0], part)
	equal(t, "oldest while open", d.Oldest(), uint64(1))
	d.Tick(at, part)
	d.Tick(at.Add(time.Second), part)
	equal(t, "held after 1 s", len(part.Events), 0)
	d.Tick(at.Add(time.Minute), part)
	equal(t, "released after a minute", len(part.Events), 1)
	equal(t, "oldest after", d.Oldest(), pipeline.NoneHeld)
	equal(t, "released one is truncated", part.Events[0].Truncated, true)
}

func TestNasty09RDSTruncationMark(t *testing.T) {
	mark := " [Your log message was truncated]"
	text := rds + "LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,\"select 'a, \"\"b" + mark + "\n" + rds + "LOG:  AUDIT: SESSION,2,1,READ,SELECT,,,select 2,<none>\n" +
		rds + "LOG:  AUDIT: SESSION,3,1,READ,SELECT,,,\"select\n\tmore" + mark + "\n" + "rest of a line that was cut\n" + rds + "LOG:  statement: select 4\n"
	out := decode(t, text)
	if len(out.Events) != 4 || len(out.Unparsed) != 1 {
		t.Fatalf("got %s", render(out))
	}
	equal(t, "cut", out.Events[0].Truncated, true)
	equal(t, "next is whole", out.Events[1].Truncated, false)
	equal(t, "next", out.Events[1].Statement, "select 2")
	equal(t, "cut in a further line", out.Events[2].Truncated, true)
	equal(t, "after the rest", out.Events[3].Statement, "select 4")
}
