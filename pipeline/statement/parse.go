package statement

import (
	"errors"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement/lexer"
	"github.com/auditwarden/auditwarden/pipeline/statement/mysql"
	"github.com/auditwarden/auditwarden/pipeline/statement/postgres"
	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// Complaints that may be shown: a grammar's own hold parts of the text.
var (
	errSyntax  = errors.New("the text is not accepted by the grammar")
	errDeep    = errors.New("the text is nested or chained too deep to be parsed")
	errLong    = errors.New("the text is too long to be parsed")
	errUnended = errors.New("the text ends inside a string, a name or a comment")
)

type parsed struct {
	statements  []*tree.Statement
	fingerprint string
	version     uint8
}

// parse gives a canonical text to its grammar, if it is safe to.
func (a *Analyser) parse(f *form, text string) (parsed, error) {
	switch {
	case f.facts&factTooDeep != 0:
		return parsed{}, errDeep
	case len(text) > a.cfg.MaxParseBytes:
		return parsed{}, errLong
	case f.facts&factUnterminated != 0:
		return parsed{}, errUnended
	}
	if f.dialect == lexer.MySQL {
		res, err := a.mysql.Parse(text)
		if err != nil || len(res.Statements) == 0 {
			return parsed{}, errSyntax
		}
		return parsed{res.Statements, res.Fingerprint, mysql.FingerprintVersion}, nil
	}
	stmts, err := postgres.Parse(text)
	if err != nil || len(stmts) == 0 {
		return parsed{}, errSyntax
	}
	fp, err := postgres.Fingerprint(text)
	if err != nil {
		return parsed{}, errSyntax
	}
	return parsed{stmts, fp, postgres.FingerprintVersion}, nil
}

// understood fills in what the trees tell.
func understood(st *pipeline.Statement, f *form, p parsed) {
	st.Fingerprint, st.FingerprintVersion = p.fingerprint, p.version
	st.Limbs = limbs(p.statements)
	c := collector{st: st, tables: map[pipeline.Table]bool{}, functions: map[string]bool{}}
	for _, s := range p.statements {
		st.Kinds = append(st.Kinds, s.Kind)
		tree.Walk(s, tree.Visitor{Table: c.table, Node: c.node})
	}
	j := newJudge(f)
	j.statements(p.statements)
	j.text()
	j.verdict(st)
}

// collector gathers tables and functions, each once, in order.
type collector struct {
	st        *pipeline.Statement
	tables    map[pipeline.Table]bool
	functions map[string]bool
}

const maxNames = 256 // tables and functions kept of one statement

func (c *collector) table(t pipeline.Table) {
	t.Schema, t.Name = clean(t.Schema), clean(t.Name)
	if c.tables[t] || len(c.st.Tables) >= maxNames {
		return
	}
	c.tables[t] = true
	c.st.Tables = append(c.st.Tables, t)
}

func (c *collector) node(n *tree.Node) {
	if n.Kind != tree.Func || n.Name == "" {
		return
	}
	name := clean(n.Name)
	if c.functions[name] || len(c.st.Functions) >= maxNames {
		return
	}
	c.functions[name] = true
	c.st.Functions = append(c.st.Functions, name)
}

// errRecord is said of a record that no parser understood.
var errRecord = errors.New("not a statement: the record was not understood")

// unendedWeight is what an end inside a string weighs by itself.
const unendedWeight = 0.35
