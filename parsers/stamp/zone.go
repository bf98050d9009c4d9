package stamp

type zoneKind uint8

const (
	zoneNone    zoneKind = iota // nothing written
	zoneNumeric                 // an offset, or UTC
	zoneKnown                   // an abbreviation of the table
	zoneOther                   // letters nobody knows
)

// zoneToken takes the zone that may follow a time, after at most one blank: letters, or a sign and digits (with colons
// in RFC 3339). It returns the token and where it ends; a blank is taken only together with a token.
func zoneToken(b []byte, i int) (zone []byte, end int) {
	start := i
	if i < len(b) && b[i] == ' ' {
		start = i + 1
	}
	j := start
	switch {
	case j >= len(b):
		return nil, i
	case b[j] == '+' || b[j] == '-':
		j++
		for j < len(b) && (b[j]-'0' <= 9 || b[j] == ':' && j+1 < len(b) && b[j+1]-'0' <= 9 && j-start == 3 && start == i) {
			j++
		}
		if j == start+1 {
			return nil, i
		}
	default:
		for j < len(b) && (b[j]|0x20)-'a' < 26 {
			j++
		}
		if j == start {
			return nil, i
		}
		// A severity directly after a time without zone ("2024-05-02 10:11:12 LOG:") is not a zone.
		if start > i && j < len(b) && b[j] == ':' {
			if severityWord(b[start:j]) {
				return nil, i
			}
			j -= gluedSeverity(b[start:j])
		}
	}
	return b[start:j], j
}

// gluedSeverity gives the length of a severity that follows a zone of at least three letters without a gap ("UTCLOG").
func gluedSeverity(b []byte) int {
	for n := len(b) - 3; n >= 3; n-- {
		if severityWord(b[len(b)-n:]) {
			return n
		}
	}
	return 0
}

func severityWord(b []byte) bool {
	switch string(b) {
	case "LOG", "ERROR", "FATAL", "PANIC", "WARNING", "NOTICE", "INFO", "DEBUG", "DETAIL", "HINT", "STATEMENT", "CONTEXT", "QUERY":
		return true
	}
	return false
}

// offset gives a zone token's seconds east of UTC.
func offset(zone []byte) (int, zoneKind) {
	if len(zone) == 0 {
		return 0, zoneNone
	}
	switch string(zone) {
	case "UTC", "GMT", "Z", "UCT", "z":
		return 0, zoneNumeric
	}
	if zone[0] == '+' || zone[0] == '-' {
		return numeric(zone)
	}
	if h, ok := abbreviations[string(zone)]; ok {
		return h * 60, zoneKnown
	}
	return 0, zoneOther
}

// numeric reads +hh, +hhmm, +hh:mm, +hmm is not written by anyone.
func numeric(zone []byte) (int, zoneKind) {
	var d [4]int
	n := 0
	for _, c := range zone[1:] {
		if c == ':' {
			continue
		}
		if n == len(d) {
			return 0, zoneOther
		}
		d[n] = int(c - '0')
		n++
	}
	if n != 2 && n != 4 {
		return 0, zoneOther
	}
	off := (d[0]*10+d[1])*3600 + (d[2]*10+d[3])*60
	if zone[0] == '-' {
		off = -off
	}
	return off, zoneNumeric
}

// abbreviations gives minutes east of UTC. Where several zones share one (IST, CST, AST, EST), it is the reading of
// PostgreSQL's default abbreviation set; such a time is never called exact.
var abbreviations = map[string]int{
	"WET": 0, "WEST": 60, "BST": 60, "CET": 60, "CEST": 120, "MET": 60, "MEST": 120, "EET": 120, "EEST": 180, "MSK": 180, "MSD": 240,
	"IST": 330, "PKT": 300, "JST": 540, "KST": 540, "SGT": 480, "HKT": 480, "AWST": 480,
	"ACST": 570, "ACDT": 630, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780, "SAST": 120, "WAT": 60, "CAT": 120, "EAT": 180,
	"NST": -210, "NDT": -150, "AST": -240, "ADT": -180, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360,
	"PST": -480, "PDT": -420, "AKST": -540, "AKDT": -480, "HST": -600, "BRT": -180, "ART": -180, "CLT": -240,
}
