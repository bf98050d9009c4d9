package statement

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// limbs gives the hashes of a text's sub-trees: each term of a condition, each column of a select list, each table, arm,
// sort key and assigned value, without literals, and with the clause it stands in. A search form whose conditions are
// free is made of the same limbs in ever new shapes; a statement into which something was put has one that is foreign.
//
// The hashes are the same in every process and version of the program, are not to be aimed at (they are cut from
// SHA-256), and are at most [pipeline.MaxLimbs]: of a longer list the last one stands for all that follow.
func limbs(ss []*tree.Statement) []uint64 {
	var l limber
	at := ""
	for _, s := range ss {
		l.statement(s, at)
		at = "then " // what follows another statement in one text is told apart
	}
	return l.out
}

// lexicalLimbs stand for a text without a tree: one limb for its whole shape.
func lexicalLimbs(fingerprint string) []uint64 {
	var l limber
	l.add("lexical", []byte(fingerprint))
	return l.out
}

type limber struct {
	out  []uint64
	rest uint64
	buf  []byte
}

// add notes one limb: where it stands, and what it is.
func (l *limber) add(place string, what []byte) {
	b := make([]byte, 0, len(place)+1+len(what))
	b = append(append(append(b, place...), 0), what...)
	h := hash(b)
	switch {
	case slices.Contains(l.out, h):
	case len(l.out) < pipeline.MaxLimbs:
		l.out = append(l.out, h)
	default:
		l.rest = hash(binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, l.rest), h))
		l.out[len(l.out)-1] = l.rest
	}
}

func hash(b []byte) uint64 {
	sum := sha256.Sum256(b)
	return binary.LittleEndian.Uint64(sum[:])
}

// write takes what a function appends and gives it apart, so that limbs inside limbs do not meet.
func (l *limber) write(f func()) []byte {
	start := len(l.buf)
	f()
	out := slices.Clone(l.buf[start:])
	l.buf = l.buf[:start]
	return out
}

func (l *limber) text(s string) { l.buf = append(append(l.buf, strings.ToLower(s)...), 0) }

func (l *limber) name(place, schema, name string) {
	l.add(place, l.write(func() { l.text(schema); l.text(name) }))
}

func (l *limber) statement(s *tree.Statement, at string) {
	if s == nil {
		return
	}
	l.add(at+"kind", []byte(s.Kind))
	for _, t := range s.Targets {
		l.name(at+s.Kind+" "+string(t.Access), t.Schema, t.Name.Name)
	}
	l.with(s.With, at)
	l.query(s.Query, at)
	l.relations(s.From, at)
	l.nodes(at+"set", s.Sets)
	l.terms(at+s.Kind+" where", s.Where)
	l.nodes(at+"order", s.Order)
	l.node(at+"limit", s.Limit)
	l.nodes(at+"extra", s.Extra)
	for _, in := range s.Inner {
		l.statement(in, at)
	}
}

func (l *limber) with(ws []tree.With, at string) {
	for _, w := range ws {
		l.statement(w.Body, at+"with ")
	}
}

// query notes a query's limbs and gives a hash of all of it.
func (l *limber) query(q *tree.Query, at string) uint64 {
	if q == nil {
		return 0
	}
	at = shorten(at)
	l.with(q.With, at)
	if q.SetOp != "" {
		l.add(at+"arms", []byte(q.SetOp))
		left := l.query(q.Left, at)
		return combine(left, l.query(q.Right, at+q.SetOp+" "))
	}
	all := []uint64{l.nodes(at+"target", q.Targets), l.relations(q.From, at), l.terms(at+"where", q.Where), l.nodes(at+"group", q.Group),
		l.terms(at+"having", q.Having), l.nodes(at+"order", q.Order), l.node(at+"limit", q.Limit), l.node(at+"offset", q.Offset),
		l.nodes(at+"extra", q.Extra)}
	for _, row := range q.Values {
		all = append(all, l.nodes(at+"value", row))
	}
	if q.Into != "" {
		l.name(at+"into "+q.Into, q.IntoName.Schema, q.IntoName.Name)
	}
	return combine(all...)
}

// shorten bounds how much of the way down is told apart.
func shorten(at string) string {
	const most = 64
	if len(at) > most {
		return at[:most]
	}
	return at
}

func combine(hs ...uint64) uint64 {
	var b []byte
	for _, h := range hs {
		b = binary.LittleEndian.AppendUint64(b, h)
	}
	return hash(b)
}

func (l *limber) relations(rs []*tree.Relation, at string) uint64 {
	all := make([]uint64, 0, len(rs))
	for _, r := range rs {
		all = append(all, l.relation(r, at))
	}
	return combine(all...)
}

func (l *limber) relation(r *tree.Relation, at string) uint64 {
	switch {
	case r == nil:
		return 0
	case r.Left != nil || r.Right != nil:
		left, right := l.relation(r.Left, at), l.relation(r.Right, at)
		return combine(left, right, l.terms(at+"on", r.On))
	case r.Query != nil:
		return l.query(r.Query, at+"from ")
	case r.Func != nil:
		return l.node(at+"from", r.Func)
	}
	l.name(at+"from", r.Schema, r.Name)
	return combine(hash([]byte(strings.ToLower(r.Schema+"\x00"+r.Name))), 1)
}

// terms notes each term of a condition, with whether an OR stands above it.
func (l *limber) terms(place string, n *tree.Node) uint64 {
	if n == nil {
		return 0
	}
	switch n.Kind {
	case tree.Or, tree.Xor:
		if !strings.HasSuffix(place, " or") {
			place += " or"
		}
		fallthrough
	case tree.And:
		all := []uint64{uint64(n.Kind)}
		for _, a := range n.Args {
			all = append(all, l.terms(place, a))
		}
		return combine(all...)
	}
	return l.node(place, n)
}

func (l *limber) nodes(place string, ns []*tree.Node) uint64 {
	all := make([]uint64, 0, len(ns))
	for _, n := range ns {
		all = append(all, l.node(place, n))
	}
	return combine(all...)
}

// node notes one expression as a limb.
func (l *limber) node(place string, n *tree.Node) uint64 {
	if n == nil {
		return 0
	}
	b := l.write(func() { l.expr(n) })
	l.add(place, b)
	return hash(b)
}

// expr writes an expression without its literals. A query in it is noted apart, and stands in it by its hash.
func (l *limber) expr(n *tree.Node) {
	if n == nil {
		l.buf = append(l.buf, 0xff)
		return
	}
	switch {
	case n.Kind == tree.Param, n.Kind == tree.Literal && n.Type != tree.Hex:
		l.buf = append(l.buf, byte(tree.Literal))
		return
	case n.Kind == tree.Literal:
		l.buf = append(l.buf, byte(tree.Literal), byte(n.Type))
		return
	}
	l.buf = append(l.buf, byte(n.Kind), flag(n.Not))
	l.text(n.Op)
	l.text(n.Qualifier)
	l.text(n.Name)
	last := len(l.buf)
	for i, a := range n.Args {
		start := len(l.buf)
		l.expr(a)
		if i > 1 && n.Kind == tree.In && slices.Equal(l.buf[start:], l.buf[last:start]) {
			l.buf = l.buf[:start] // lists of any length are alike
			continue
		}
		last = start
	}
	if n.Query != nil {
		l.buf = binary.LittleEndian.AppendUint64(l.buf, l.query(n.Query, "sub "))
	}
	l.buf = append(l.buf, 0xfe)
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}
