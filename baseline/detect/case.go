package detect

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Case is one test of a rule: events that must make it fire, or must not.
type Case struct {
	Name  string `yaml:"name"`
	Fires bool   `yaml:"fires"`
	// Severity is what the alert must have; not looked at if empty.
	Severity pipeline.Severity `yaml:"severity"`
	// Earlier says that the history may have had alerts of its own: only alerts that reach into the case's events count.
	Earlier bool        `yaml:"earlier"`
	Days    int         `yaml:"days"`    // how many days the history goes back; 0 for none
	Every   int         `yaml:"every"`   // the history's events happen every so many hours; 1 if zero
	History []CaseEvent `yaml:"history"` // what is ordinary
	Events  []CaseEvent `yaml:"events"`
}

// CaseEvent is one event of a test, or several alike. What is left out is a successful SELECT of the role "app" on the
// database "shop" from 10.0.0.5.
type CaseEvent struct {
	At    time.Duration `yaml:"at"`    // after the case's beginning
	Times int           `yaml:"times"` // how often; 1 if zero
	Every time.Duration `yaml:"every"` // time between those

	Unparsed    bool               `yaml:"unparsed"` // a record that no parser understood: signals and suspicious are all that is known
	Engine      pipeline.Engine    `yaml:"engine"`
	Kind        pipeline.EventKind `yaml:"kind"`
	Role        string             `yaml:"role"`
	Database    string             `yaml:"database"`
	Client      string             `yaml:"client"`
	Application *string            `yaml:"application"`
	Session     string             `yaml:"session"`
	Class       string             `yaml:"class"`
	Command     string             `yaml:"command"`
	ObjectType  string             `yaml:"object_type"`
	Fingerprint string             `yaml:"fingerprint"`
	Vary        string             `yaml:"vary"` // fingerprint, role, client or reads: differs from one of Times to the next
	StatementOf string             `yaml:"statement_kind"`
	Reads       []string           `yaml:"reads"`
	Writes      []string           `yaml:"writes"`
	Tables      []string           `yaml:"tables"` // neither read nor written: defined, locked, …
	SQL         string             `yaml:"sql"`    // the statement itself: what it means is found out as in ingest
	Functions   []string           `yaml:"functions"`
	Signals     []string           `yaml:"signals"`
	Suspicious  bool               `yaml:"suspicious"`
	Limbs       []string           `yaml:"limbs"` // names that stand for the hashes of sub-trees
	Score       float64            `yaml:"score"`
	Lexical     bool               `yaml:"lexical"`
	Outcome     pipeline.Outcome   `yaml:"outcome"`
	Rows        *int64             `yaml:"rows"`
	SQLState    string             `yaml:"sqlstate"`
	ErrorCode   int64              `yaml:"error_code"`
	Message     string             `yaml:"message"`
	Severity    string             `yaml:"log_severity"`
}

// caseStart is when the events of every case begin: a Monday, so that a week of history is a whole week.
var caseStart = time.Date(2026, 3, 9, 10, 0, 0, 0, time.UTC)

// Result says how one case went.
type Result struct {
	Rule, Case   string
	Want, Got    bool
	WantSeverity pipeline.Severity // empty: any
	Severity     pipeline.Severity // of the worst alert that the rule had a part in
	Alerts       []pipeline.Alert  // all that the case's events raised, by whatever rule
}

// Passed says that the rule did what the case asks for.
func (r *Result) Passed() bool {
	return r.Got == r.Want && (r.WantSeverity == "" || r.WantSeverity == r.Severity)
}

// CaseRun is what running cases takes: rules, and an empty store with its schema in place.
type CaseRun struct {
	Config   Config
	Rules    []Rule
	Store    pipeline.Store
	Conn     driver.Conn
	Logger   *slog.Logger
	Analyser pipeline.Analyser // for cases that give sql; may be nil if none does
}

// RunCases stores the events of the rules' cases, each under a cluster of its own, judges them with all the rules given and
// says which fired.
func RunCases(ctx context.Context, run CaseRun) ([]Result, error) {
	var alerts collector
	d, err := New(caseConfig(run.Config), Options{Conn: run.Conn, Alerts: &alerts, Logger: run.Logger})
	if err != nil {
		return nil, err
	}
	d.use(run.Rules)
	if err := run.storeCases(ctx); err != nil {
		return nil, err
	}
	for {
		n, _, err := d.Step(ctx)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			break
		}
	}
	if _, err := d.Flush(ctx); err != nil {
		return nil, err
	}
	return results(run.Rules, alerts.list), nil
}

// caseConfig adds what cases may rely on being declared.
func caseConfig(cfg Config) Config {
	cfg.SensitiveTables = append(slices.Clone(cfg.SensitiveTables), "public.customers")
	cfg.DecoyTables = append(slices.Clone(cfg.DecoyTables), "public.honey_*")
	cfg.DecoyRoles = append(slices.Clone(cfg.DecoyRoles), "*_decoy")
	cfg.SharedRoles = append(slices.Clone(cfg.SharedRoles), "case_shared")
	kinds := map[string]RoleKind{"case_app": Application, "case_admin": Admin}
	maps.Copy(kinds, cfg.RoleKinds)
	cfg.RoleKinds = kinds
	return cfg
}

func results(rules []Rule, alerts []pipeline.Alert) []Result {
	var out []Result
	for i := range rules {
		for n, c := range rules[i].Tests {
			r := Result{Rule: rules[i].ID, Case: c.Name, Want: c.Fires, WantSeverity: c.Severity}
			for _, a := range alerts {
				if a.Cluster == caseCluster(r.Rule, n) && (!c.Earlier || !a.LastSeen.Before(caseStart)) {
					r.add(a)
				}
			}
			out = append(out, r)
		}
	}
	return out
}

func (r *Result) add(a pipeline.Alert) {
	r.Alerts = append(r.Alerts, a)
	if slices.Contains(strings.Split(a.Numbers["rules"], ","), r.Rule) {
		r.Got = true
		if a.Severity.Rank() > r.Severity.Rank() {
			r.Severity = a.Severity
		}
	}
}

func caseCluster(rule string, n int) string { return fmt.Sprintf("%s.%d", rule, n) }

// collector keeps alerts in memory, the newest of each id.
type collector struct{ list []pipeline.Alert }

func (c *collector) InsertAlerts(_ context.Context, alerts []pipeline.Alert) error {
	for _, a := range alerts {
		if i := slices.IndexFunc(c.list, func(b pipeline.Alert) bool { return a.ID == b.ID }); i >= 0 {
			c.list[i] = a
		} else {
			c.list = append(c.list, a)
		}
	}
	return nil
}

// storeCases commits all cases' events, in as few batches as are of a usual size.
func (run *CaseRun) storeCases(ctx context.Context) error {
	const most = 50_000
	var events []pipeline.Event
	batch := 0
	flush := func() error {
		id := sha256.Sum256(fmt.Appendf(nil, "cases %d", batch))
		batch++
		err := run.Store.Commit(ctx, &pipeline.Commit{
			ID: hex.EncodeToString(id[:16]), Source: "case", Decoded: &pipeline.Decoded{Events: events}, LinesIn: uint64(len(events)), Arrived: caseStart,
		})
		events = events[:0]
		return err
	}
	for i := range run.Rules {
		r := &run.Rules[i]
		for n := range r.Tests {
			if r.Tests[n].unparsed() {
				if err := r.Tests[n].storeArrivals(ctx, run.Store, caseCluster(r.ID, n)); err != nil {
					return fmt.Errorf("store cases: %w", err)
				}
				continue
			}
			some, err := run.analysed(r.Tests[n].events(caseCluster(r.ID, n)))
			if err != nil {
				return fmt.Errorf("rule %s, case %q: %w", r.ID, r.Tests[n].Name, err)
			}
			events = append(events, some...)
			if len(events) > most {
				if err := flush(); err != nil {
					return fmt.Errorf("store cases: %w", err)
				}
			}
		}
	}
	if err := flush(); err != nil {
		return fmt.Errorf("store cases: %w", err)
	}
	return nil
}

// analysed finds out what the statements given as SQL mean.
func (run *CaseRun) analysed(events []pipeline.Event) ([]pipeline.Event, error) {
	for i := range events {
		if events[i].Statement == "" {
			continue
		}
		if run.Analyser == nil {
			return nil, errors.New("gives sql, but nothing is there to analyse it")
		}
		run.Analyser.Analyse(&events[i])
	}
	return events, nil
}

// unparsed says that the case is about records that could not be parsed.
func (c *Case) unparsed() bool {
	return slices.ContainsFunc(slices.Concat(c.History, c.Events), func(e CaseEvent) bool { return e.Unparsed })
}

// storeArrivals commits a case of unparsed records: its source is the case's cluster, and each of its entries a batch.
func (c *Case) storeArrivals(ctx context.Context, store pipeline.Store, source string) error {
	var offset int64
	commit := func(e *CaseEvent, base time.Time) error {
		d := &pipeline.Decoded{Events: e.appendTo(nil, source, base)}
		for i := range d.Events {
			ev := &d.Events[i]
			r := pipeline.Record{Source: source, Stream: source, Offset: offset}
			offset++
			ev.RecordID, ev.Source, ev.Stream, ev.Offset, ev.Lines = r.ID(), source, source, r.Offset, 1
			if e.Unparsed {
				d.Unparsed = append(d.Unparsed, pipeline.Unparsed{
					RecordID: ev.RecordID, Source: source, Stream: source, Offset: r.Offset, Lines: 1, Time: ev.EventTime, Raw: []byte("case"), Reason: "case", SQL: ev.SQL,
				})
			}
		}
		lines := uint64(len(d.Events))
		if e.Unparsed {
			d.Events = nil
		}
		id := sha256.Sum256(fmt.Appendf(nil, "%s %d", source, offset))
		return store.Commit(ctx, &pipeline.Commit{ID: hex.EncodeToString(id[:16]), Source: source, Decoded: d, LinesIn: lines, Arrived: base.Add(e.At)})
	}
	step := time.Duration(max(c.Every, 1)) * time.Hour
	for t := caseStart.AddDate(0, 0, -c.Days); c.Days > 0 && t.Before(caseStart); t = t.Add(step) {
		for i := range c.History {
			if err := commit(&c.History[i], t); err != nil {
				return err
			}
		}
	}
	for i := range c.Events {
		if err := commit(&c.Events[i], caseStart); err != nil {
			return err
		}
	}
	return nil
}

// events lays the case out in time: its history before caseStart, its events from there.
func (c *Case) events(cluster string) []pipeline.Event {
	var out []pipeline.Event
	step := time.Duration(max(c.Every, 1)) * time.Hour
	for t := caseStart.AddDate(0, 0, -c.Days).Add(-30 * time.Minute); c.Days > 0 && t.Before(caseStart); t = t.Add(step) {
		for i := range c.History {
			out = c.History[i].appendTo(out, cluster, t)
		}
	}
	for i := range c.Events {
		out = c.Events[i].appendTo(out, cluster, caseStart)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].EventTime.Before(out[j].EventTime) })
	for i := range out {
		r := pipeline.Record{Source: "case", Stream: cluster, Offset: int64(i)}
		out[i].RecordID, out[i].Source, out[i].Stream, out[i].Offset, out[i].Lines = r.ID(), r.Source, r.Stream, r.Offset, 1
	}
	return out
}

func (e *CaseEvent) appendTo(out []pipeline.Event, cluster string, base time.Time) []pipeline.Event {
	for n := range max(e.Times, 1) {
		out = append(out, e.event(cluster, base.Add(e.At+time.Duration(n)*e.Every), n))
	}
	return out
}

func (e *CaseEvent) event(cluster string, at time.Time, n int) pipeline.Event {
	or := func(v, otherwise string) string {
		if v == "" {
			return otherwise
		}
		return v
	}
	vary := func(what, v string) string {
		if e.Vary == what {
			return fmt.Sprintf("%s%d", v, n)
		}
		return v
	}
	application := "web"
	if e.Application != nil {
		application = *e.Application
	}
	ev := pipeline.Event{
		Engine: pipeline.Engine(or(string(e.Engine), string(pipeline.PostgreSQL))), Kind: pipeline.EventKind(or(string(e.Kind), string(pipeline.KindStatement))),
		Format: "case", EventTime: at, IngestedAt: at, TimeCertainty: pipeline.TimeExact, Cluster: cluster,
		Role: vary("role", or(e.Role, "app")), Database: or(e.Database, "shop"), ClientAddr: vary("client", or(e.Client, "10.0.0.5")), Application: application,
		SessionID: or(e.Session, "s1"), Class: e.Class, Command: e.Command, ObjectType: e.ObjectType,
		Outcome:  pipeline.Outcome(or(string(e.Outcome), string(pipeline.OutcomeSuccess))),
		SQLState: e.SQLState, ErrorCode: e.ErrorCode, Message: e.Message, Severity: e.Severity,
		Has: pipeline.HasRole | pipeline.HasDatabase | pipeline.HasClient | pipeline.HasApplication,
	}
	if e.Rows != nil {
		ev.Rows = *e.Rows
		ev.Has |= pipeline.HasRows
	}
	if e.SQL != "" {
		ev.Statement = e.SQL
		ev.Has |= pipeline.HasStatement
	} else if ev.Kind == pipeline.KindStatement || ev.Kind == pipeline.KindError {
		ev.SQL = e.statement(ev.Engine, n)
		ev.Has |= pipeline.HasStatement
	}
	return ev
}

func (e *CaseEvent) statement(engine pipeline.Engine, n int) *pipeline.Statement {
	name := e.Fingerprint
	if name == "" {
		name = strings.Join(slices.Concat([]string{"f", e.Command, e.StatementOf}, e.Reads, e.Writes, e.Functions, e.Signals), " ")
	}
	if len(e.Limbs) > 0 { // cases share the table of statements: what is of other limbs is another shape
		name += " of " + strings.Join(e.Limbs, ", ")
	}
	if e.Vary == "fingerprint" {
		name = fmt.Sprintf("%s %d", name, n)
	}
	sum := sha256.Sum256([]byte(name))
	kind := e.StatementOf
	if kind == "" {
		kind = "select"
	}
	st := &pipeline.Statement{
		Engine: engine, Fingerprint: hex.EncodeToString(sum[:8]), FingerprintVersion: 1, Normalized: "SELECT /* " + name + " */ ?",
		Kinds: []string{kind}, Functions: e.Functions, Suspicious: e.Suspicious, Score: e.Score, Lexical: e.Lexical,
	}
	for _, t := range e.Reads {
		if e.Vary == "reads" {
			t = fmt.Sprintf("%s_%c", t, rune('a'+n%26))
		}
		st.Tables = append(st.Tables, table(t, pipeline.Read))
	}
	for _, t := range e.Writes {
		st.Tables = append(st.Tables, table(t, pipeline.Write))
	}
	for _, t := range e.Tables {
		st.Tables = append(st.Tables, table(t, pipeline.DDL))
	}
	for _, l := range e.Limbs {
		sum := sha256.Sum256([]byte(l))
		st.Limbs = append(st.Limbs, binary.LittleEndian.Uint64(sum[:]))
	}
	for _, s := range e.Signals {
		st.Signals = append(st.Signals, pipeline.Signal{Name: s, Detail: "test"})
	}
	return st
}

func table(name string, access pipeline.Access) pipeline.Table {
	schema, rest, ok := strings.Cut(name, ".")
	if !ok {
		return pipeline.Table{Name: name, Access: access}
	}
	return pipeline.Table{Schema: schema, Name: rest, Access: access}
}

// CasesOf gives all rules, but leaves cases only to those tested.
func CasesOf(all, tested []Rule) []Rule {
	out := slices.Clone(all)
	for i := range out {
		if !slices.ContainsFunc(tested, func(r Rule) bool { return r.ID == out[i].ID }) {
			out[i].Tests = nil
		}
	}
	return out
}

// Complaint says in what a case went otherwise than it says; "" if in nothing.
func (r *Result) Complaint() string {
	switch {
	case r.Got && !r.Want:
		return "fires, and should not"
	case !r.Got && r.Want:
		return "does not fire, and should"
	case !r.Passed():
		return fmt.Sprintf("its alert is of severity %s, not %s", r.Severity, r.WantSeverity)
	}
	return ""
}
