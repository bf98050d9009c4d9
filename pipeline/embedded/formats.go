package embedded

import (
	"bytes"
	"strings"
)

// pieces says how the output of a format comes in pieces: the engine formats each piece as a result of its own.
type pieces uint8

const (
	inOne     pieces = iota // a head and a tail around the rows: cannot be put together again
	anywhere                // rows only: the pieces add up
	afterLine               // a head of one line in each piece
	afterTwo                // a head of two lines
	afterCSV                // a head of one line in which a quoted name may hold a line break
	afterCSV2
)

var formatPieces = map[string]pieces{
	"native": anywhere, "null": anywhere, "rowbinary": anywhere, "msgpack": anywhere, "bsoneachrow": anywhere, "tskv": anywhere,
	"tabseparated": anywhere, "tsv": anywhere, "tabseparatedraw": anywhere, "tsvraw": anywhere, "raw": anywhere, "csv": anywhere,
	"jsoneachrow": anywhere, "jsonlines": anywhere, "ndjson": anywhere, "jsonstringseachrow": anywhere, "lineasstring": anywhere,
	"jsoncompacteachrow": anywhere, "jsoncompactstringseachrow": anywhere,
	"tabseparatedwithnames": afterLine, "tsvwithnames": afterLine, "jsoncompacteachrowwithnames": afterLine,
	"tabseparatedwithnamesandtypes": afterTwo, "tsvwithnamesandtypes": afterTwo, "jsoncompacteachrowwithnamesandtypes": afterTwo,
	"csvwithnames": afterCSV, "csvwithnamesandtypes": afterCSV2,
}

func (c *call) pieces() pieces {
	return formatPieces[strings.ToLower(first(c.stmt.format, c.format))]
}

// head is the length of the head of a piece.
func (p pieces) head(piece []byte) int {
	switch p {
	case afterLine:
		return lines(piece, 1, false)
	case afterTwo:
		return lines(piece, 2, false)
	case afterCSV:
		return lines(piece, 1, true)
	case afterCSV2:
		return lines(piece, 2, true)
	}
	return 0
}

// lines is the length of the first n lines. With quotes, a line break inside "…" ends none.
func lines(b []byte, n int, quotes bool) int {
	if !quotes {
		at := 0
		for ; n > 0; n-- {
			i := bytes.IndexByte(b[at:], '\n')
			if i < 0 {
				return len(b)
			}
			at += i + 1
		}
		return at
	}
	inside := false
	for i, c := range b {
		switch {
		case c == '"':
			inside = !inside
		case c == '\n' && !inside:
			if n--; n == 0 {
				return i + 1
			}
		}
	}
	return len(b)
}
