package mysql

import (
	"strings"

	"github.com/pingcap/tidb/pkg/parser"
	"github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/format"
)

// fingerprint digests the statements written out again in one way, so that brackets, case and spacing do not count.
func fingerprint(nodes []ast.StmtNode, text string) string {
	var sb strings.Builder
	flags := format.RestoreKeyWordUppercase | format.RestoreNameLowercase | format.RestoreStringSingleQuotes |
		format.RestoreNameBackQuotes | format.RestoreBracketAroundBinaryOperation | format.RestoreSpacesAroundBinaryOperation |
		format.RestoreStringWithoutDefaultCharset
	for i, n := range nodes {
		if i > 0 {
			sb.WriteString("; ")
		}
		n.Accept(&unbracket{})
		if err := n.Restore(format.NewRestoreCtx(flags, &sb)); err != nil {
			return Digest(text)
		}
	}
	return Digest(sb.String())
}

// Digest gives the first 64 bits of TiDB's digest of a text, which need not be parsable: 16 hexadecimal digits.
func Digest(text string) string {
	s := parser.DigestHash(text).String()
	if len(s) < 16 {
		return ""
	}
	return s[:16]
}

// unbracket removes brackets: the tree says the same without.
type unbracket struct{}

func (*unbracket) Enter(n ast.Node) (ast.Node, bool) { return n, false }

func (*unbracket) Leave(n ast.Node) (ast.Node, bool) {
	if p, ok := n.(*ast.ParenthesesExpr); ok {
		return p.Expr, true
	}
	return n, true
}
