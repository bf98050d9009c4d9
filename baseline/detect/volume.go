package detect

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
)

// deviations is how many robust standard deviations above the usual a spike must lie, on a logarithmic scale.
const deviations = 4

// spike is an hour that SpikesSQL proposes.
type spike struct {
	rule                    string
	cluster, database, role string
	hour                    time.Time
	value                   float64
	since, until            time.Time
	peak                    float64
	mature                  uint8
	age                     int64
	usual                   []float64
}

// volume stores hits of the volume rules.
func (d *Detector) volume(ctx context.Context, s baseline.Scope) error {
	var watches []baseline.Watch
	var ids []string
	for i := range d.rules {
		if r := &d.rules[i]; r.Kind == OnVolume {
			watches = append(watches, baseline.Watch{Name: r.ID, Metric: r.Metric, MinValue: r.MinValue, Factor: r.Factor})
			ids = append(ids, r.ID)
		}
	}
	if len(watches) == 0 {
		return nil
	}
	spikes, err := d.spikes(ctx, s, watches, ids)
	if err != nil {
		return err
	}
	for _, w := range watches {
		if err := d.storeSpikes(ctx, d.byID[w.Name], spikes[w.Name]); err != nil {
			return err
		}
	}
	return nil
}

func (d *Detector) spikes(ctx context.Context, s baseline.Scope, watches []baseline.Watch, ids []string) (map[string][]spike, error) {
	// Hours that were odd already are not what later ones are compared with.
	flagged := fmt.Sprintf("SELECT DISTINCT CAST(rule, 'String') AS name, CAST(cluster, 'String') AS cluster, CAST(database, 'String') AS database, CAST(role, 'String') AS role, toStartOfHour(bucket) AS hour FROM %s WHERE rule IN (%s)", d.hits, baseline.Quoted(ids))
	rows, err := d.conn.Query(ctx, d.cfg.Learning.SpikesSQL(s, watches, flagged))
	if err != nil {
		return nil, fmt.Errorf("look for spikes: %w", err)
	}
	defer rows.Close()
	out := map[string][]spike{}
	for rows.Next() {
		var k spike
		if err := rows.Scan(&k.rule, &k.cluster, &k.database, &k.role, &k.hour, &k.value, &k.since, &k.until, &k.peak, &k.mature, &k.age, &k.usual); err != nil {
			return nil, fmt.Errorf("look for spikes: %w", err)
		}
		out[k.rule] = append(out[k.rule], k)
	}
	return out, rows.Err()
}

// storeSpikes stores the hours that the detector confirms.
func (d *Detector) storeSpikes(ctx context.Context, r *Rule, spikes []spike) error {
	var values []string
	for _, k := range spikes {
		verdict := baseline.Verdict{Spike: true, Threshold: r.MinValue, Score: math.Inf(1)}
		if k.mature == 1 {
			days := min(int(k.age), d.cfg.Learning.HistoryDays)
			verdict = baseline.Spike(k.usual, max(3*days-len(k.usual), 0), k.value, deviations, r.Factor)
			verdict.Threshold = max(verdict.Threshold, r.Factor*k.peak, r.MinValue)
		}
		if !verdict.Spike || k.value < verdict.Threshold {
			continue
		}
		values = append(values, fmt.Sprintf("(%s, %s, %s, toDateTime('%s', 'UTC'), toDateTime('%s', 'UTC'), toFloat64(%f), toFloat64(%f), toFloat64(%f))",
			baseline.Quote(k.cluster), baseline.Quote(k.database), baseline.Quote(k.role),
			k.since.UTC().Format(time.DateTime), k.until.UTC().Format(time.DateTime), k.value, verdict.Expected, verdict.Threshold))
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
