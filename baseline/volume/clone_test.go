package volume

import "testing"

// TestClone takes clones along the way and teaches them nonsense: the detector must judge on as if they had never been,
// and a clone that is given the same points must judge as the detector does.
func TestClone(t *testing.T) {
	p := traffic(5, 100, 21)
	p[1200].Value *= 20
	want := Judge(Default(), p)
	d := New(Default())
	var twin *Detector
	for i, x := range p {
		if i%97 == 0 {
			fool := d.Clone()
			for j := range 60 {
				fool.Push(Point{x.At, float64(j * 1e6)})
			}
		}
		if i == 700 {
			twin = d.Clone()
		}
		if v := d.Push(x); v != want[i] {
			t.Fatalf("point %d: %+v after clones were taken, %+v without", i, v, want[i])
		}
		if twin != nil {
			if v := twin.Push(x); v != want[i] {
				t.Fatalf("point %d: the clone says %+v, the detector %+v", i, v, want[i])
			}
		}
	}
}

func BenchmarkClone(b *testing.B) {
	d := New(Default())
	for _, x := range traffic(28, 100, 1) {
		d.Push(x)
	}
	b.ReportAllocs()
	for b.Loop() {
		d.Clone()
	}
}
