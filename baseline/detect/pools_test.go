package detect_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// TestPools: sessions that overlap are a pool, sessions one after the other, and process ids that come again, are not.
func TestPools(t *testing.T) {
	y := newDiary(t)
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var events []pipeline.Event
	session := func(client, application, id string, begin, end time.Time) {
		for _, at := range []time.Time{begin, end} {
			e := webEvent(at, client, "usual")
			e.SessionID, e.Application = id, application
			events = append(events, e)
		}
	}
	for n := range 8 {
		begin := start.Add(time.Duration(n) * time.Minute)
		session("10.0.0.5", []string{"till", "report"}[n%2], fmt.Sprint("pooled", n), begin, start.Add(30*time.Minute))
		session("10.0.0.6", "till", fmt.Sprint("alone", n), begin, begin.Add(30*time.Second))
		session("10.0.0.7", "till", fmt.Sprint(4711+n), start.Add(time.Duration(n)*time.Hour), start.Add(time.Duration(n)*time.Hour+time.Minute))
		session("10.0.0.7", "till", fmt.Sprint(4711+n), start.Add(time.Duration(n+8)*time.Hour), start.Add(time.Duration(n+8)*time.Hour+time.Minute))
	}
	y.write(events...)
	list, err := y.d.Profiles().Show(t.Context(), "c1", "shop", "web", y.clock)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d profiles, %v", len(list), err)
	}
	if got := list[0].Pools; len(got) != 1 || got[0].Client != "10.0.0.5" || got[0].AtOnce != 8 || got[0].Sessions != 8 || strings.Join(got[0].Applications, ",") != "report,till" {
		t.Errorf("pools %+v", got)
	}
	var b strings.Builder
	if err := list[0].WriteText(&b, 1); err != nil {
		t.Fatal(err)
	}
	if want := "10.0.0.5: up to 8 sessions at once, of 2 programs (report, till): see shared_roles"; !strings.Contains(b.String(), want) {
		t.Errorf("%q is not in\n%s", want, b.String())
	}
}
