package main

import (
	"fmt"
	"io"
	"math"
	"time"

	"github.com/auditwarden/auditwarden/baseline/volume"
)

// doubts counts what makes the verdicts on a series doubtful, without being wrong in itself.
type doubts struct {
	learn                         int
	points, known                 int
	last                          time.Time
	back, backAt, twice, twiceAt  int
	negative, negativeAt, missing int
}

func (d *doubts) see(p volume.Point, line int) {
	d.points++
	switch {
	case d.points == 1:
	case p.At.Before(d.last):
		count(&d.back, &d.backAt, line)
	case p.At.Equal(d.last):
		count(&d.twice, &d.twiceAt, line)
	}
	d.last = p.At
	switch {
	case math.IsNaN(p.Value) || math.IsInf(p.Value, 0):
		d.missing++
		return
	case p.Value < 0:
		count(&d.negative, &d.negativeAt, line)
	}
	d.known++
}

func count(n, first *int, line int) {
	if *n++; *n == 1 {
		*first = line
	}
}

func (d *doubts) write(w io.Writer) {
	say := func(n int, format string, args ...any) {
		if n > 0 {
			fmt.Fprintf(w, "auditwarden: "+format+"\n", args...)
		}
	}
	say(d.back, "%d time stamps lie before the one above them, first on line %d: sort the series by time", d.back, d.backAt)
	say(d.twice, "%d time stamps repeat the one above them, first on line %d: each value was judged", d.twice, d.twiceAt)
	say(d.negative, "%d values are negative, first on line %d: alerts are meant for counts", d.negative, d.negativeAt)
	say(d.missing, "%d values are missing: they have score 0", d.missing)
	if d.known < d.learn {
		fmt.Fprintf(w, "auditwarden: %d values: the first %d are only learnt from, so that nothing has a score\n", d.known, d.learn)
	}
}
