package detect

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
)

// novelty stores hits of the first_seen rules.
func (d *Detector) novelty(ctx context.Context, s baseline.Scope) error {
	seen, err := d.sights(ctx, s)
	if err != nil {
		return err
	}
	var kinds, arms []string
	for i := range d.running {
		r := &d.running[i]
		if r.Kind != OnFirstSeen || !seen[r.Profile] {
			continue
		}
		if !slices.Contains(kinds, r.Profile) {
			kinds = append(kinds, r.Profile)
		}
		cond := "profile = " + baseline.Quote(r.Profile)
		if !r.Newcomers {
			cond += " AND NOT newcomer"
		}
		if r.Where != "" {
			cond += " AND (" + r.Where + ")"
		}
		if x := d.cfg.except(r.ID); x != "" {
			cond += " AND NOT (" + x + ")"
		}
		subject := "item"
		if r.Subject != "" {
			subject = r.Subject
		}
		arms = append(arms, fmt.Sprintf("if(%s, (%s, %s, %s), ('', toUInt8(0), ''))", cond, baseline.Quote(r.ID), r.levelExpr(), "CAST("+subject+", 'String')"))
	}
	if len(arms) == 0 {
		return nil
	}
	sql := fmt.Sprintf(`INSERT INTO %s (rule, cluster, database, role, client, application, bucket, fingerprint, outcome, subject, first, last, events, level, score, rows, signals, numbers)
SELECT h.1, cluster, database, role, client, application, toStartOfMinute(toDateTime(event_time, 'UTC')), fingerprint, 'success', h.3,
    min((event_time, record_id, event_index, kind)), max(event_time),
    uniqExactState(cityHash64(record_id, event_index)), max(h.2), toFloat32(0), toInt64(0), [], max((toFloat64(known), toFloat64(fresh), toFloat64(0)))
FROM
(
    SELECT *, arrayJoin(arrayFilter(x -> x.1 != '', [%s])) AS h
    FROM
    (
        SELECT n.cluster AS cluster, n.kind AS profile, n.item AS item, n.known AS known, n.fresh AS fresh, n.newcomer AS newcomer,
            n.peers AS peers, n.peers_know AS peers_know, n.weight AS weight,
            n.first.1 AS event_time, n.first.2 AS record_id, n.first.3 AS event_index, n.first.4 AS client, n.first.5 AS application,
            n.first.7 AS fingerprint, n.first.8 AS kind,
            if(n.database = '', n.first.6, n.database) AS database,
            if(n.role = '' AND n.kind = 'role', n.item, n.role) AS role,
            %s AS role_kind,
            role_kind = 'superuser' AS is_super,
            role_kind IN ('application', 'service') AS is_app,
            match(application, %s) AS interactive,
            match(application, %s) AS dump_tool,
            match(application, %s) AS attack_tool,
            (isIPv4String(client) OR isIPv6String(client)) AND NOT match(client, %s) AS public_client,
            %s AS sensitive_item
        FROM (%s) AS n
    )
)
GROUP BY h.1, cluster, database, role, client, application, toStartOfMinute(toDateTime(event_time, 'UTC')), fingerprint, h.3`,
		d.hits, strings.Join(arms, ",\n        "), d.cfg.roleKindExpr("role"), baseline.Quote(interactivePattern), baseline.Quote(dumpPattern), baseline.Quote(attackToolPattern),
		baseline.Quote(privatePattern), anyGlob("splitByChar(' ', item)[-1]", d.cfg.SensitiveTables), d.cfg.Learning.NoveltySQL(s, kinds))
	return d.exec(ctx, "look for what is new", sql)
}

// sights says of which kinds there are things that may be new.
func (d *Detector) sights(ctx context.Context, s baseline.Scope) (map[string]bool, error) {
	var kinds []string
	for i := range d.running {
		r := &d.running[i]
		if r.Kind == OnFirstSeen {
			kinds = append(kinds, r.Profile)
		}
		kinds = append(kinds, r.noveltyKinds()...)
	}
	births, err := d.births(ctx)
	if err != nil {
		return nil, err
	}
	d.seen, d.born = map[string]bool{}, births
	sql := d.cfg.Learning.SightsSQL(s, kinds, births)
	if sql == "" || len(kinds) == 0 {
		return d.seen, nil
	}
	rows, err := d.conn.Query(ctx, sql)
	if err != nil {
		return nil, fmt.Errorf("look for first sights: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var kind string
		if err := rows.Scan(&kind); err != nil {
			return nil, fmt.Errorf("look for first sights: %w", err)
		}
		d.seen[kind] = true
	}
	return d.seen, rows.Err()
}

const (
	peersEvery = time.Hour       // how often roles that do the same work are looked for
	peersAgain = 5 * time.Minute // after a failure
)

// peers finds anew which roles are peers, now and then.
func (d *Detector) peers(ctx context.Context) error {
	now := time.Now()
	if now.Sub(d.peered) < peersEvery {
		return nil
	}
	err := d.profiles.RefreshPeers(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	d.peered = now
	if err != nil { // those found last are good enough meanwhile
		d.peered = now.Add(peersAgain - peersEvery)
		d.metrics.failures.Inc()
		d.log.Warn("peers not looked for, keeping those found before", "again in", peersAgain, "error", err)
	}
	return nil
}
