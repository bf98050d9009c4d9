package volume

import "slices"

// window is the last values of something, kept in order of time and of size.
type window struct {
	ring   []float64
	next   int
	sorted []float64
	limit  int
}

func newWindow(limit int) *window { return &window{limit: limit} }

func (w *window) len() int { return len(w.sorted) }

func (w *window) push(x float64) {
	if len(w.ring) < w.limit {
		w.ring = append(w.ring, x)
		w.insert(x)
		return
	}
	i, _ := slices.BinarySearch(w.sorted, w.ring[w.next])
	j, _ := slices.BinarySearch(w.sorted, x)
	switch { // one move of what lies between the leaving and the coming value
	case j > i:
		copy(w.sorted[i:], w.sorted[i+1:j])
		w.sorted[j-1] = x
	default:
		copy(w.sorted[j+1:i+1], w.sorted[j:i])
		w.sorted[j] = x
	}
	w.ring[w.next] = x
	w.next = (w.next + 1) % w.limit
}

func (w *window) insert(x float64) {
	i, _ := slices.BinarySearch(w.sorted, x)
	w.sorted = slices.Insert(w.sorted, i, x)
}

// quantile is interpolated; it is 0 for an empty window.
func (w *window) quantile(p float64) float64 {
	n := len(w.sorted)
	if n == 0 {
		return 0
	}
	at := p * float64(n-1)
	i := int(at)
	if i+1 >= n {
		return w.sorted[n-1]
	}
	return w.sorted[i] + (at-float64(i))*(w.sorted[i+1]-w.sorted[i])
}

func (w *window) median() float64 { return w.quantile(0.5) }

func (w *window) mean() float64 {
	if len(w.sorted) == 0 {
		return 0
	}
	m := 0.0
	for i, x := range w.sorted {
		m += (x - m) / float64(i+1)
	}
	return m
}
