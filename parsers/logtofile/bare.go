package logtofile

import (
	"bytes"
	"strconv"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/jsonscan"
	"github.com/auditwarden/auditwarden/parsers/pgaudit"
	"github.com/auditwarden/auditwarden/parsers/postgresql"
	"github.com/auditwarden/auditwarden/parsers/stamp"
	"github.com/auditwarden/auditwarden/pipeline"
)

// Before 1.7 the extension wrote csvlog's columns bare, without the severity: nothing is quoted but what pgaudit had quoted, so
// that a statement may go over lines. Names may hold commas; what tells a record is that its session ends in its process id.

// bareReach is within how many bytes a record's process and session must stand: two names have 63 bytes each at most.
const bareReach = 1024

// versionBare is that of the layout.
const versionBare = "before 1.7"

// bare is a record's head.
type bare struct {
	user, database, pid, peer, session, command, vxid, xid, state []byte

	message []byte // and all after it
}

// Heads counts the ways in which a line can be read as the start of a record as versions before 1.7 write it. More than one
// is none to rely on: who logs in chooses his name, and so what stands before the process; what he sends stands after it.
func Heads(line []byte) int {
	_, n := heads(line)
	return n
}

// ErrTwoHeads says that a name, or a text, in a record holds what looks like another record's head.
var ErrTwoHeads = &field.Fault{Reason: "ambiguous", Sentence: "pgauditlogtofile record: its columns can be read in several ways; upgrade the extension to 1.7"}

// heads is [Heads], and gives what the first way reads.
func heads(line []byte) (first bare, n int) {
	end := stamp.Length(line)
	if end == 0 || end >= len(line) || line[end] != ',' {
		return first, 0
	}
	rest := line[end+1:]
	columns := rest[:min(len(rest), bareReach)]
	var from [3]int // where the last columns begin: the first is a process if the one at hand is its session
	for i := 0; ; {
		comma := bytes.IndexByte(columns[i:], ',')
		if comma < 0 {
			return first, n
		}
		if pid := from[0]; pid > 0 && session(rest[pid:from[1]-1], rest[i:i+comma]) {
			var r bare
			if r.read(rest[:pid-1], rest[pid:]) {
				if n++; n == 1 {
					first = r
				}
			}
		}
		i += comma + 1
		from = [3]int{from[1], from[2], i}
	}
}

// Starts reports whether a line starts a record, of any version, even where it may stand inside another's text: an opening quote is
// not doubled.
func Starts(line []byte) bool {
	r, n := heads(line)
	if n != 1 {
		return LooksCSV(line)
	}
	b := r.message
	for {
		i := bytes.Index(b, []byte(`,"`))
		if i < 0 {
			return false
		}
		b = b[i+2:]
		if len(b) > 0 && b[0] != '"' && b[0] != ',' {
			return true
		}
		b = bytes.TrimLeft(b, `"`)
	}
}

// read takes the columns after the names apart.
func (r *bare) read(names, rest []byte) bool {
	if i := bytes.LastIndexByte(names, ','); i >= 0 {
		r.user, r.database = names[:i], names[i+1:]
	} else {
		return false
	}
	cut := func() (column []byte) {
		column, rest, _ = bytes.Cut(rest, []byte{','})
		return column
	}
	r.pid, r.peer, r.session = cut(), cut(), cut()
	line := cut()
	r.command = cut()
	begun := cut()
	r.vxid, r.xid, r.state = cut(), cut(), cut()
	r.message = rest
	return number(line) && number(r.xid) && stamp.Length(begun) == len(begun) && len(begun) > 0 && sqlstate(r.state)
}

// session reports whether id is a session of the process.
func session(pid, id []byte) bool {
	dot := bytes.IndexByte(id, '.')
	if dot <= 0 || !number(pid) {
		return false
	}
	n, err := strconv.ParseUint(field.String(id[dot+1:]), 16, 32)
	return err == nil && string(strconv.AppendUint(nil, n, 10)) == string(pid)
}

func number(b []byte) bool { return len(b) > 0 && field.Digits(b) == len(b) }

// sqlstate tells a state from csvlog's severities, which stand in the same place.
func sqlstate(b []byte) bool {
	if len(b) != 5 {
		return false
	}
	for _, c := range b {
		if c-'0' > 9 && c-'A' > 25 {
			return false
		}
	}
	return bytes.ContainsAny(b, "0123456789")
}

func audit(message []byte) bool {
	return bytes.HasPrefix(message, []byte("SESSION,")) || bytes.HasPrefix(message, []byte("OBJECT,"))
}

// Ending says how a record stands at the end of a line.
type Ending uint8

// The states in which a line can end.
const (
	Done   Ending = iota // the record is whole
	Open                 // inside pgaudit's quotes: it goes on
	Broken               // text behind a closing quote: bytes were lost before it
)

// pgauditFields are those that may be quoted; the number of rows follows them, or not.
const pgauditFields = 9

// Scan follows a record over its lines: pgaudit's quotes, and after them the context of a statement that a function ran, which
// is written as it is, up to three commas.
type Scan struct {
	fields  int
	quoted  bool
	context bool
}

// First takes the record's first line.
func (s *Scan) First(line []byte) Ending {
	r, n := heads(line)
	if n == 0 || !audit(r.message) {
		return Done
	}
	return s.Next(r.message)
}

// Next takes a further line.
func (s *Scan) Next(line []byte) Ending {
	if !s.context {
		end, ending := s.take(line)
		if ending != Done || s.fields != pgauditFields {
			return ending
		}
		line = line[end+rows(line[end:]):]
		if !bytes.HasPrefix(line, beforeContext) {
			return Done
		}
		line = line[len(beforeContext):]
	}
	if s.context = !bytes.Contains(line, afterContext); s.context {
		return Open
	}
	return Done
}

var (
	beforeContext = []byte(",,,,,") // detail, hint, internal query and its position: always empty
	afterContext  = []byte(",,,")   // query and its position
)

// rows gives the length of the number of rows, and the comma before it, that may follow pgaudit's nine fields.
func rows(b []byte) int {
	if n := field.Digits(b[min(1, len(b)):]); n > 0 {
		return 1 + n
	}
	return 0
}

// take says where in b pgaudit's text ends.
func (s *Scan) take(b []byte) (end int, ending Ending) {
	i := 0
	for {
		if s.quoted {
			j, _ := pgaudit.Closing(b[i:])
			if j < 0 {
				return len(b), Open
			}
			i += j + 1
			s.quoted = false
			if i < len(b) && b[i] != ',' && b[i] != '\r' {
				return i, Broken
			}
		} else if j := bytes.IndexByte(b[i:], ','); j >= 0 {
			i += j
		} else {
			i = len(b)
		}
		if s.fields++; s.fields == pgauditFields || i >= len(b) {
			return i, Done
		}
		i++
		if i < len(b) && b[i] == '"' {
			s.quoted = true
			i++
		}
	}
}

// ReadBare reads a whole record of a version before 1.7.
func ReadBare(b []byte, x *postgresql.Scratch, ev *pipeline.Event) error {
	b = bytes.TrimRight(b, "\r")
	r, n := heads(b)
	if n != 1 {
		return ErrShape
	}
	e := postgresql.Entry{Severity: "LOG", Version: versionBare}
	var end int
	if e.Time, e.Sure, end = x.Clock.Civil(b); end == 0 {
		return ErrShape
	}
	set := func(name string, v []byte) {
		e.SetNamed([]byte(name), jsonscan.Value{Raw: v, Kind: jsonscan.String}, x.Clock, &x.Arena)
	}
	plain := func(name string, v []byte) { // as it is: a backslash is one
		if bytes.IndexByte(v, '\\') >= 0 {
			v = bytes.ReplaceAll(v, []byte{'\\'}, []byte(`\\`))
		}
		set(name, v)
	}
	plain("user", r.user)
	plain("dbname", r.database)
	set("pid", r.pid)
	plain("connection_from", r.peer)
	set("session_id", r.session)
	plain("ps", r.command)
	set("vxid", r.vxid)
	set("txid", r.xid)
	set("state_code", r.state)
	if !audit(r.message) {
		message, detail, application := apart(r.message)
		if e.Message = message; string(r.state) != "00000" {
			e.Severity = "FATAL"
		}
		plain("detail", detail)
		plain("application_name", application)
		return e.Event(ev, x)
	}
	var s Scan
	end, ending := s.take(r.message)
	if ending != Done || s.fields != pgauditFields {
		return ErrShape
	}
	end += rows(r.message[end:])
	e.Message = append(append(x.Arena.Take(len(pgaudit.Marker) + end)[:0], pgaudit.Marker...), r.message[:end]...)
	if rest, ok := bytes.CutPrefix(r.message[end:], beforeContext); ok {
		context, rest, _ := bytes.Cut(rest, afterContext)
		n := place(rest)
		plain("context", context)
		plain("location", rest[:n])
		plain("application_name", bytes.TrimPrefix(rest[n:], []byte{','}))
		e.Raised = raised(context)
	}
	if err := e.Event(ev, x); err != nil {
		return ErrShape
	}
	return nil
}

// empties are the columns between a message's detail and the place in the server's source: hint, internal query and its
// position, context, query and its position are never filled in such messages.
var empties = []byte(",,,,,,,")

// apart takes a message that is not pgaudit's apart, with its detail and what the client calls itself.
func apart(b []byte) (message, detail, application []byte) {
	i := bytes.Index(b, empties)
	if i < 0 {
		return b, nil, nil
	}
	message, rest := b[:i], b[i+len(empties):]
	if len(rest) > 0 && rest[0] == ',' && !bytes.Contains(message, []byte(`",`)) { // no detail: one comma more
		rest = rest[1:]
	} else if j := bytes.Index(message, []byte(`",`)); j >= 0 {
		message, detail = message[:j+1], message[j+2:]
	}
	return message, detail, bytes.TrimPrefix(rest[place(rest):], []byte{','})
}

// raised reports whether SQL wrote the message itself: the statement that did stands behind where in a function it was. Of what a
// function runs, and pgaudit writes, the context begins with the statement run.
func raised(context []byte) bool {
	first, _, _ := bytes.Cut(context, []byte{'\n'})
	return bytes.HasPrefix(first, []byte("PL/")) && bytes.IndexByte(first, ',') > 0
}

// place gives the length of "function, file.c:123" at the start of b.
func place(b []byte) int {
	word := func(i int) int {
		for i < len(b) && (b[i]|0x20-'a' < 26 || b[i]-'0' <= 9 || b[i] == '_' || b[i] == '.') {
			i++
		}
		return i
	}
	i := word(0)
	if i == 0 || i+1 >= len(b) || b[i] != ',' || b[i+1] != ' ' {
		return 0
	}
	j := word(i + 2)
	if j >= len(b) || b[j] != ':' {
		return 0
	}
	n := field.Digits(b[j+1:])
	if n == 0 || j+1+n >= len(b) || b[j+1+n] != ',' {
		return 0
	}
	return j + 1 + n
}
