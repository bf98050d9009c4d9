package volume

import "math"

// spread knows how large residuals usually are at each level of what is expected, by octaves. Counts vary with the square root
// of their level when they are low and in proportion to it when they are high: one scale for the whole day would hide what
// happens at night.
type spread struct {
	octaves [octaves]*octave
}

type octave struct {
	levels, residuals *window
}

const (
	octaves     = 128
	octaveKept  = 200
	octaveKnown = 20
)

func octaveOf(level float64) int {
	_, e := math.Frexp(level)
	return min(max(e+octaves/2, 0), octaves-1)
}

func (s *spread) add(level, residual float64) {
	level = math.Abs(level)
	i := octaveOf(level)
	if s.octaves[i] == nil {
		s.octaves[i] = &octave{newWindow(octaveKept), newWindow(octaveKept)}
	}
	s.octaves[i].levels.push(level)
	s.octaves[i].residuals.push(math.Abs(residual))
}

// at is the standard deviation at a level: on a straight line between octaves that are known; above them in proportion to the
// level and below them with its square root, the largest that counts have.
func (s *spread) at(level float64) (sd float64, known bool) {
	level = math.Abs(level)
	below, above := s.around(level)
	switch {
	case below == nil && above == nil:
		return 0, false
	case above == nil:
		sd = below.residuals.median()
		if m := below.levels.median(); m > 0 {
			sd *= max(1, level/m)
		}
	case below == nil:
		sd = above.residuals.median() * math.Sqrt(level/above.levels.median())
	default:
		a, b := below.levels.median(), above.levels.median()
		ra, rb := below.residuals.median(), above.residuals.median()
		sd = ra + (rb-ra)*(level-a)/(b-a)
	}
	return 1.4826 * sd, true
}

// around finds the nearest known octaves with a median at or below the level, and above it.
func (s *spread) around(level float64) (below, above *octave) {
	i := octaveOf(level)
	for j := i; j >= 0 && below == nil; j-- {
		if o := s.octaves[j]; o != nil && o.levels.len() >= octaveKnown && o.levels.median() <= level {
			below = o
		}
	}
	for j := i; j < octaves && above == nil; j++ {
		if o := s.octaves[j]; o != nil && o.levels.len() >= octaveKnown && o.levels.median() > level {
			above = o
		}
	}
	return below, above
}
