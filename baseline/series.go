package baseline

import "time"

// deviations is how many robust standard deviations above the usual a spike must lie, on a logarithmic scale.
const deviations = 4

// Hour is how much of something a role did in one hour.
type Hour struct {
	At           time.Time // its beginning
	Begun, Ended time.Time // first and last bucket that is not zero
	Value        float64
	Odd          bool // it was a spike: not what later hours are compared with
}

// Series is what is known of one role and metric, hours in order, those without activity left out.
type Series struct {
	Hours   []Hour
	Born    time.Time // of the role's profile
	Settled time.Time // of the profile of its cluster
}

// Spike is an hour far above what the history explains.
type Spike struct {
	Hour Hour
	Verdict
}

// Spikes judges the hours at or after begin, one after the other, each by what was known before it: an hour found odd is no
// part of the history of the next. So the answer does not depend on how many of them are judged at once. Where the role's
// profile is not mature but its cluster's is, the least value alone counts; where neither is, there are none.
func (s *Series) Spikes(begin time.Time, w Watch, c *Config) []Spike {
	var out []Spike
	start := 0
	for i := range s.Hours {
		h := &s.Hours[i]
		for s.Hours[start].At.Before(h.At.AddDate(0, 0, -c.HistoryDays)) {
			start++
		}
		if h.At.Before(begin) || h.Value < w.MinValue {
			continue
		}
		v, ok := s.judge(s.Hours[start:i], h, w, c)
		if ok {
			h.Odd = true
			out = append(out, Spike{*h, v})
		}
	}
	return out
}

func (s *Series) judge(past []Hour, h *Hour, w Watch, c *Config) (Verdict, bool) {
	mature := !s.Born.IsZero() && !h.At.Before(s.Born.Add(c.Learning()))
	settled := !s.Settled.IsZero() && !h.At.Before(s.Settled.Add(c.Learning()))
	if !mature && !settled {
		return Verdict{}, false
	}
	var usual []float64
	peak := 0.0
	for _, p := range past {
		if p.Odd {
			continue
		}
		peak = max(peak, p.Value)
		if apart := (p.At.Hour() - h.At.Hour() + 24) % 24; apart <= 1 || apart == 23 {
			usual = append(usual, p.Value)
		}
	}
	v := Verdict{Spike: true}
	if mature {
		days := min(int(h.At.Sub(s.Born).Hours()/24), c.HistoryDays)
		v = Judge(usual, max(3*days-len(usual), 0), h.Value, deviations, w.Factor)
	}
	v.Threshold = max(v.Threshold, w.Factor*peak, w.MinValue)
	v.Spike = v.Spike && h.Value >= v.Threshold && h.Value > w.Factor*peak
	return v, v.Spike
}
