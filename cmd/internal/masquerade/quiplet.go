package main

import (
	"fmt"
	"sort"
	"strings"

	pgquery "github.com/pganalyze/pg_query_go/v5"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// quiplet is a statement as Kamra, Terzi and Bertino describe it ("Detecting anomalous access patterns in relational
// databases", VLDB Journal 2008): its command, and the relations and attributes it names in its projection and selection.
type quiplet struct {
	command              string
	relations            map[string]bool
	projected, selecting map[string]bool // relation.attribute; the relation is "?" where the text does not say which of several
}

// features gives what each of the three representations sees, as independent features.
func (q *quiplet) features(fine byte) []string {
	out := []string{"cmd=" + q.command}
	switch fine {
	case 'c': // counts only
		out = append(out, fmt.Sprint("rel=", len(q.relations)), fmt.Sprint("proj=", len(q.projected)), fmt.Sprint("sel=", len(q.selecting)))
	case 'm': // which relations, how many attributes of each
		for _, r := range sorted(q.relations) {
			out = append(out, "rel="+r)
		}
		for _, part := range []struct {
			name string
			set  map[string]bool
		}{{"proj", q.projected}, {"sel", q.selecting}} {
			count := map[string]int{}
			for a := range part.set {
				r, _, _ := strings.Cut(a, ".")
				count[r]++
			}
			for r, n := range count {
				out = append(out, fmt.Sprint(part.name, " ", r, "=", n))
			}
		}
	case 'f': // which attributes
		for _, r := range sorted(q.relations) {
			out = append(out, "rel="+r)
		}
		for _, a := range sorted(q.projected) {
			out = append(out, "proj="+a)
		}
		for _, a := range sorted(q.selecting) {
			out = append(out, "sel="+a)
		}
	}
	sort.Strings(out)
	return out
}

func sorted(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for k := range set {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// parse makes the quiplet of a text; one that no grammar accepts has its first word as the command and nothing else.
func parse(sql string) quiplet {
	q := quiplet{relations: map[string]bool{}, projected: map[string]bool{}, selecting: map[string]bool{}}
	q.command = strings.ToLower(strings.Fields(sql + " ?")[0])
	tree, err := pgquery.Parse(sql)
	if err != nil {
		return q
	}
	w := quipletWalk{q: &q, aliases: map[string]string{}}
	w.relations(tree.ProtoReflect())
	w.attributes(tree.ProtoReflect(), false)
	return q
}

type quipletWalk struct {
	q       *quiplet
	aliases map[string]string
}

func (w *quipletWalk) relations(m protoreflect.Message) {
	if v, ok := m.Interface().(*pgquery.RangeVar); ok {
		w.q.relations[v.Relname] = true
		w.aliases[v.Relname] = v.Relname
		if v.Alias != nil {
			w.aliases[v.Alias.Aliasname] = v.Relname
		}
	}
	each(m, func(_ protoreflect.Name, child protoreflect.Message) { w.relations(child) })
}

func (w *quipletWalk) attributes(m protoreflect.Message, selecting bool) {
	switch v := m.Interface().(type) {
	case *pgquery.ColumnRef:
		var parts []string
		for _, f := range v.Fields {
			if s := f.GetString_(); s != nil {
				parts = append(parts, s.Sval)
			} else {
				parts = append(parts, "*")
			}
		}
		w.add(parts, selecting)
	case *pgquery.ResTarget: // a column that is set or inserted into
		if v.Name != "" && v.Val == nil {
			w.add([]string{v.Name}, selecting)
		}
	}
	each(m, func(field protoreflect.Name, child protoreflect.Message) {
		w.attributes(child, selecting || field == "where_clause" || field == "quals" || field == "having_clause")
	})
}

func (w *quipletWalk) add(parts []string, selecting bool) {
	relation := "?"
	if len(parts) > 1 {
		if r, ok := w.aliases[parts[len(parts)-2]]; ok {
			relation = r
		}
	} else if len(w.q.relations) == 1 {
		relation = sorted(w.q.relations)[0]
	}
	into := w.q.projected
	if selecting {
		into = w.q.selecting
	}
	into[relation+"."+parts[len(parts)-1]] = true
}

// each calls f for the messages that m holds, and in which field.
func each(m protoreflect.Message, f func(protoreflect.Name, protoreflect.Message)) {
	m.Range(func(d protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case d.IsList() && d.Kind() == protoreflect.MessageKind:
			for i := range v.List().Len() {
				f(d.Name(), v.List().Get(i).Message())
			}
		case !d.IsList() && !d.IsMap() && d.Kind() == protoreflect.MessageKind:
			f(d.Name(), v.Message())
		}
		return true
	})
}
