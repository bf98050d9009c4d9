package main

import (
	"strconv"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/baseline/volume"
)

// TestColdStart lets two hundred roles begin at once, none of them ever odd: no alert on the first day, and at most one in ten
// role-weeks in the first week. The second two hundred were not looked at before.
func TestColdStart(t *testing.T) {
	for _, first := range []int{0, 70_000} {
		t.Run(strconv.Itoa(first), func(t *testing.T) { coldStart(t, first) })
	}
}

func coldStart(t *testing.T, first int) {
	const roles = 200
	step := 5 * time.Minute
	var days [7]int
	all := 0
	for i := range roles {
		o := newRole(first + i)
		points, _ := o.series(step, int(7*day/step))
		for j, v := range volume.Judge(volume.Default(), points) {
			if v.Alert {
				days[j/int(day/step)]++
				all++
			}
		}
	}
	t.Logf("alerts by day: %v", days)
	if days[0] > 0 || all > roles/10 {
		t.Errorf("alerts by day: %v of %d roles, want none on the first and at most %d", days, roles, roles/10)
	}
}

// TestScenariosChangeSomething checks that what is put into a series is there, and is not found in a series without it.
func TestScenariosChangeSomething(t *testing.T) {
	o := newRole(0)
	step := 5 * time.Minute
	points, rates := o.series(step, weeks*int(7*day/step))
	plain := volume.Judge(volume.Default(), points)
	nothing := scenario{name: "nothing", from: 14, until: 34, buckets: 3, busy: true, change: times(1)}
	if found, put := nothing.run(&o, step, points, rates, volume.Default(), plain, 1); found || !put {
		t.Errorf("nothing was put in: found %t, put %t", found, put)
	}
	all := scenario{name: "x50", from: 14, until: 34, buckets: 3, busy: true, change: times(50)}
	if found, put := all.run(&o, step, points, rates, volume.Default(), plain, 1); !found || !put {
		t.Errorf("fifty times the usual: found %t, put %t", found, put)
	}
}
