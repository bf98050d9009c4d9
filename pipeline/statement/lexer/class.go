package lexer

const (
	space uint8 = 1 << iota
	digit
	hexDigit
	wordStart
	wordPart
	operator // PostgreSQL's operator characters
)

// class tells what a byte may be part of. Bytes above 127 are letters, as in both servers.
var class = func() (t [256]uint8) {
	for _, c := range " \t\n\r\f\v" {
		t[c] |= space
	}
	for c := range 256 {
		switch {
		case c >= '0' && c <= '9':
			t[c] |= digit | hexDigit | wordPart
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c >= 0x80:
			t[c] |= wordStart | wordPart
		case c == '$':
			t[c] |= wordPart
		}
		if c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' {
			t[c] |= hexDigit
		}
	}
	for _, c := range "+-*/<>=~!@#%^&|`?" {
		t[c] |= operator
	}
	return t
}()
