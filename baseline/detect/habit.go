package detect

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
)

// habit is what somebody may do on many days: match a rule as a role from a client, with a shape of statement where the rule
// asks for one.
type habit struct{ rule, cluster, role, client, shape string }

// maxHabitShapes bounds how many shapes within a minute may be a habit: what an attack tool sends is more than that, and new.
const maxHabitShapes = 8

// maxShapesAsked bounds the shapes whose days are asked for at once. Those beyond it count as new.
const maxShapesAsked = 2000

// habitName is under which name the hits are that make the rule's habit: for a sequence those of its last step.
func (r *Rule) habitName() string {
	if r.Kind == OnSequence {
		return stepName(r.ID, len(r.Steps)-1)
	}
	return r.ID
}

// byShape says that a habit of the rule is one of the same shape of statement.
func (r *Rule) byShape() bool { return r.HabitOf == "fingerprint" }

// habits reads on which days the groups of these minutes matched.
func (d *Detector) habits(ctx context.Context, minutes []minute) (map[habit][]time.Time, error) {
	var names, shaped, clusters, shapes = map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i := range minutes {
		m := &minutes[i]
		r := d.ruleOf(m)
		if r == nil || r.HabitDays == 0 {
			continue
		}
		names[r.habitName()], clusters[m.key[0]] = true, true
		if !r.byShape() {
			continue
		}
		shaped[r.habitName()] = true
		for _, s := range m.shapes {
			if len(m.shapes) <= maxHabitShapes && len(shapes) < maxShapesAsked {
				shapes[s] = true
			}
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	ofShapes := "1"
	if len(shaped) > 0 {
		ofShapes = fmt.Sprintf("(rule NOT IN (%s) OR fingerprint IN (%s))", baseline.Quoted(sorted(shaped)), baseline.Quoted(append(sorted(shapes), "")))
	}
	rows, err := d.conn.Query(ctx, fmt.Sprintf(`SELECT rule, cluster, role, client, if(rule IN (%s), fingerprint, '') AS shape, groupUniqArray(toStartOfDay(bucket)) FROM %s
WHERE rule IN (%s) AND cluster IN (%s) AND %s GROUP BY rule, cluster, role, client, shape`,
		baseline.Quoted(append(sorted(shaped), "")), d.hits, baseline.Quoted(sorted(names)), baseline.Quoted(sorted(clusters)), ofShapes))
	if err != nil {
		return nil, fmt.Errorf("read habits: %w", err)
	}
	defer rows.Close()
	out := map[habit][]time.Time{}
	for rows.Next() {
		var h habit
		var days []time.Time
		if err := rows.Scan(&h.rule, &h.cluster, &h.role, &h.client, &h.shape, &days); err != nil {
			return nil, fmt.Errorf("read habits: %w", err)
		}
		out[h] = days
	}
	return out, rows.Err()
}

// habitual says whether a rule keeps quiet about a minute of matches: because they are a habit of whoever made them, or
// because the whole cluster is still being learnt, so that nothing can be said about habits. A rule that lowers its severity
// for habits does so here, and does not keep quiet about them.
func (d *Detector) habitual(r *Rule, m *minute, habits map[habit][]time.Time, births map[string]time.Time) bool {
	if r.HabitDays == 0 {
		return false
	}
	born, ok := births[m.key[0]]
	if learnt := ok && !m.bucket.Before(born.Add(d.cfg.Learning.Learning())); !learnt && !r.WhileLearning {
		return true
	}
	if !r.usual(m, habits) {
		return false
	}
	if r.HabitTo == "" {
		return true
	}
	m.level = min(m.level, level(r.HabitTo))
	return false
}

// usual says whether all who matched within the minute had done so on enough earlier days.
func (r *Rule) usual(m *minute, habits map[habit][]time.Time) bool {
	shapes := []string{""}
	if r.byShape() {
		if shapes = m.shapes; len(shapes) == 0 || len(shapes) > maxHabitShapes || slices.Contains(shapes, "") {
			return false
		}
	}
	day := m.bucket.Truncate(24 * time.Hour)
	for _, role := range m.roles {
		for _, client := range m.clients {
			for _, shape := range shapes {
				before := 0
				for _, t := range habits[habit{r.habitName(), m.key[0], role, client, shape}] {
					if t.Before(day) {
						before++
					}
				}
				if before < r.HabitDays {
					return false
				}
			}
		}
	}
	return true
}
