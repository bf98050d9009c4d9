package detect

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/pipeline"
)

// memory is a row of detect_campaigns: which alert stands for a campaign.
type memory struct {
	family      string
	key         key
	id          string
	first, last time.Time
	digest      string
	detected    time.Time
}

// compose makes alerts of the campaigns that are new or have changed since they were stored.
func (d *Detector) compose(ctx context.Context, campaigns []campaign) ([]pipeline.Alert, error) {
	if len(campaigns) == 0 {
		return nil, nil
	}
	var known []memory
	if !d.forgetful {
		var err error
		if known, err = d.recall(ctx, campaigns); err != nil {
			return nil, err
		}
	}
	d.fresh = d.fresh[:0]
	var alerts []pipeline.Alert
	for i := range campaigns {
		c := &campaigns[i]
		m := c.memory(known)
		digest := c.digest()
		if m.digest == digest {
			continue
		}
		a, err := d.alert(ctx, c)
		if err != nil {
			return nil, err
		}
		m.digest = digest
		if m.detected.IsZero() {
			m.detected = d.clock().UTC()
		}
		m.first, m.last = c.first, c.last
		a.ID, a.DetectedAt = m.id, m.detected
		alerts = append(alerts, a)
		m.key = c.key
		d.fresh = append(d.fresh, m)
		for _, k := range c.keys {
			if m.key = k; k != c.key {
				d.fresh = append(d.fresh, m)
			}
		}
	}
	return alerts, nil
}

// memory gives the alert that stands for c: a known one that overlaps it in time, the earliest if there are several, or a
// new one.
func (c *campaign) memory(known []memory) memory {
	var best *memory
	for i := range known {
		k := &known[i]
		if k.family != c.family || !c.has(k.key) || k.first.After(c.last) || k.last.Before(c.first) {
			continue
		}
		if best == nil || k.first.Before(best.first) {
			best = k
		}
	}
	if best != nil {
		return *best
	}
	parts := append([]string{c.family, c.shape}, c.key[:]...)
	return memory{family: c.family, key: c.key, id: pipeline.AlertID(append(parts, c.window.UTC().Format(time.RFC3339))...)}
}

// has says that k is the campaign's key, or one of them.
func (c *campaign) has(k key) bool { return k == c.key || slices.Contains(c.keys, k) }

// digest changes when anything that an alert says of c may have changed.
func (c *campaign) digest() string {
	h := sha256.New()
	for _, m := range c.minutes {
		fmt.Fprintf(h, "%s %s %d %d %d %d %d %d %v %v %v %d\n", m.rule, m.key[3], m.bucket.Unix(), m.first.UnixMicro(), m.last.UnixMicro(), m.events, m.failures, m.level, m.signals, m.subjects, m.numbers, len(m.shapes))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// recall reads which alerts stand for campaigns near those given.
func (d *Detector) recall(ctx context.Context, campaigns []campaign) ([]memory, error) {
	first := slices.MinFunc(campaigns, func(a, b campaign) int { return a.first.Compare(b.first) }).first
	clusters := map[string]bool{}
	for i := range campaigns {
		clusters[campaigns[i].key[0]] = true
	}
	rows, err := d.conn.Query(ctx, fmt.Sprintf(`SELECT family, cluster, database, role, client, application, alert_id, first_seen, last_seen, digest, detected_at
FROM detect_campaigns FINAL WHERE cluster IN (%s) AND last_seen >= %s`, baseline.Quoted(sorted(clusters)), baseline.Time(first.Add(-time.Second))))
	if err != nil {
		return nil, fmt.Errorf("read campaigns: %w", err)
	}
	defer rows.Close()
	var out []memory
	for rows.Next() {
		var m memory
		if err := rows.Scan(&m.family, &m.key[0], &m.key[1], &m.key[2], &m.key[3], &m.key[4], &m.id, &m.first, &m.last, &m.digest, &m.detected); err != nil {
			return nil, fmt.Errorf("read campaigns: %w", err)
		}
		out = append(out, m)
	}
	return out, rows.Err()
}

// remember stores which alerts stand for the campaigns just composed. It comes after the alerts are durable: a crash in
// between composes them again, with the same ids.
func (d *Detector) remember(ctx context.Context) error {
	if len(d.fresh) == 0 {
		return nil
	}
	values := make([]string, len(d.fresh))
	for i, m := range d.fresh {
		values[i] = fmt.Sprintf("(%s, %s, %s, %s, %s, toDateTime64('%s', 3, 'UTC'), now64(6))", baseline.Quoted(append([]string{m.family}, m.key[:]...)),
			baseline.Quote(m.id), baseline.Time(m.first), baseline.Time(m.last), baseline.Quote(m.digest), m.detected.UTC().Format("2006-01-02 15:04:05.000"))
	}
	return d.exec(ctx, "store campaigns", "INSERT INTO detect_campaigns (family, cluster, database, role, client, application, alert_id, first_seen, last_seen, digest, detected_at, updated_at) VALUES "+strings.Join(values, ", "))
}

// alert composes what a person reads of one campaign.
func (d *Detector) alert(ctx context.Context, c *campaign) (pipeline.Alert, error) {
	t := c.tally(d.byID)
	lead := t.lead
	a := pipeline.Alert{
		Rule: lead.ID, Title: lead.Title, Severity: severities[t.all.level],
		FirstSeen: c.first, LastSeen: c.last,
		Cluster: c.key[0], Database: one(t.all.databases), Role: one(t.all.roles), Client: one(t.all.clients), Application: one(t.all.apps),
		Signals: t.all.signals, Response: joinLines(lead.Response),
	}
	if len(c.clients()) > 0 {
		a.Client = c.key[3] // where it began; the text names the others
	}
	for _, r := range t.rules {
		a.Attack = union(a.Attack, r.Attack)
		a.Controls = union(a.Controls, r.Controls)
		a.References = union(a.References, r.References)
	}
	a.Query = d.listQuery(c, t)
	evidence := d.evidence
	if lead.Kind == OnVolume {
		evidence = d.volumeEvidence
	}
	found, err := evidence(ctx, c, t)
	if err != nil {
		return a, err
	}
	a.Events, a.Evidence = found.events, found.shapes
	a.Numbers = t.figures(&a, &found)
	a.Summary = summary(&a, t)
	a.Reason = reason(&a, t)
	return a, nil
}

var severities = [...]pipeline.Severity{pipeline.Info, pipeline.Warning, pipeline.High, pipeline.Critical}

// tally is what a campaign's minutes add up to.
type tally struct {
	lead        *Rule
	rules       []*Rule // that fired, the worst first
	of          map[string]*part
	all         part
	first, last time.Time
}

// part is what the minutes of one rule, or of all, add up to.
type part struct {
	level                             int
	first                             time.Time
	events, failures                  uint64
	rows                              int64
	signals, subjects, roles, clients []string
	apps, databases, shapes           []string
	numbers                           [3]float64 // observed, expected, threshold
	verdict                           verdict
}

func (p *part) add(m *minute) {
	p.level = max(p.level, m.level)
	if begun := m.begun(); !begun.IsZero() && (p.first.IsZero() || begun.Before(p.first)) {
		p.first = begun
	}
	p.events += m.events
	p.failures += m.failures
	p.rows = max(p.rows, m.rows)
	p.signals, p.subjects = union(p.signals, m.signals), union(p.subjects, m.subjects)
	p.roles, p.clients = union(p.roles, m.roles), union(p.clients, m.clients)
	p.apps, p.databases, p.shapes = union(p.apps, m.apps), union(p.databases, m.databases), union(p.shapes, m.shapes)
	if slices.Compare(m.numbers[:], p.numbers[:]) > 0 {
		p.numbers, p.verdict = m.numbers, m.verdict
	}
}

func (c *campaign) tally(byID map[string]*Rule) *tally {
	t := &tally{of: map[string]*part{}, first: c.first, last: c.last}
	for i := range c.minutes {
		m := &c.minutes[i]
		if t.of[m.rule] == nil {
			t.of[m.rule] = &part{}
			t.rules = append(t.rules, byID[m.rule])
		}
		t.of[m.rule].add(m)
		t.all.add(m)
	}
	slices.SortStableFunc(t.rules, func(a, b *Rule) int {
		return cmp.Or(cmp.Compare(t.of[b.ID].level, t.of[a.ID].level), cmp.Compare(a.ID, b.ID))
	})
	t.lead = t.rules[0]
	return t
}

func (t *tally) ids() []string {
	out := make([]string, len(t.rules))
	for i, r := range t.rules {
		out[i] = r.ID
	}
	return out
}

// one gives the only value, or "" where there are none or several.
func one(values []string) string {
	if len(values) == 1 {
		return values[0]
	}
	return ""
}

func union(into, more []string) []string {
	for _, v := range more {
		if v != "" && !slices.Contains(into, v) {
			into = append(into, v)
		}
	}
	return into
}

func joinLines(lines []string) string { return strings.Join(lines, "\n") }
