package detect

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
)

// campaigns gives the campaigns that the scope's events may have begun, prolonged or changed, from what all hits say now.
func (d *Detector) campaigns(ctx context.Context, s baseline.Scope) ([]campaign, error) {
	var out []campaign
	for shape, rules := range d.shapes() {
		some, err := d.shapeCampaigns(ctx, s, shape, rules, d.born)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	out = d.uncovered(out)
	sort.SliceStable(out, func(i, j int) bool {
		if !out[i].first.Equal(out[j].first) {
			return out[i].first.Before(out[j].first)
		}
		return out[i].family+strings.Join(out[i].key[:], "\x00") < out[j].family+strings.Join(out[j].key[:], "\x00")
	})
	return out, nil
}

// uncovered leaves out campaigns whose rules all leave it to a campaign of another family that is at the same time and by
// the same role.
func (d *Detector) uncovered(all []campaign) []campaign {
	var out []campaign
	for i := range all {
		c := &all[i]
		covered := slices.ContainsFunc(all, func(by campaign) bool {
			return by.key[0] == c.key[0] && by.key[2] == c.key[2] && !by.first.After(c.last.Add(d.cfg.Gap)) && !c.first.After(by.last.Add(d.cfg.Gap)) &&
				!slices.ContainsFunc(c.minutes, func(m minute) bool { return !slices.Contains(d.byID[m.rule].CoveredBy, by.family) })
		})
		if !covered {
			out = append(out, *c)
		}
	}
	return out
}

// shapes maps each combination of group columns in use to the rules that have it.
func (d *Detector) shapes() map[string][]*Rule {
	m := map[string][]*Rule{}
	for i := range d.rules {
		r := &d.rules[i]
		if r.Kind == OnSilence {
			continue
		}
		var cols []string
		for _, c := range groupColumns {
			if slices.Contains(r.group(), c) {
				cols = append(cols, c)
			}
		}
		shape := strings.Join(cols, ",")
		m[shape] = append(m[shape], r)
	}
	return m
}

func (d *Detector) shapeCampaigns(ctx context.Context, s baseline.Scope, shape string, rules []*Rule, births map[string]time.Time) ([]campaign, error) {
	minutes, err := d.minutes(ctx, s, shape, rules)
	if err != nil {
		return nil, err
	}
	// One group's minutes by rule (or step).
	groups := map[key]map[string][]minute{}
	var order []key
	for _, m := range minutes {
		if groups[m.key] == nil {
			groups[m.key] = map[string][]minute{}
			order = append(order, m.key)
		}
		groups[m.key][m.rule] = append(groups[m.key][m.rule], m)
	}
	habits, err := d.habits(ctx, minutes)
	if err != nil {
		return nil, err
	}
	families := map[string]map[key][]minute{} // by family and, where campaigns may go over clients, without the client
	var crowds []key
	for _, k := range order {
		of := k
		if spreads(shape) {
			of, _ = k.crowd()
		}
		if !slices.Contains(crowds, of) {
			crowds = append(crowds, of)
		}
		for _, r := range rules {
			for _, m := range r.qualify(groups[k]) {
				if d.habitual(r, &m, habits, births) {
					continue
				}
				m.leadsUp = r.Kind == OnSequence && m.rule != r.habitName()
				m.rule = r.ID
				if families[r.Family] == nil {
					families[r.Family] = map[key][]minute{}
				}
				families[r.Family][of] = append(families[r.Family][of], m)
			}
		}
	}
	var out []campaign
	for family, byKey := range families {
		for _, k := range crowds {
			for _, c := range d.sessions(family, shape, k, byKey[k]) {
				combine(&c, rules)
				if !c.last.Before(s.From.Add(-d.cfg.Gap)) {
					out = append(out, c)
				}
			}
		}
	}
	return out, nil
}

// sessions cuts what one group did, or the clients of one program, into campaigns.
func (d *Detector) sessions(family, shape string, k key, minutes []minute) []campaign {
	if _, named := k.crowd(); named && spreads(shape) {
		return spread(family, shape, minutes, d.cfg.Gap)
	}
	return sessions(family, shape, minutes, d.cfg.Gap)
}

// combine adds the combination rules of the campaign's family that enough of its other rules make true.
func combine(c *campaign, rules []*Rule) {
	have := map[string]*minute{}
	for i := range c.minutes {
		have[c.minutes[i].rule] = &c.minutes[i]
	}
	for _, r := range rules {
		if r.Kind != OnCombination || r.Family != c.family {
			continue
		}
		n := 0
		var last minute
		for _, id := range r.Of {
			if m := have[id]; m != nil {
				n++
				last = *m
			}
		}
		if n >= r.Least {
			last.rule, last.level, last.subjects, last.signals = r.ID, level(r.Severity), nil, nil
			c.minutes = append(c.minutes, last)
		}
	}
}

// qualify keeps the minutes of one group in which the rule's condition over several events holds.
func (r *Rule) qualify(byRule map[string][]minute) []minute {
	switch r.Kind {
	case OnSequence:
		steps := make([][]minute, len(r.Steps))
		for n := range r.Steps {
			if steps[n] = byRule[stepName(r.ID, n)]; len(steps[n]) == 0 {
				return nil
			}
		}
		return r.follow(steps)
	}
	if r.Threshold != nil {
		return r.Threshold.over(byRule[r.ID])
	}
	return byRule[r.ID]
}

// minutes loads the hits of the rules for every group that the scope may have touched, by minute.
func (d *Detector) minutes(ctx context.Context, s baseline.Scope, shape string, rules []*Rule) ([]minute, error) {
	names := hitNames(rules)
	// A campaign may have begun a day before; one that is longer is cut after each day, so its beginning is looked for.
	for back := maxCampaign + time.Hour + 2*d.cfg.Gap; ; back *= 4 {
		from := s.From.Add(-back)
		found, err := d.readMinutes(ctx, s, shape, names, from)
		if err != nil {
			return nil, err
		}
		reaches := slices.ContainsFunc(found, func(m minute) bool { return m.bucket.Sub(from) <= d.cfg.Gap+time.Hour })
		if !reaches || back > 60*24*time.Hour {
			return found, nil
		}
	}
}

func hitNames(rules []*Rule) []string {
	var names []string
	for _, r := range rules {
		if r.Kind == OnSequence {
			for n := range r.Steps {
				names = append(names, stepName(r.ID, n))
			}
			continue
		}
		names = append(names, r.ID)
	}
	return names
}

func (d *Detector) readMinutes(ctx context.Context, s baseline.Scope, shape string, names []string, from time.Time) ([]minute, error) {
	list := func(column string) string {
		return fmt.Sprintf("arraySlice(arraySort(groupUniqArray(%[1]s)), 1, %[2]d)", "CAST("+column+", 'String')", maxValues)
	}
	var keys, cols []string
	for _, c := range groupColumns {
		if slices.Contains(strings.Split(shape, ","), c) {
			keys = append(keys, "CAST("+c+", 'String') AS k_"+c)
			cols = append(cols, "k_"+c)
		} else {
			keys = append(keys, "'' AS k_"+c)
		}
	}
	asked := shape
	if spreads(shape) { // other clients of the same program may belong to its campaign
		asked = "cluster, role, application"
	}
	sql := fmt.Sprintf(`SELECT rule, %[1]s, bucket, min(%[2]s.first) AS f, f.1, f.2, max(%[2]s.last), uniqExactMerge(events), uniqExactMergeIf(events, outcome = 'failure'),
    max(level), max(rows), arraySort(groupUniqArrayArray(signals)),
    %[3]s, %[4]s, %[5]s, %[6]s, %[7]s, %[8]s, max(numbers) AS n, n.1, n.2, n.3, max(verdict) AS v, v.4, v.5, v.6, v.7, v.8
FROM %[2]s
WHERE rule IN (%[9]s) AND bucket >= toDateTime(%[10]s) AND (%[14]s) IN
    (SELECT %[14]s FROM %[2]s WHERE rule IN (%[9]s) AND bucket >= toDateTime(%[11]s) - INTERVAL 1 HOUR AND %[12]s)
GROUP BY rule, bucket, %[13]s
ORDER BY %[13]s, bucket, rule`,
		strings.Join(keys, ", "), d.hits, list("subject"), list("role"), list("client"), list("application"), list("database"), list("fingerprint"),
		baseline.Quoted(names), baseline.Time(from), baseline.Time(s.From), s.OfRoles(), strings.Join(cols, ", "), asked)
	rows, err := d.conn.Query(ctx, sql)
	if err != nil {
		return nil, fmt.Errorf("read hits: %w", err)
	}
	defer rows.Close()
	var out []minute
	for rows.Next() {
		var m minute
		var tuple, numbers, judged any
		var lvl uint8
		if err := rows.Scan(&m.rule, &m.key[0], &m.key[1], &m.key[2], &m.key[3], &m.key[4], &m.bucket, &tuple, &m.first, &m.record, &m.last,
			&m.events, &m.failures, &lvl, &m.rows, &m.signals, &m.subjects, &m.roles, &m.clients, &m.apps, &m.databases, &m.shapes,
			&numbers, &m.numbers[0], &m.numbers[1], &m.numbers[2],
			&judged, &m.verdict.score, &m.verdict.falseAlarm, &m.verdict.seconds, &m.verdict.days, &m.verdict.gauge); err != nil {
			return nil, fmt.Errorf("read hits: %w", err)
		}
		m.level = int(lvl)
		out = append(out, m)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read hits: %w", err)
	}
	return out, nil
}

func sorted(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for k := range set {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// births says when each cluster was first seen.
func (d *Detector) births(ctx context.Context) (map[string]time.Time, error) {
	rows, err := d.conn.Query(ctx, baseline.BirthsSQL(nil))
	if err != nil {
		return nil, fmt.Errorf("read clusters: %w", err)
	}
	defer rows.Close()
	out := map[string]time.Time{}
	for rows.Next() {
		var cluster string
		var born time.Time
		if err := rows.Scan(&cluster, &born); err != nil {
			return nil, fmt.Errorf("read clusters: %w", err)
		}
		out[cluster] = born
	}
	return out, rows.Err()
}

// ruleOf gives the rule that a minute's matches are of; nil if there is none.
func (d *Detector) ruleOf(m *minute) *Rule {
	id, _, _ := strings.Cut(m.rule, "#")
	return d.byID[id]
}
