// Package mysql parses the SQL of MySQL and MariaDB with TiDB's grammar and brings the result into the common tree.
//
// TiDB's grammar lacks some of the servers' statements (triggers, events, plugins, HANDLER, SELECT … INTO @variable,
// RETURNING): those with INTO or RETURNING are read without that clause, the others are left to the caller. A panic of
// the parser is returned as an error.
package mysql

import (
	"errors"
	"sync"

	"github.com/pingcap/tidb/pkg/parser"
	"github.com/pingcap/tidb/pkg/parser/ast"
	_ "github.com/pingcap/tidb/pkg/parser/test_driver" // the value expressions the grammar makes

	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// FingerprintVersion names the way fingerprints are made here: the first 64 bits of TiDB's digest of the statement,
// written out again with every operation in brackets.
const FingerprintVersion = 1

// errPanic stands for a panic of the grammar.
var errPanic = errors.New("the grammar gave up")

// Parser reads statements. It is safe for concurrent use.
type Parser struct{ pool sync.Pool }

// NewParser makes a Parser.
func NewParser() *Parser {
	return &Parser{pool: sync.Pool{New: func() any { return parser.New() }}}
}

// Result is a parsed text.
type Result struct {
	Statements  []*tree.Statement
	Fingerprint string
}

// Parse reads all statements of a text. The error holds parts of the text: do not show it.
func (p *Parser) Parse(text string) (res Result, err error) {
	sp := p.pool.Get().(*parser.Parser)
	defer func() {
		if r := recover(); r != nil {
			res, err = Result{}, errPanic
			return
		}
		p.pool.Put(sp)
	}()
	nodes, _, err := sp.ParseSQL(text)
	if err != nil {
		if cut, ok := familiar(text); ok {
			nodes, _, err = sp.ParseSQL(cut)
		}
	}
	if err != nil {
		return Result{}, err
	}
	res.Fingerprint = fingerprint(nodes, text)
	for _, n := range nodes {
		res.Statements = append(res.Statements, statement(n))
	}
	return res, nil
}

var _ ast.Visitor = (*unbracket)(nil)
