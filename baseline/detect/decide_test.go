package detect_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/baseline/detect"
	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/clickhouse"
)

// diary is a role's ordinary days with what a test adds to them.
type diary struct {
	t      *testing.T
	db     *clickhouse.DB
	conn   driver.Conn
	d      *detect.Detector
	alerts kept
	clock  time.Time
	n      int64
}

func newDiary(t *testing.T) *diary {
	t.Helper()
	db, conn := store(t)
	y := &diary{t: t, db: db, conn: conn, alerts: kept{}}
	var err error
	if y.d, err = detect.New(detect.Default(), detect.Options{Conn: conn, Alerts: y.alerts, Clock: func() time.Time { return y.clock }}); err != nil {
		t.Fatal(err)
	}
	return y
}

// commit stores events.
func (y *diary) commit(events ...pipeline.Event) {
	y.t.Helper()
	for i := range events {
		r := pipeline.Record{Source: "diary", Stream: "diary", Offset: y.n}
		y.n++
		e := &events[i]
		e.RecordID, e.Source, e.Stream, e.Offset, e.Lines = r.ID(), r.Source, r.Stream, r.Offset, 1
		if e.EventTime.After(y.clock) {
			y.clock = e.EventTime
		}
	}
	id := sha256.Sum256(events[0].RecordID[:])
	c := &pipeline.Commit{ID: hex.EncodeToString(id[:16]), Source: "diary", Decoded: &pipeline.Decoded{Events: events}, LinesIn: uint64(len(events)), Arrived: y.clock}
	if err := y.db.Commit(y.t.Context(), c); err != nil {
		y.t.Fatal(err)
	}
}

// write stores events and has them judged.
func (y *diary) write(events ...pipeline.Event) {
	y.t.Helper()
	y.commit(events...)
	if failed := steps(y.t, y.d); failed > 0 {
		y.t.Fatalf("%d steps failed", failed)
	}
}

// heard says whether a rule spoke within an hour from that time.
func (y *diary) heard(rule string, at time.Time) bool {
	for _, a := range y.alerts {
		if slices.Contains(strings.Split(a.Numbers["rules"], ","), rule) && !a.FirstSeen.Before(at) && a.FirstSeen.Before(at.Add(time.Hour)) {
			return true
		}
	}
	return false
}

func (y *diary) holds(kind, item string) bool {
	y.t.Helper()
	list, err := y.d.Profiles().Show(y.t.Context(), "c1", "shop", "web", y.clock)
	if err != nil {
		y.t.Fatal(err)
	}
	return len(list) == 1 && slices.ContainsFunc(list[0].Items[kind], func(k baseline.Known) bool { return k.Item == item })
}

func webEvent(at time.Time, client, shape string, signals ...string) pipeline.Event {
	st := &pipeline.Statement{Engine: pipeline.PostgreSQL, Fingerprint: shape, FingerprintVersion: 1, Normalized: "SELECT " + shape, Kinds: []string{"select"}}
	for _, s := range signals {
		st.Signals = append(st.Signals, pipeline.Signal{Name: s})
		st.Suspicious = true
	}
	return pipeline.Event{
		EventTime: at, IngestedAt: at, TimeCertainty: pipeline.TimeExact, Engine: pipeline.PostgreSQL, Format: "test", Kind: pipeline.KindStatement, Outcome: pipeline.OutcomeSuccess,
		Cluster: "c1", Database: "shop", Role: "web", ClientAddr: client, Application: "till", SQL: st,
	}
}

// TestDecide follows one role through eleven days: what a person approves is no news and teaches, suspicious or not; what is
// forgotten is news again, also after a rebuild and whatever is taught again.
func TestDecide(t *testing.T) {
	y := newDiary(t)
	start := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	day := func(n int) time.Time { return start.AddDate(0, 0, n) }
	var week []pipeline.Event
	for n := range 7 {
		week = append(week, webEvent(day(n), "10.0.0.5", "usual"))
	}
	y.write(week...)
	decide := func(verb baseline.Verb, kind, item string, until time.Time) {
		t.Helper()
		err := y.d.Decide(t.Context(), baseline.Decision{At: y.clock, Cluster: "c1", Database: "shop", Role: "web", Kind: kind, Item: item, Verb: verb, Until: until, Author: "ann", Reason: "ticket 7"})
		if err != nil {
			t.Fatal(err)
		}
	}

	y.write(webEvent(day(7), "192.168.7.7", "usual"))
	if !y.heard("AW-NEW-001", day(7)) {
		t.Fatal("a network never seen is not reported: the test would show nothing")
	}
	decide(baseline.Approve, baseline.KindNetwork, "192.168.8.0/24", time.Time{})
	y.write(webEvent(day(8), "192.168.8.8", "usual"))
	if y.heard("AW-NEW-001", day(8)) {
		t.Error("an approved network is reported")
	}

	decide(baseline.Forget, baseline.KindNetwork, "192.168.7.0/24", day(9))
	if y.holds(baseline.KindNetwork, "192.168.7.0/24") {
		t.Error("a forgotten network is still in the profile")
	}
	if err := y.d.Rebuild(t.Context(), time.Time{}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if y.holds(baseline.KindNetwork, "192.168.7.0/24") || !y.holds(baseline.KindNetwork, "10.0.0.0/24") {
		t.Error("a rebuild brings back what was forgotten, or loses what was not")
	}
	y.write(webEvent(day(10), "192.168.7.7", "usual"))
	if !y.heard("AW-NEW-001", day(10)) {
		t.Error("a forgotten network that comes back is not reported")
	}

	attack := []string{"union_catalog", "tautology"}
	y.write(webEvent(day(11), "10.0.0.5", "odd", attack...))
	if y.holds(baseline.KindShape, "odd") {
		t.Error("a suspicious statement teaches")
	}
	if !y.heard("AW-INJ-001", day(11)) {
		t.Fatal("a probable injection is not reported: the test would show nothing")
	}
	decide(baseline.Approve, baseline.KindShape, "odd", time.Time{})
	if !y.holds(baseline.KindShape, "odd") {
		t.Error("an approved statement does not teach")
	}
	decide(baseline.Approve, baseline.KindShape, "odd", time.Time{})

	list, err := y.d.Profiles().Show(t.Context(), "c1", "shop", "web", y.clock)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := list[0].WriteText(&text, 10); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"approved", "forget network 192.168.7.0/24", "by ann", "ticket 7"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the profile does not say %q:\n%s", want, text.String())
		}
	}
}

// TestDecideKilled ends Decide before or after each of its writes and repeats it: the profile and the decision are in the end what
// one undisturbed call leaves, and a call too many changes nothing.
func TestDecideKilled(t *testing.T) {
	start := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	decisions := map[string]baseline.Decision{
		"forget":  {Verb: baseline.Forget, Kind: baseline.KindNetwork, Item: "10.0.0.0/24", Until: start.AddDate(0, 0, 5)},
		"approve": {Verb: baseline.Approve, Kind: baseline.KindShape, Item: "odd"},
	}
	for name, what := range decisions {
		t.Run(name, func(t *testing.T) {
			what.Cluster, what.Database, what.Role, what.Author, what.Reason = "c1", "shop", "web", "ann", "ticket 7"
			prepare := func() *diary {
				y := newDiary(t)
				var week []pipeline.Event
				for n := range 7 {
					week = append(week, webEvent(start.AddDate(0, 0, n), "10.0.0.5", "usual"), webEvent(start.AddDate(0, 0, n).Add(time.Minute), "10.0.0.9", "odd", "union_catalog", "tautology"))
				}
				y.write(week...)
				return y
			}
			state := func(y *diary) []string {
				return append(profileRows(t, y.conn), textRows(t, y.conn, "SELECT concat(kind, '|', item, '|', decision, '|', toString(until), '|', author, '|', reason) FROM baseline_decisions")...)
			}
			whole := prepare()
			what.At = whole.clock
			before := state(whole)
			if err := whole.d.Decide(t.Context(), what); err != nil {
				t.Fatal(err)
			}
			want := state(whole)
			if difference(want, before) == "" {
				t.Fatal("the decision changes nothing: the test would show nothing")
			}
			y := prepare()
			killed := 0
			for at := 1; ; at++ {
				mortal := &dying{Conn: y.conn, at: (at + 1) / 2, after: at%2 == 0}
				d, err := detect.New(detect.Default(), detect.Options{Conn: mortal, Alerts: y.alerts})
				if err != nil {
					t.Fatal(err)
				}
				err = d.Decide(t.Context(), what)
				if !mortal.dead {
					if err != nil {
						t.Fatal(err)
					}
					break
				}
				if !errors.Is(err, errKilled) {
					t.Fatalf("attempt %d: %v", at, err)
				}
				killed++
			}
			if least := 4; killed < least {
				t.Errorf("killed %d times, want %d at least", killed, least)
			}
			if err := y.d.Decide(t.Context(), what); err != nil {
				t.Errorf("a call too many: %v", err)
			}
			if got := state(y); !slices.Equal(got, want) {
				t.Errorf("the state differs:\n%s", difference(got, want))
			}
		})
	}
}

// TestPoison: what is suspected, or done by the same client soon after it, does not teach; what is done later does.
func TestPoison(t *testing.T) {
	y := newDiary(t)
	start := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	var week []pipeline.Event
	for n := range 7 {
		week = append(week, webEvent(start.AddDate(0, 0, n), "10.0.0.5", "usual"))
	}
	y.write(week...)
	at := start.AddDate(0, 0, 7)
	y.write(webEvent(at, "10.0.0.9", "attack", "union_catalog", "tautology"), webEvent(at.Add(5*time.Minute), "10.0.0.9", "harvest"),
		webEvent(at.Add(5*time.Minute), "10.0.0.5", "beside"), webEvent(at.Add(2*time.Hour), "10.0.0.9", "later"))
	for shape, want := range map[string]bool{"usual": true, "attack": false, "harvest": false, "beside": true, "later": true} {
		if got := y.holds(baseline.KindShape, shape); got != want {
			t.Errorf("the profile holds %q: %v, want %v", shape, got, want)
		}
	}
}

func TestDecideRefuses(t *testing.T) {
	y := newDiary(t)
	y.write(webEvent(time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC), "10.0.0.5", "usual"))
	whole := baseline.Decision{At: y.clock, Cluster: "c1", Database: "shop", Role: "web", Kind: baseline.KindShape, Item: "usual", Verb: baseline.Forget, Author: "ann", Reason: "r"}
	for name, change := range map[string]func(*baseline.Decision){
		"an item that is not there": func(d *baseline.Decision) { d.Item = "never" },
		"nobody":                    func(d *baseline.Decision) { d.Author = "" },
		"no reason":                 func(d *baseline.Decision) { d.Reason = "" },
		"no verb":                   func(d *baseline.Decision) { d.Verb = "bless" },
	} {
		d := whole
		change(&d)
		err := y.d.Decide(t.Context(), d)
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
		if name == "an item that is not there" && !errors.Is(err, baseline.ErrNoItem) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list, err := y.d.Profiles().Decisions(t.Context(), "", "", ""); err != nil || len(list) != 0 {
		t.Errorf("refused decisions are stored: %v, %v", list, err)
	}
	if !y.holds(baseline.KindShape, "usual") {
		t.Error("a refused decision changed the profile")
	}
}
