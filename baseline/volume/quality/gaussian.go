package main

import (
	"math"

	"github.com/auditwarden/auditwarden/baseline/volume"
)

// gaussian is NAB's windowedGaussian: how far a value lies from the mean of the last thousand, in standard deviations.
func gaussian(points []volume.Point) []float64 {
	const size = 1000
	out := make([]float64, len(points))
	for i := range points {
		past := points[max(0, i-size):i]
		if len(past) == 0 {
			continue
		}
		mean, square := 0.0, 0.0
		for _, p := range past {
			mean += p.Value
		}
		mean /= float64(len(past))
		for _, p := range past {
			square += (p.Value - mean) * (p.Value - mean)
		}
		sd := math.Sqrt(square / float64(len(past)))
		if sd == 0 {
			sd = 1e-6
		}
		out[i] = 1 - 0.5*math.Erfc(math.Abs(points[i].Value-mean)/sd/math.Sqrt2)
	}
	return out
}
