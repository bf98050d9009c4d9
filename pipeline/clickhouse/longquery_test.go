package clickhouse

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// TestLongQuery: names from logs are written into queries; a few thousand of them are more than a server takes by itself.
func TestLongQuery(t *testing.T) {
	db := emptyDB(t)
	var pairs []string
	for i := range 30_000 {
		pairs = append(pairs, fmt.Sprintf("('cluster', 'a role with a long name, number %d')", i))
	}
	var n uint64
	err := db.Conn().QueryRow(context.Background(), "SELECT count() FROM numbers(10) WHERE ('cluster', 'a role with a long name, number ' || toString(number)) IN ("+strings.Join(pairs, ", ")+")").Scan(&n)
	if err != nil || n != 10 {
		t.Errorf("%d, %v", n, err)
	}
}
