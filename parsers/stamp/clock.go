package stamp

import (
	"time"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/pipeline"
)

// Clock turns civil timestamps into instants. Lines of a log mostly share their minute and zone, so the last is kept.
// Not for concurrent use.
type Clock struct {
	zone *time.Location // of timestamps that state none

	minute  [16]byte // "2006-01-02 15:04" of the last timestamp, as written
	abbrev  [8]byte  // its zone as written
	nAbbrev int
	base    int64 // Unix seconds of that minute
	sure    pipeline.TimeCertainty
}

// NewClock returns a Clock whose zone for timestamps without one is loc; nil means UTC.
func NewClock(loc *time.Location) *Clock {
	if loc == nil {
		loc = time.UTC
	}
	return &Clock{zone: loc, nAbbrev: -1}
}

// Civil reads "2006-01-02 15:04:05", optionally with a fraction, then optionally a zone after a blank or
// directly ("+00", "Z"). It returns how many bytes it took, 0 if b does not start so.
func (c *Clock) Civil(b []byte) (t time.Time, sure pipeline.TimeCertainty, n int) {
	if len(b) < 19 || b[4] != '-' || b[7] != '-' || (b[10] != ' ' && b[10] != 'T') || b[13] != ':' || b[16] != ':' {
		return t, "", 0
	}
	sec, ok := two(b[17:])
	if !ok || sec > 60 {
		return t, "", 0
	}
	n = 19
	nanos := 0
	if n+1 < len(b) && b[n] == '.' && b[n+1]-'0' <= 9 {
		nanos, n = fraction(b, n+1)
	}
	zone, end := zoneToken(b, n)
	n = end
	if c.nAbbrev == len(zone) && [16]byte(b[:16]) == c.minute && string(zone) == string(c.abbrev[:c.nAbbrev]) {
		return time.Unix(c.base+int64(sec), int64(nanos)).UTC(), c.sure, n
	}
	base, sure, ok := c.resolve(b, zone)
	if !ok {
		return t, "", 0
	}
	c.base, c.sure = base, sure
	c.minute = [16]byte(b[:16])
	c.nAbbrev = copy(c.abbrev[:], zone)
	if c.nAbbrev < len(zone) {
		c.nAbbrev = -1
	}
	return time.Unix(base+int64(sec), int64(nanos)).UTC(), sure, n
}

// Length says how many bytes a timestamp as [Clock.Civil] reads takes at the start of b, without reading it.
func Length(b []byte) int {
	if len(b) < 19 || b[4] != '-' || b[7] != '-' || b[13] != ':' || b[16] != ':' || field.Digits(b) != 4 {
		return 0
	}
	n := 19
	if n+1 < len(b) && b[n] == '.' && b[n+1]-'0' <= 9 {
		n += 1 + field.Digits(b[n+1:])
	}
	_, n = zoneToken(b, n)
	return n
}

// Compact reads MariaDB's "20060102 15:04:05", which never states a zone.
func (c *Clock) Compact(b []byte) (t time.Time, ok bool) {
	if len(b) != 17 || b[8] != ' ' || b[11] != ':' || b[14] != ':' {
		return t, false
	}
	var iso [19]byte
	copy(iso[:], b[:4])
	iso[4] = '-'
	copy(iso[5:], b[4:6])
	iso[7] = '-'
	copy(iso[8:], b[6:8])
	iso[10] = ' '
	copy(iso[11:], b[9:17])
	// "23:59:5" with a blank instead of the hour's first digit is what %2d writes in old versions.
	if iso[11] == ' ' {
		iso[11] = '0'
	}
	t, _, n := c.Civil(iso[:])
	return t, n == len(iso)
}

// InZone gives the instant of a civil time in the configured zone.
func (c *Clock) InZone(year int, month time.Month, day, hour, minute, sec int) time.Time {
	return time.Date(year, month, day, hour, minute, sec, 0, c.zone).UTC()
}

// resolve finds the Unix second at which the minute b[:16] began in the zone named.
func (c *Clock) resolve(b, zone []byte) (base int64, sure pipeline.TimeCertainty, ok bool) {
	y1, ok1 := two(b)
	y2, ok2 := two(b[2:])
	mon, ok3 := two(b[5:])
	day, ok4 := two(b[8:])
	hour, ok5 := two(b[11:])
	minute, ok6 := two(b[14:])
	year := y1*100 + y2
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || mon < 1 || mon > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 {
		return 0, "", false
	}
	utc := time.Date(year, time.Month(mon), day, hour, minute, 0, 0, time.UTC)
	if utc.Day() != day {
		return 0, "", false // 30 February
	}
	switch off, kind := offset(zone); kind {
	case zoneNumeric:
		return utc.Unix() - int64(off), pipeline.TimeExact, true
	case zoneNone:
		return time.Date(year, time.Month(mon), day, hour, minute, 0, 0, c.zone).Unix(), pipeline.TimeZoneAssumed, true
	case zoneKnown:
		if at, ok := c.own(utc, zone); ok {
			return at, pipeline.TimeExact, true
		}
		return utc.Unix() - int64(off), pipeline.TimeZoneAssumed, true
	}
	if at, ok := c.own(utc, zone); ok {
		return at, pipeline.TimeExact, true
	}
	return time.Date(year, time.Month(mon), day, hour, minute, 0, 0, c.zone).Unix(), pipeline.TimeZoneAssumed, true
}

// own resolves an abbreviation that the configured zone itself uses at that time: it also decides the hour that
// happens twice when summer time ends.
func (c *Clock) own(civil time.Time, zone []byte) (int64, bool) {
	first := time.Date(civil.Year(), civil.Month(), civil.Day(), civil.Hour(), civil.Minute(), 0, 0, c.zone)
	for _, try := range [...]time.Time{first, first.Add(time.Hour), first.Add(-time.Hour)} {
		name, off := try.Zone()
		if name == string(zone) && try.Unix()+int64(off) == civil.Unix() {
			return try.Unix(), true
		}
	}
	return 0, false
}

// fraction reads digits as a fraction of a second, in nanoseconds.
func fraction(b []byte, i int) (nanos, end int) {
	scale := 100_000_000
	for i < len(b) && b[i]-'0' <= 9 {
		nanos += int(b[i]-'0') * scale
		scale /= 10
		i++
	}
	return nanos, i
}

func two(b []byte) (int, bool) {
	h, l := b[0]-'0', b[1]-'0'
	return int(h)*10 + int(l), h <= 9 && l <= 9
}

// Epoch reads an integer of seconds, milliseconds, microseconds or nanoseconds by its magnitude, with an optional
// fraction.
func Epoch(b []byte) (time.Time, bool) {
	digits := field.Digits(b)
	n, ok := field.Int(b[:digits])
	if !ok {
		return time.Time{}, false
	}
	nanos := 0
	if digits < len(b) {
		if b[digits] != '.' || digits > 10 {
			return time.Time{}, false
		}
		f, end := fraction(b, digits+1)
		if end != len(b) {
			return time.Time{}, false
		}
		nanos = f
	}
	switch {
	case digits >= 17:
		return time.Unix(0, n).UTC(), true
	case digits >= 14:
		return time.UnixMicro(n).UTC(), true
	case digits >= 11:
		return time.UnixMilli(n).UTC(), true
	}
	return time.Unix(n, int64(nanos)).UTC(), true
}
