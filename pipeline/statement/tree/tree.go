// Package tree is the common shape into which both grammars' parse trees are brought, so that each rule is written once.
//
// It keeps what a rule may ask for and drops the rest: an unknown construct becomes a node of kind [Other] with its
// operands below it, so that nothing inside it is hidden from the rules. Trees are made from canonical text and are
// not changed afterwards.
package tree

import "github.com/auditwarden/auditwarden/pipeline"

// Kind of an expression.
type Kind uint8

// The kinds of expression.
const (
	Other   Kind = iota
	Literal      // Type says which; Text is the canonical literal
	Null
	Bool // Text is "true" or "false"
	Param
	Column // Name, Qualifier
	Star
	Func    // Name (lower case, qualified as written), Args
	Binary  // Op; arithmetic, concatenation, any operator that does not compare
	Unary   // Op
	Compare // Op: = <> < <= > >= <=> ~ …
	And
	Or
	Xor
	Not
	Test // IS NULL, IS TRUE, …: Op
	In   // Args[0] IN the rest, or in Query
	Between
	Like // Op: like, ilike, similar, regexp
	Exists
	Subquery // Query, never nil; Op: "" for a scalar one, any, all, array
	Case     // Args: [operand] when then … else; Op: "operand" if it has one
	Cast     // Name: type; Args[0]
	List     // row, array or list
	Variable // Name: @x, @@x
	Default
)

// Type of a literal.
type Type uint8

// The types of literals.
const (
	NoType Type = iota
	String
	Int
	Float
	Hex
	Bit
)

// Node is one expression.
type Node struct {
	Kind      Kind
	Type      Type
	Op        string
	Name      string
	Qualifier string
	Text      string
	Args      []*Node
	Query     *Query
	Not       bool // NOT IN, NOT LIKE, NOT BETWEEN, IS NOT …
}

// Relation is an entry of FROM.
type Relation struct {
	Schema, Name string // a table, or a name of WITH
	Alias        string
	Query        *Query
	Func         *Node
	Left, Right  *Relation // a join
	On           *Node
	Natural      bool // NATURAL or USING
}

// Query is a SELECT, a VALUES list, or a set operation.
type Query struct {
	With     []With
	SetOp    string // "", union, except, intersect
	All      bool
	Left     *Query
	Right    *Query
	Values   [][]*Node
	Distinct bool
	Targets  []*Node
	Aliases  []string
	From     []*Relation
	Where    *Node
	Group    []*Node
	Having   *Node
	Order    []*Node
	Limit    *Node
	Offset   *Node
	Into     string // table, outfile, dumpfile, var
	IntoName Name   // INTO table
	IntoFile string // INTO a file: its canonical name
	IntoForm bool   // INTO a file: how fields or lines are written is said
	Extra    []*Node
	Locks    bool
	Paren    bool
}

// With is one common table expression.
type With struct {
	Name string
	Body *Statement
}

// Name is a qualified name.
type Name struct{ Schema, Name string }

// Target is a table that a statement writes or defines.
type Target struct {
	Name
	Access pipeline.Access
}

// Statement is one statement of a text.
type Statement struct {
	Kind    string
	Query   *Query   // SELECT; source of INSERT; definition of a view or table
	With    []With   // of INSERT, UPDATE, DELETE
	Targets []Target // tables written or defined
	From    []*Relation
	Sets    []*Node // assigned values
	Where   *Node
	Order   []*Node
	Limit   *Node
	Extra   []*Node // RETURNING, ON CONFLICT, arguments of utility statements
	Inner   []*Statement
	Signals []pipeline.Signal
	// NoWhere is set for UPDATE and DELETE without WHERE (and without LIMIT).
	NoWhere bool
	Whole   bool // e.g. COPY table TO, TABLE t
}

// Signal notes a fact about the statement.
func (s *Statement) Signal(name, detail string) {
	s.Signals = append(s.Signals, pipeline.Signal{Name: name, Detail: detail})
}

// ScriptFile stands in a canonical text for the name of a file that a server would run, or hand to a browser.
const ScriptFile = "x.php"

// Withheld stands in a canonical text where the server had withheld a password.
const Withheld = "<REDACTED>"
