package baseline

import (
	"maps"
	"math"
	"slices"
)

// Deed is what one statement did, as far as a role's work is concerned.
type Deed struct {
	Shape  string   // its fingerprint
	Access []string // "read t", "write t", "ddl t"
}

// Work is what each role of one database does and how often. It is the arithmetic of [Config.MasqueradeSQL] in Go: the
// reference that the SQL is tested against, and what is measured.
type Work struct {
	cfg   WorkConfig
	roles map[string]*doings
	peers map[[2]string]bool // as far as asked since the last lesson
}

// WorkConfig holds the few numbers of the masquerade test. They are the same for all roles and data.
type WorkConfig struct {
	// Threshold is from how much evidence a window counts as another role's work, as a natural logarithm: 7 says that the
	// other role makes it a thousand times as likely.
	Threshold float64
	// Cap is the most that one shape may add that the role never ran: no single statement decides.
	Cap float64
	// CapKnown is the most that one shape may add that the role has run before: only that it does so more seldom than others.
	CapKnown float64
	// Unseen is how likely a statement is, of those not seen before, that touches what the role never touched.
	Unseen float64
	// Alike is from which share of common work, seen from both sides, two roles are peers.
	Alike float64
}

// DefaultWork gives the numbers used.
func DefaultWork() WorkConfig {
	return WorkConfig{Threshold: 7, Cap: 4, CapKnown: 1, Unseen: 0.001, Alike: 0.8}
}

type doings struct {
	total  float64
	shapes map[string]float64
	access map[string]float64
}

// NewWork gives an empty Work.
func NewWork(cfg WorkConfig) *Work { return &Work{cfg: cfg, roles: map[string]*doings{}} }

// Learn adds one statement to a role's work.
func (w *Work) Learn(role string, d Deed) {
	at := w.roles[role]
	if at == nil {
		at = &doings{shapes: map[string]float64{}, access: map[string]float64{}}
		w.roles[role] = at
	}
	w.peers = nil
	at.total++
	at.shapes[d.Shape]++
	for _, a := range d.Access {
		at.access[a]++
	}
}

// known is how likely the role is to run a shape that it has run before; 0 for others.
func (of *doings) known(d *Deed) float64 {
	return of.shapes[d.Shape] / (of.total + float64(len(of.shapes)))
}

// novel is how likely the role is to run something new (Witten and Bell).
func (of *doings) novel() float64 {
	kinds := float64(len(of.shapes))
	return kinds / (of.total + kinds)
}

// touch is how usual it is for the role to touch what d touches, the least usual of it.
func (w *Work) touch(of *doings, d *Deed) float64 {
	if len(d.Access) == 0 {
		return w.cfg.Unseen
	}
	touch := 1.0
	for _, a := range d.Access {
		touch = min(touch, max(of.access[a]/of.total, w.cfg.Unseen))
	}
	return touch
}

// odds is how much likelier the other role is to do d, as a natural logarithm. A shape that neither has run says only how
// usual its tables are for each: who composes many new statements is not the likelier author of every release.
func (w *Work) odds(own, other *doings, d *Deed) float64 {
	p, q := own.known(d), other.known(d)
	switch {
	case p == 0 && q == 0:
		e := math.Log(w.touch(other, d) / w.touch(own, d))
		return max(-w.cfg.CapKnown, min(w.cfg.CapKnown, e))
	case q == 0:
		e := math.Log(other.novel() * w.touch(other, d) / p)
		return max(-w.cfg.Cap, min(0, e))
	case p == 0:
		e := math.Log(q / (own.novel() * w.touch(own, d)))
		return max(-w.cfg.Cap, min(w.cfg.Cap, e))
	}
	return max(-w.cfg.Cap, min(w.cfg.CapKnown, math.Log(q/p)))
}

// Likeness is the share of a's statements whose shape b runs too.
func (w *Work) likeness(a, b *doings) float64 {
	common := 0.0
	for s, n := range a.shapes {
		if b.shapes[s] > 0 {
			common += n
		}
	}
	return common / a.total
}

// Peers says whether two roles do the same work.
func (w *Work) Peers(a, b string) bool {
	x, y := w.roles[a], w.roles[b]
	if x == nil || y == nil {
		return false
	}
	known, ok := w.peers[[2]string{a, b}]
	if !ok {
		known = min(w.likeness(x, y), w.likeness(y, x)) >= w.cfg.Alike
		if w.peers == nil {
			w.peers = map[[2]string]bool{}
		}
		w.peers[[2]string{a, b}] = known
	}
	return known
}

// Suspicion is how much a window looks like another role's work.
type Suspicion struct {
	Evidence float64 // natural logarithm of how much likelier the other role makes it
	As       string  // the other role
	Found    bool
}

// Judge compares what a role did in one window with the work of all roles that are not its peers.
func (w *Work) Judge(role string, window []Deed) Suspicion {
	own := w.roles[role]
	if own == nil || own.total == 0 {
		return Suspicion{}
	}
	deeds := distinct(window)
	best := Suspicion{Evidence: math.Inf(-1)}
	for _, name := range slices.Sorted(maps.Keys(w.roles)) {
		if name == role || w.Peers(role, name) {
			continue
		}
		if sum := w.evidence(own, w.roles[name], deeds); sum > best.Evidence {
			best.Evidence, best.As = sum, name
		}
	}
	best.Found = best.Evidence >= w.cfg.Threshold
	return best
}

// evidence adds up, over the shapes of a window, each once, how much likelier another role is to run it.
func (w *Work) evidence(own, other *doings, deeds []*Deed) float64 {
	sum := 0.0
	for _, d := range deeds {
		sum += w.odds(own, other, d)
	}
	return sum
}

func distinct(window []Deed) []*Deed {
	seen := map[string]bool{}
	var out []*Deed
	for i := range window {
		if d := &window[i]; !seen[d.Shape] {
			seen[d.Shape] = true
			out = append(out, d)
		}
	}
	return out
}
