package statement

// marks finds any of several short texts, whatever their case, in one pass and without memory. Most bytes are passed by at
// the cost of one look: two bytes in a row with which none of the texts begins.
type marks struct {
	starts [1 << 10]uint64 // one bit for each pair of bytes
	texts  [256][]string   // by the second byte
}

func newMarks(texts ...string) *marks {
	m := &marks{}
	for _, t := range texts {
		pair := uint16(t[0])<<8 | uint16(t[1])
		m.starts[pair>>6] |= 1 << (pair & 63)
		m.texts[t[1]] = append(m.texts[t[1]], t)
	}
	return m
}

// find reports whether a text stands in s at a place that at accepts.
func (m *marks) find(s string, at func(i int, text string) bool) bool {
	if len(s) < 2 {
		return false
	}
	prev := fold1(s[0])
	for i := 1; i < len(s); i++ {
		c := fold1(s[i])
		pair := uint16(prev)<<8 | uint16(c)
		prev = c
		if m.starts[pair>>6]&(1<<(pair&63)) == 0 {
			continue
		}
		for _, t := range m.texts[c] {
			if foldedPrefix(s[i-1:], t) && (at == nil || at(i-1, t)) {
				return true
			}
		}
	}
	return false
}

func fold1(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// foldedPrefix reports whether s begins with t, which is lower case.
func foldedPrefix(s, t string) bool {
	if len(s) < len(t) {
		return false
	}
	for i := range len(t) {
		if fold1(s[i]) != t[i] {
			return false
		}
	}
	return true
}
