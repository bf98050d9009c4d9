package baseline

import (
	"fmt"
	"testing"
)

// shop is a database of three roles: web and etl share statements, web2 does what web does.
func shop() *Work {
	w := NewWork(DefaultWork())
	for range 50 {
		for i := range 10 {
			both := Deed{Shape: fmt.Sprint("both", i), Access: []string{"write orders"}}
			web := Deed{Shape: fmt.Sprint("web", i), Access: []string{"read orders"}}
			w.Learn("web", both)
			w.Learn("web", web)
			w.Learn("web2", both)
			w.Learn("web2", web)
			w.Learn("etl", both)
			w.Learn("report", Deed{Shape: fmt.Sprint("sum", i), Access: []string{"read history"}})
		}
	}
	return w
}

func TestJudgeWork(t *testing.T) {
	run := func(name string, from, to int) (out []Deed) {
		access := map[string]string{"both": "write orders", "web": "read orders", "sum": "read history"}[name]
		for i := from; i < to; i++ {
			out = append(out, Deed{Shape: fmt.Sprint(name, i), Access: []string{access}})
		}
		return out
	}
	for _, test := range []struct {
		name, role string
		window     []Deed
		as         string // "" for nothing found
	}{
		{"its own work", "web", append(run("web", 0, 5), run("both", 0, 5)...), ""},
		{"one statement decides nothing", "web", run("sum", 0, 1), ""},
		{"three statements of another role", "web", run("sum", 0, 3), "report"},
		{"the same statement again and again", "web", []Deed{run("sum", 0, 1)[0], run("sum", 0, 1)[0], run("sum", 0, 1)[0]}, ""},
		{"what it shares with another, and nothing else", "web", run("both", 0, 10), ""},
		{"a peer's work", "web", run("web", 0, 10), ""},
		{"never seen by anybody", "web", run("new", 0, 10), ""},
		{"another role's, by one that is not known", "nobody", run("sum", 0, 10), ""},
		{"the web role's own under the job's name", "etl", run("web", 0, 5), "web"},
		{"hidden among its own work", "web", append(run("sum", 0, 5), run("both", 0, 3)...), "report"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := shop().Judge(test.role, test.window)
			if got.Found != (test.as != "") || (got.Found && got.As != test.as) {
				t.Errorf("found %v as %q with evidence %.2f, want %q", got.Found, got.As, got.Evidence, test.as)
			}
		})
	}
}

func TestPeers(t *testing.T) {
	w := shop()
	for _, test := range []struct {
		a, b string
		want bool
	}{{"web", "web2", true}, {"web", "etl", false}, {"etl", "web", false}, {"web", "report", false}, {"web", "nobody", false}} {
		if got := w.Peers(test.a, test.b); got != test.want {
			t.Errorf("%s and %s are peers: %v, want %v", test.a, test.b, got, test.want)
		}
	}
}
