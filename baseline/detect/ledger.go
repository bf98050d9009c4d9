package detect

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
)

// ledgerSlack is how far behind the newest judged batch another may still become visible: clocks of several store nodes.
const ledgerSlack = 10 * time.Minute

// sweepEvery is how often the ledger is compared with what was judged by more than the slack.
const sweepEvery = time.Hour

// sweepBack is how far before the mark such a sweep looks: a batch that became visible so long after its time of commit is
// not found.
const sweepBack = 24 * time.Hour

// ledger remembers how far all batches are known to be judged, so that a poll does not read the whole ledger. The mark is
// stored: only the first start of all reads everything.
type ledger struct {
	judged time.Time // commit time of the newest judged batch while nothing older was open
	swept  time.Time // when a sweep last found nothing open, by our clock
	mark   time.Time // all that was committed before is judged
	marked bool      // the stored mark has been read
}

// since is from which time of commit on batches are looked at, and whether that is a sweep.
func (d *Detector) since(ctx context.Context) (time.Time, bool, error) {
	if d.clock().Sub(d.ledger.swept) < sweepEvery && !d.ledger.judged.IsZero() {
		return d.ledger.judged.Add(-ledgerSlack), false, nil
	}
	if !d.ledger.marked {
		if err := d.conn.QueryRow(ctx, "SELECT max(at) FROM detect_marks WHERE name = 'judged'").Scan(&d.ledger.mark); err != nil {
			return time.Time{}, false, fmt.Errorf("read the ledger's mark: %w", err)
		}
		d.ledger.marked = true
	}
	from := d.ledger.mark.Add(-sweepBack)
	if from.Unix() < 0 {
		from = time.Unix(0, 0)
	}
	return from, true, nil
}

// swept notes that a sweep from the given time found nothing open.
func (d *Detector) swept(ctx context.Context, from time.Time) error {
	var newest time.Time
	err := d.conn.QueryRow(ctx, "SELECT max(committed_at) FROM detect_batches WHERE committed_at >= "+baseline.Time(from)).Scan(&newest)
	if err != nil {
		return fmt.Errorf("read what was judged: %w", err)
	}
	d.ledger.swept = d.clock()
	if newest.After(d.ledger.judged) {
		d.ledger.judged = newest
	}
	if !newest.After(d.ledger.mark) {
		return nil
	}
	d.ledger.mark = newest
	return d.exec(ctx, "store the ledger's mark", "INSERT INTO detect_marks (name, at) VALUES ('judged', "+baseline.Time(newest)+")")
}

// pending gives the oldest batches that are not judged, within the configured bounds, and the scope of their events.
func (d *Detector) pending(ctx context.Context) ([]batch, baseline.Scope, error) {
	since, sweep, err := d.since(ctx)
	if err != nil {
		return nil, baseline.Scope{}, err
	}
	found, s, err := d.open(ctx, since)
	if err == nil && len(found) == 0 && sweep {
		err = d.swept(ctx, since)
	}
	return found, s, err
}

func (d *Detector) open(ctx context.Context, since time.Time) ([]batch, baseline.Scope, error) {
	rows, err := d.conn.Query(ctx, fmt.Sprintf(`SELECT batch_id, committed_at, arrived_at, unparsed, events, min_event_time, max_event_time
FROM batches FINAL
WHERE committed_at >= %[1]s AND (batch_id, committed_at) NOT IN (SELECT batch_id, committed_at FROM detect_batches WHERE committed_at >= %[1]s)
ORDER BY committed_at, batch_id LIMIT %[2]d`, baseline.Time(since), max(1, d.cfg.MaxBatches>>min(d.failed/trials, 16))))
	if err != nil {
		return nil, baseline.Scope{}, fmt.Errorf("read ledger: %w", err)
	}
	defer rows.Close()
	var found []batch
	var s baseline.Scope
	var total uint64
	for rows.Next() {
		var b batch
		var lo, hi time.Time
		var events uint64
		if err := rows.Scan(&b.id, &b.committed, &b.arrived, &b.unparsed, &events, &lo, &hi); err != nil {
			return nil, s, fmt.Errorf("read ledger: %w", err)
		}
		if len(found) > 0 && total+events > uint64(d.cfg.MaxEvents) {
			break
		}
		found, total = append(found, b), total+events
		s.Batches = append(s.Batches, b.id)
		if events == 0 {
			continue
		}
		if s.From.IsZero() || lo.Before(s.From) {
			s.From = lo
		}
		if hi.After(s.To) {
			s.To = hi
		}
	}
	if err := rows.Err(); err != nil {
		return nil, s, fmt.Errorf("read ledger: %w", err)
	}
	return found, s, nil
}

// batch is a row of the ledger. A batch committed again has another time and is judged again.
type batch struct {
	id        string
	committed time.Time
	arrived   time.Time
	unparsed  uint64
}

func (d *Detector) markJudged(ctx context.Context, batches []batch) error {
	values := make([]string, len(batches))
	for i, b := range batches {
		values[i] = "(" + baseline.Quote(b.id) + ", " + baseline.Time(b.committed) + ", now64(6))"
	}
	if err := d.exec(ctx, "mark batches judged", "INSERT INTO detect_batches (batch_id, committed_at, at) VALUES "+strings.Join(values, ", ")); err != nil {
		return err
	}
	if newest := batches[len(batches)-1].committed; newest.After(d.ledger.judged) {
		d.ledger.judged = newest
	}
	return nil
}
