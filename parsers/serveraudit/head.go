package serveraudit

import (
	"bytes"

	"github.com/auditwarden/auditwarden/parsers/field"
)

// head is the part of a record before the operation's own fields.
type head struct {
	server, user, host, connection, query []byte
	op                                    string
	tail                                  []byte
	commas                                int // commas up to the operation
}

type opKind uint8

const (
	opNone opKind = iota
	opQuery
	opConnection
	opTable
)

func kindOf(op string) opKind {
	switch op {
	case "QUERY":
		return opQuery
	case "CONNECT", "DISCONNECT", "FAILED_CONNECT", "CHANGEUSER", "PROXY_CONNECT":
		return opConnection
	case "READ", "WRITE", "CREATE", "DROP", "ALTER", "RENAME":
		return opTable
	}
	return opNone
}

// intern gives the constant for an operation's name.
func intern(b []byte) (string, bool) {
	switch string(b) {
	case "QUERY":
		return "QUERY", true
	case "READ":
		return "READ", true
	case "WRITE":
		return "WRITE", true
	case "CONNECT":
		return "CONNECT", true
	case "DISCONNECT":
		return "DISCONNECT", true
	case "CREATE":
		return "CREATE", true
	case "DROP":
		return "DROP", true
	case "ALTER":
		return "ALTER", true
	case "RENAME":
		return "RENAME", true
	case "FAILED_CONNECT":
		return "FAILED_CONNECT", true
	case "CHANGEUSER":
		return "CHANGEUSER", true
	case "PROXY_CONNECT":
		return "PROXY_CONNECT", true
	}
	return "", false
}

// plain takes a record apart whose names hold no comma, as almost all do.
func plain(b []byte) (h head, ok bool) {
	var f [6][]byte
	for i := range f {
		j := bytes.IndexByte(b, ',')
		if j < 0 {
			return h, false
		}
		f[i], b = b[:j], b[j+1:]
	}
	op, known := intern(f[5])
	if !known || !number(f[3]) || !number(f[4]) {
		return h, false
	}
	return head{server: f[0], user: f[1], host: f[2], connection: f[3], query: f[4], op: op, tail: b, commas: 5}, true
}

// cut finds the operation: the first known word, past the given number of commas, with two numbers before it and at
// least three fields before those. The server's name and the client's host hold no comma, so what is over belongs to the
// user's name.
func cut(b []byte, past int) (h head, ok bool) {
	var at [maxCommas]int // places of the commas
	n := 0
	for i := 0; n < len(at); n++ {
		j := bytes.IndexByte(b[i:], ',')
		if j < 0 {
			break
		}
		i += j
		at[n] = i
		i++
		if n < 5 || n <= past {
			continue
		}
		op, known := intern(b[at[n-1]+1 : at[n]])
		if !known || !number(b[at[n-2]+1:at[n-1]]) || !number(b[at[n-3]+1:at[n-2]]) {
			continue
		}
		h.op, h.tail, h.commas = op, b[at[n]+1:], n
		h.query, h.connection = b[at[n-2]+1:at[n-1]], b[at[n-3]+1:at[n-2]]
		h.server, h.user, h.host = b[:at[0]], b[at[0]+1:at[n-4]], b[at[n-4]+1:at[n-3]]
		return h, true
	}
	return h, false
}

// maxCommas bounds the search; names are at most 128 bytes or so, most of which would have to be commas.
const maxCommas = 128

func number(b []byte) bool {
	_, ok := field.Int(b)
	return ok
}

// choose finds the only operation whose tail fits it. Anybody can send a user or database name made of commas and numbers
// at login, so a record may hold several places that look like its operation. The first wins if it is a query that fits:
// the text after it may hold anything. Any other must be the only one that fits.
func choose(b []byte) (head, error) {
	h, ok := cut(b, 0)
	if !ok {
		return h, ErrShape
	}
	if fits(&h) && (kindOf(h.op) == opQuery || bytes.Count(h.tail, comma) <= 3) {
		return h, nil
	}
	var found head
	n := 0
	for ; ok; h, ok = cut(b, h.commas) {
		if fits(&h) {
			found = h
			n++
		}
	}
	switch n {
	case 0:
		return h, ErrTail
	case 1:
		return found, nil
	}
	return h, ErrAmbiguous
}

var comma = []byte{','}

// fits checks the shape of the tail against the operation.
func fits(h *head) bool {
	b := h.tail
	switch kindOf(h.op) {
	case opQuery:
		b = bytes.TrimSuffix(b, []byte(",,"))
		end := bytes.LastIndexByte(b, ',')
		return end > 0 && b[end-1] == '\'' && number(b[end+1:]) && bytes.Contains(b[:end], []byte(",'"))
	case opTable:
		return len(b) > 1 && b[len(b)-1] == ',' && bytes.IndexByte(b, ',') < len(b)-1
	}
	i := bytes.LastIndexByte(b, ',')
	if i > 0 && connectionType(b[i+1:]) {
		b = b[:i]
		i = bytes.LastIndexByte(b, ',')
	}
	return i > 0 && number(b[i+1:]) && bytes.IndexByte(b[:i], ',') >= 0
}
