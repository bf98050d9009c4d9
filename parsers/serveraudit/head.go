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
	whole                                 []byte
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

// cut finds the operation: the first known word with two numbers before it and at least three fields before those. The
// server's name and the client's host hold no comma, so what is over belongs to the user's name.
func cut(b []byte) (h head, ok bool) {
	h.whole = b
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
		if n < 5 {
			continue
		}
		op, known := intern(b[at[n-1]+1 : at[n]])
		if !known || !number(b[at[n-2]+1:at[n-1]]) || !number(b[at[n-3]+1:at[n-2]]) {
			continue
		}
		h.op, h.tail = op, b[at[n]+1:]
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

// ambiguous reports whether a later place of the record could be its operation as well: then a name made of commas and
// numbers, which anybody can send as a user or database name at login, may be posing as the record.
func (h *head) ambiguous() bool {
	if bytes.Count(h.tail, []byte{','}) <= 3 {
		return false
	}
	_, again := cut(append([]byte(",,"), h.tail...))
	return again
}
