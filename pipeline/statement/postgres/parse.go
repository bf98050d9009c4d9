// Package postgres parses PostgreSQL's SQL with the server's own grammar and brings the result into the common tree.
//
// It does not guard against deep nesting: the grammar is C and recurses on the C stack, so callers bound the depth
// of the text first.
package postgres

import (
	pgquery "github.com/pganalyze/pg_query_go/v5"

	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// FingerprintVersion names pg_query's fingerprint algorithm: version 3.
const FingerprintVersion = 3

// Parse reads all statements of a text. The error holds parts of the text: do not show it.
func Parse(text string) ([]*tree.Statement, error) {
	res, err := pgquery.Parse(text)
	if err != nil {
		return nil, err
	}
	out := make([]*tree.Statement, 0, len(res.Stmts))
	for _, raw := range res.Stmts {
		if raw.Stmt != nil {
			out = append(out, statement(raw.Stmt))
		}
	}
	return out, nil
}

// Fingerprint gives pg_query's fingerprint: 16 hexadecimal digits.
func Fingerprint(text string) (string, error) { return pgquery.Fingerprint(text) }
