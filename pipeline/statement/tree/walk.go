package tree

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Visitor is told what a walk meets. A nil member is skipped.
type Visitor struct {
	Query func(*Query)
	Node  func(*Node)
	Table func(pipeline.Table)
}

// walker knows the names that WITH gives, which are not tables.
type walker struct {
	Visitor
	scope []string
}

// Walk visits everything in the statement: queries and expressions from the outside inwards, and every table with how
// it is touched.
func Walk(s *Statement, v Visitor) {
	w := &walker{Visitor: v}
	w.statement(s)
}

func (w *walker) statement(s *Statement) {
	if s == nil {
		return
	}
	mark := len(w.scope)
	w.with(s.With)
	for _, t := range s.Targets {
		w.table(t.Name, t.Access)
	}
	if s.Query != nil {
		w.query(s.Query)
	}
	for _, r := range s.From {
		w.relation(r)
	}
	w.nodes(s.Sets)
	w.node(s.Where)
	w.nodes(s.Order)
	w.node(s.Limit)
	w.nodes(s.Extra)
	for _, in := range s.Inner {
		w.statement(in)
	}
	w.scope = w.scope[:mark]
}

func (w *walker) with(ws []With) {
	for _, c := range ws {
		w.scope = append(w.scope, c.Name)
	}
	for _, c := range ws {
		w.statement(c.Body)
	}
}

func (w *walker) table(n Name, a pipeline.Access) {
	if n.Name == "" || w.Table == nil {
		return
	}
	if n.Schema == "" && a == pipeline.Read {
		for _, s := range w.scope {
			if strings.EqualFold(s, n.Name) {
				return
			}
		}
	}
	w.Table(pipeline.Table{Schema: n.Schema, Name: n.Name, Access: a})
}

func (w *walker) query(q *Query) {
	if q == nil {
		return
	}
	mark := len(w.scope)
	w.with(q.With)
	if w.Query != nil {
		w.Visitor.Query(q)
	}
	w.query(q.Left)
	w.query(q.Right)
	for _, r := range q.From {
		w.relation(r)
	}
	w.nodes(q.Targets)
	for _, v := range q.Values {
		w.nodes(v)
	}
	w.node(q.Where)
	w.nodes(q.Group)
	w.node(q.Having)
	w.nodes(q.Order)
	w.node(q.Limit)
	w.node(q.Offset)
	w.nodes(q.Extra)
	if q.Into == "table" {
		w.table(q.IntoName, pipeline.DDL)
	}
	w.scope = w.scope[:mark]
}

func (w *walker) relation(r *Relation) {
	if r == nil {
		return
	}
	w.table(Name{r.Schema, r.Name}, pipeline.Read)
	w.query(r.Query)
	w.node(r.Func)
	w.relation(r.Left)
	w.relation(r.Right)
	w.node(r.On)
}

func (w *walker) nodes(ns []*Node) {
	for _, n := range ns {
		w.node(n)
	}
}

func (w *walker) node(n *Node) {
	if n == nil {
		return
	}
	if w.Node != nil {
		w.Visitor.Node(n)
	}
	w.nodes(n.Args)
	w.query(n.Query)
}
