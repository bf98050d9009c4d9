package detect

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
)

// series is a row of SeriesSQL.
type series struct {
	rule                    string
	cluster, database, role string
	baseline.Series
}

// volume stores hits of the volume rules.
func (d *Detector) volume(ctx context.Context, s baseline.Scope) error {
	var watches []baseline.Watch
	for i := range d.rules {
		if r := &d.rules[i]; r.Kind == OnVolume {
			watches = append(watches, baseline.Watch{Name: r.ID, Metric: r.Metric, MinValue: r.MinValue, Factor: r.Factor})
		}
	}
	if len(watches) == 0 {
		return nil
	}
	all, err := d.series(ctx, s, watches)
	if err != nil {
		return err
	}
	for _, w := range watches {
		if err := d.storeSpikes(ctx, d.byID[w.Name], w, s.From.Truncate(time.Hour), all); err != nil {
			return err
		}
	}
	return nil
}

func (d *Detector) series(ctx context.Context, s baseline.Scope, watches []baseline.Watch) ([]series, error) {
	ids := make([]string, len(watches))
	for i, w := range watches {
		ids[i] = w.Name
	}
	odd := fmt.Sprintf("SELECT DISTINCT CAST(rule, 'String'), CAST(cluster, 'String'), CAST(database, 'String'), CAST(role, 'String'), toStartOfHour(bucket) FROM %s WHERE rule IN (%s)", d.hits, baseline.Quoted(ids))
	rows, err := d.conn.Query(ctx, d.cfg.Learning.SeriesSQL(s, watches, odd))
	if err != nil {
		return nil, fmt.Errorf("read volume: %w", err)
	}
	defer rows.Close()
	var out []series
	for rows.Next() {
		var k series
		var hours, begun, ended []time.Time
		var values []float64
		var odd []uint8
		if err := rows.Scan(&k.rule, &k.cluster, &k.database, &k.role, &k.Born, &k.Settled, &hours, &values, &begun, &ended, &odd); err != nil {
			return nil, fmt.Errorf("read volume: %w", err)
		}
		k.Born, k.Settled = known(k.Born), known(k.Settled)
		for i := range hours {
			k.Hours = append(k.Hours, baseline.Hour{At: hours[i].UTC(), Begun: begun[i], Ended: ended[i], Value: values[i], Odd: odd[i] == 1})
		}
		out = append(out, k)
	}
	return out, rows.Err()
}

// known makes ClickHouse's zero time, which is 1970, Go's.
func known(t time.Time) time.Time {
	if t.Unix() <= 0 {
		return time.Time{}
	}
	return t
}

// storeSpikes stores the odd hours of one rule.
func (d *Detector) storeSpikes(ctx context.Context, r *Rule, w baseline.Watch, begin time.Time, all []series) error {
	var values []string
	for i := range all {
		k := &all[i]
		if k.rule != r.ID {
			continue
		}
		for _, odd := range k.Spikes(begin, w, &d.cfg.Learning) {
			values = append(values, fmt.Sprintf("(%s, toDateTime('%s', 'UTC'), toDateTime('%s', 'UTC'), toFloat64(%f), toFloat64(%f), toFloat64(%f))",
				baseline.Quoted([]string{k.cluster, k.database, k.role}), odd.Hour.Begun.UTC().Format(time.DateTime), odd.Hour.Ended.UTC().Format(time.DateTime),
				odd.Hour.Value, odd.Expected, odd.Threshold))
		}
	}
	if len(values) == 0 {
		return nil
	}
	except := "0"
	if x := d.volumeExcept(r); x != "" {
		except = x
	}
	sql := fmt.Sprintf(`INSERT INTO %s (rule, cluster, database, role, client, application, bucket, fingerprint, outcome, subject, first, last, events, level, score, rows, signals, numbers)
SELECT %s, cluster, database, role, '', '', bucket, '', '', %s, min((event_time, '', toUInt16(0), '')), max(toDateTime64(until, 6, 'UTC') + INTERVAL 5 MINUTE),
    uniqExactState(cityHash64(cluster, database, role, bucket)), max(%s), toFloat32(0), toInt64(0), [], max((observed, expected, threshold))
FROM
(
    SELECT v.1 AS cluster, v.2 AS database, v.3 AS role, v.4 AS bucket, v.5 AS until, v.6 AS observed, v.7 AS expected, v.8 AS threshold,
        toDateTime64(v.4, 6, 'UTC') AS event_time, %s AS role_kind, role_kind = 'superuser' AS is_super, role_kind IN ('application', 'service') AS is_app
    FROM (SELECT arrayJoin([%s]) AS v)
)
WHERE NOT (%s)
GROUP BY cluster, database, role, bucket`, d.hits, baseline.Quote(r.ID), baseline.Quote(r.Metric), r.levelExpr(), d.cfg.roleKindExpr("role"), strings.Join(values, ", "), except)
	return d.exec(ctx, "store spikes", sql)
}

// volumeExcept applies the exceptions that name no client, application or fingerprint: a spike has none.
func (d *Detector) volumeExcept(r *Rule) string {
	cfg := Config{}
	for _, x := range d.cfg.Exceptions {
		if x.Client == "" && x.Application == "" && x.Fingerprint == "" {
			cfg.Exceptions = append(cfg.Exceptions, x)
		}
	}
	return cfg.except(r.ID)
}
