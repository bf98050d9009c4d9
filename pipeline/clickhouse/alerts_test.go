package clickhouse

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

func testAlert(id string) pipeline.Alert {
	return pipeline.Alert{
		ID: id, Rule: "AW-INJ-001", Title: "SQL injection", Severity: pipeline.Warning,
		FirstSeen: day, LastSeen: day.Add(time.Minute), DetectedAt: day.Add(2 * time.Minute),
		Cluster: "orders", Database: "shop", Role: "app", Client: "10.0.0.9", Application: "web",
		Summary: "app ran a tautology", Reason: "never seen before", Response: "look at it", Events: 3,
		Evidence: []pipeline.Evidence{{
			RecordID: recordID("a", 1).String(), Time: day, Fingerprint: "f1", Normalized: "SELECT $1", Kind: "select",
			Outcome: pipeline.OutcomeSuccess, Count: 3,
		}},
		Signals: []string{"tautology"}, Numbers: map[string]string{"observed": "3"}, Attack: []string{"T1190"},
		Controls: []string{"PCI 10.2"}, Query: "SELECT 1", References: []string{"CWE-89"},
	}
}

func TestAlertsComeBackAsStored(t *testing.T) {
	db, ctx := testDB(t), context.Background()
	want := testAlert("id1")
	for range 2 {
		if err := db.InsertAlerts(ctx, []pipeline.Alert{want}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := db.Alerts(ctx, AlertFilter{OpenOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || !reflect.DeepEqual(got[0], want) {
		t.Fatalf("got %+v\nwant %+v", got, want)
	}
	if n := count(t, db, "alerts"); n != 1 {
		t.Errorf("%d rows after storing the same alert twice, want 1", n)
	}
}

func TestAlertsOnlyGrow(t *testing.T) {
	grown := testAlert("id1")
	grown.Severity, grown.Events, grown.LastSeen = pipeline.High, 9, day.Add(time.Hour)
	grown.DetectedAt, grown.Reason = day.Add(3*time.Hour), "nine times"
	earlier := testAlert("id1")
	earlier.FirstSeen, earlier.Events, earlier.Reason = day.Add(-time.Hour), 1, "once"

	db, ctx := testDB(t), context.Background()
	all := []pipeline.Alert{testAlert("id1"), grown, earlier}
	check := func(id string, first int) {
		t.Helper()
		want := grown
		want.ID, want.FirstSeen, want.DetectedAt = id, earlier.FirstSeen, all[first].DetectedAt
		got, err := db.Alerts(ctx, AlertFilter{IDs: []string{id}})
		if err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], want) {
			t.Errorf("%s: got %+v, %v\nwant %+v", id, got, err, want)
		}
	}
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {0, 2, 1, 0, 1}} {
		one, together := fmt.Sprint("one by one ", order), fmt.Sprint("together ", order)
		var list []pipeline.Alert
		for _, i := range order {
			a, b := all[i], all[i]
			a.ID, b.ID = one, together
			list = append(list, b)
			if err := db.InsertAlerts(ctx, []pipeline.Alert{a}); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.InsertAlerts(ctx, list); err != nil {
			t.Fatal(err)
		}
		check(one, order[0])
		check(together, order[0])
	}
}

func TestAlertFilter(t *testing.T) {
	db, ctx := testDB(t), context.Background()
	a, b, c := testAlert("a"), testAlert("b"), testAlert("c")
	b.Role, b.Severity, b.Rule = "root", pipeline.Critical, "AW-PRV-001"
	c.FirstSeen, c.LastSeen, c.DetectedAt = day.Add(24*time.Hour), day.Add(25*time.Hour), day.Add(26*time.Hour)
	if err := db.InsertAlerts(ctx, []pipeline.Alert{a, b, c}); err != nil {
		t.Fatal(err)
	}
	if err := db.SetAlertState(ctx, "a", AlertFalsePositive, "kim", "a test"); err != nil {
		t.Fatal(err)
	}
	if err := db.SetAlertState(ctx, "b", AlertAcknowledged, "kim", "at it"); err != nil {
		t.Fatal(err)
	}
	decided, err := db.AlertDecisions(ctx)
	if err != nil || len(decided) != 2 || decided["a"].State != AlertFalsePositive || decided["b"].By != "kim" || decided["b"].Note != "at it" || decided["b"].At.IsZero() {
		t.Errorf("decisions %v, %v", decided, err)
	}
	for _, tt := range []struct {
		name   string
		filter AlertFilter
		want   []string
	}{
		{"prefix", AlertFilter{Prefix: "a"}, []string{"a"}},
		{"all, newest first", AlertFilter{}, []string{"c", "a", "b"}},
		{"open", AlertFilter{OpenOnly: true}, []string{"c", "b"}},
		{"ids", AlertFilter{IDs: []string{"a", "b"}}, []string{"a", "b"}},
		{"role", AlertFilter{Role: "root"}, []string{"b"}},
		{"rule", AlertFilter{Rule: "AW-INJ-001"}, []string{"c", "a"}},
		{"severity", AlertFilter{MinSeverity: pipeline.High}, []string{"b"}},
		{"since", AlertFilter{Since: day.Add(time.Hour)}, []string{"c"}},
		{"until", AlertFilter{Until: day.Add(time.Hour)}, []string{"a", "b"}},
		{"limit", AlertFilter{Limit: 1}, []string{"c"}},
	} {
		list, err := db.Alerts(ctx, tt.filter)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		var got []string
		for _, a := range list {
			got = append(got, a.ID)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
	if err := db.SetAlertState(ctx, "a", "gone", "kim", ""); err == nil {
		t.Error("an unknown state was taken")
	}
}

func TestDeliveries(t *testing.T) {
	db, ctx := testDB(t), context.Background()
	a, b := testAlert("a"), testAlert("b")
	b.Severity = pipeline.Critical
	if err := db.InsertAlerts(ctx, []pipeline.Alert{a, b}); err != nil {
		t.Fatal(err)
	}
	ensure := func() {
		t.Helper()
		if err := db.EnsureDeliveries(ctx, []string{"a", "b"}, []string{"slack", "pager"}); err != nil {
			t.Fatal(err)
		}
	}
	pending := func(sink string) (ids []string, list []pipeline.Delivery) {
		t.Helper()
		list, err := db.PendingDeliveries(ctx, sink, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range list {
			ids = append(ids, d.Alert.ID)
		}
		return ids, list
	}
	ensure()
	ids, list := pending("slack")
	if !slices.Equal(ids, []string{"b", "a"}) || !reflect.DeepEqual(list[1].Alert, a) || list[0].Attempts != 0 || !list[0].NextAt.IsZero() {
		t.Fatalf("got %v %+v", ids, list)
	}
	// b is refused for a while, a is sent.
	list[0].Attempts, list[0].NextAt, list[0].Detail = 1, time.Now().Add(time.Hour), "429"
	list[1].Attempts, list[1].State = 1, pipeline.DeliverySent
	if err := db.RecordDeliveries(ctx, list); err != nil {
		t.Fatal(err)
	}
	ensure()
	if ids, _ := pending("slack"); len(ids) != 0 {
		t.Errorf("slack: %v pending, want none", ids)
	}
	if ids, _ := pending("pager"); len(ids) != 2 {
		t.Errorf("pager: %v pending, want both", ids)
	}
	// The time comes.
	list[0].NextAt = time.Now().Add(-time.Second)
	if err := db.RecordDeliveries(ctx, list[:1]); err != nil {
		t.Fatal(err)
	}
	if ids, list := pending("slack"); !slices.Equal(ids, []string{"b"}) || list[0].Attempts != 1 || list[0].Detail != "429" {
		t.Errorf("slack: got %v %+v", ids, list)
	}
	// a grows worse after it was sent: it is sent again.
	a.Severity, a.Events = pipeline.High, 50
	if err := db.InsertAlerts(ctx, []pipeline.Alert{a}); err != nil {
		t.Fatal(err)
	}
	ensure()
	ensure()
	ids, list = pending("slack")
	if !slices.Equal(ids, []string{"b", "a"}) || list[1].Attempts != 0 || list[1].Alert.Severity != pipeline.High {
		t.Errorf("after escalation: got %v %+v", ids, list)
	}
	// One given up stays so.
	list[1].State = pipeline.DeliveryFailed
	if err := db.RecordDeliveries(ctx, list[1:]); err != nil {
		t.Fatal(err)
	}
	ensure()
	if ids, _ := pending("slack"); !slices.Equal(ids, []string{"b"}) {
		t.Errorf("after giving up: got %v", ids)
	}
}

func TestEnsureNeverTakesBackWhatWasSent(t *testing.T) {
	db, ctx := testDB(t), context.Background()
	a := testAlert("a")
	if err := db.InsertAlerts(ctx, []pipeline.Alert{a}); err != nil {
		t.Fatal(err)
	}
	// Another process looked before the delivery existed, and writes its pending row after it was sent.
	if err := db.RecordDeliveries(ctx, []pipeline.Delivery{{Alert: a, Sink: "slack", State: pipeline.DeliverySent, Attempts: 1}}); err != nil {
		t.Fatal(err)
	}
	late := []deliveryRow{{Delivery: pipeline.Delivery{Alert: a, Sink: "slack", State: pipeline.DeliveryPending}}}
	if err := db.insertDeliveries(ctx, late); err != nil {
		t.Fatal(err)
	}
	if list, err := db.PendingDeliveries(ctx, "slack", 10); err != nil || len(list) != 0 {
		t.Errorf("got %v, %v; want none pending", list, err)
	}
}

func TestThousandsOfAlerts(t *testing.T) {
	db, ctx := testDB(t), context.Background()
	var list []pipeline.Alert
	var ids []string
	for i := range 2*idChunk + 1 {
		a := testAlert(pipeline.AlertID(fmt.Sprint(i)))
		list, ids = append(list, a), append(ids, a.ID)
	}
	for range 2 {
		if err := db.InsertAlerts(ctx, list); err != nil {
			t.Fatal(err)
		}
		if err := db.EnsureDeliveries(ctx, ids, []string{"a", "b"}); err != nil {
			t.Fatal(err)
		}
	}
	if a, d := count(t, db, "alerts"), count(t, db, "deliveries"); a != uint64(len(list)) || d != 2*uint64(len(list)) {
		t.Errorf("%d alerts and %d deliveries for %d", a, d, len(list))
	}
}
