package main

import (
	"hash/fnv"
	"slices"
)

// protocol is one way to learn from some benign rows and to test on others.
type protocol struct {
	name    string
	learned []row
	test    []row
}

// protocols gives the ways that a set allows. other are benign rows of another schema or application.
func protocols(s set, other []row) []protocol {
	learned, test := split(s.rows)
	out := []protocol{{"in domain", learned, test}}
	if l, t := unseen(s.rows); len(l) > 0 && len(t) > 0 {
		out = append(out, protocol{"unseen templates", l, t})
	}
	names := schemas(s.rows)
	if len(names) < 2 {
		if len(other) > 0 {
			out = append(out, protocol{"other application", other, testOnly(s.rows)})
		}
		return out
	}
	for _, name := range names {
		var l, t []row
		for _, r := range s.rows {
			switch {
			case r.Schema == name:
				t = append(t, r)
			case !r.attack():
				l = append(l, r)
			}
		}
		out = append(out, protocol{"other schema, tested on " + name, l, testOnly(t)})
	}
	return out
}

// split takes every other benign row to learn from.
func split(rows []row) (learned, test []row) {
	n := 0
	for _, r := range rows {
		if !r.attack() {
			if n++; n%2 == 0 {
				learned = append(learned, r)
				continue
			}
		}
		test = append(test, r)
	}
	return learned, testOnly(test)
}

// unseen learns from one half of the benign shapes and tests on the other: no tested shape was seen.
func unseen(rows []row) (learned, test []row) {
	for _, r := range rows {
		if !r.attack() && half(r) {
			learned = append(learned, r)
			continue
		}
		test = append(test, r)
	}
	return learned, testOnly(test)
}

func half(r row) bool {
	h := fnv.New32a()
	if r.st != nil {
		h.Write([]byte(r.st.Fingerprint))
	}
	return h.Sum32()%2 == 0
}

// testOnly leaves out the base requests that tools send before they attack.
func testOnly(rows []row) []row {
	return slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r.Class == "base request" })
}

func schemas(rows []row) []string {
	var out []string
	for _, r := range rows {
		if r.Schema != "" && !slices.Contains(out, r.Schema) {
			out = append(out, r.Schema)
		}
	}
	slices.Sort(out)
	return out
}

func benignOf(rows []row) []row {
	return slices.DeleteFunc(slices.Clone(rows), row.attack)
}
