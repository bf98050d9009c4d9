package main

import (
	"runtime"
	"sync"

	"github.com/auditwarden/auditwarden/pipeline/statement"
)

// understand analyses all rows.
func understand(rows []row) {
	a := statement.New(statement.Config{}, statement.Options{})
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(rows); i += workers {
				rows[i].st = a.Statement(rows[i].engine(), rows[i].SQL)
			}
		})
	}
	wg.Wait()
}

// profile is what was learned from benign statements: their shapes, and the limbs they are made of.
type profile struct {
	shapes map[string]bool
	limbs  map[uint64]bool
}

func learn(rows []row) *profile {
	p := &profile{shapes: map[string]bool{}, limbs: map[uint64]bool{}}
	for _, r := range rows {
		if r.st == nil {
			continue
		}
		p.shapes[r.st.Fingerprint] = true
		for _, l := range r.st.Limbs {
			p.limbs[l] = true
		}
	}
	return p
}

func (p *profile) known(r row) bool { return r.st != nil && p.shapes[r.st.Fingerprint] }

// foreign counts the limbs that were not learned.
func (p *profile) foreign(r row) int {
	return r.st.Foreign(func(l uint64) bool { return p.limbs[l] })
}
