package clickhouse

import (
	"context"
	"embed"
	"fmt"
	"reflect"
	"slices"
	"strings"

	chgo "github.com/ClickHouse/clickhouse-go/v2"
)

//go:embed queries/*.sql
var queryFiles embed.FS

// Query is a saved query for analysts: plain SQL with ClickHouse's own parameters, {name:Type}.
type Query struct {
	Name        string // the file's, without .sql
	Title       string
	Description string
	Params      []Param
	SQL         string
}

// Param is a parameter of a [Query].
type Param struct {
	Name    string
	Type    string
	Default string
}

// Queries lists the saved queries by name.
func Queries() []Query {
	entries, err := queryFiles.ReadDir("queries")
	if err != nil {
		panic(err) // the files are part of the program
	}
	var list []Query
	for _, e := range entries {
		text, err := queryFiles.ReadFile("queries/" + e.Name())
		if err != nil {
			panic(err)
		}
		list = append(list, parseQuery(strings.TrimSuffix(e.Name(), ".sql"), string(text)))
	}
	return list
}

// parseQuery reads the header of comments: title, description, and one param line each.
func parseQuery(name, text string) Query {
	q := Query{Name: name}
	for {
		line, rest, _ := strings.Cut(text, "\n")
		key, value, ok := strings.Cut(strings.TrimPrefix(line, "-- "), ": ")
		if !strings.HasPrefix(line, "-- ") || !ok {
			q.SQL = strings.TrimSpace(text)
			return q
		}
		switch key {
		case "title":
			q.Title = value
		case "description":
			q.Description = value
		case "param":
			head, def, _ := strings.Cut(value, " = ")
			name, typ, _ := strings.Cut(head, " ")
			q.Params = append(q.Params, Param{name, typ, def})
		}
		text = rest
	}
}

// Answer is the result of a saved query, as text.
type Answer struct {
	Columns []string
	Rows    [][]string
}

// Ask runs the saved query of that name. Parameters not given have their defaults.
func (db *DB) Ask(ctx context.Context, name string, params map[string]string) (Answer, error) {
	all := Queries()
	i := slices.IndexFunc(all, func(q Query) bool { return q.Name == name })
	if i < 0 {
		return Answer{}, fmt.Errorf("no saved query is called %q", name)
	}
	bound := chgo.Parameters{}
	for _, p := range all[i].Params {
		bound[p.Name] = p.Default
	}
	for k, v := range params {
		if _, ok := bound[k]; !ok {
			return Answer{}, fmt.Errorf("query %s has no parameter %q", name, k)
		}
		bound[k] = v
	}
	ctx, cancel := db.queryContext(ctx)
	defer cancel()
	answer, err := db.ask(chgo.Context(ctx, chgo.WithParameters(bound)), all[i].SQL)
	if err != nil {
		return Answer{}, fmt.Errorf("query %s: %w", name, db.scrub(err))
	}
	return answer, nil
}

func (db *DB) ask(ctx context.Context, sql string) (Answer, error) {
	rows, err := db.conn.Query(ctx, sql)
	if err != nil {
		return Answer{}, err
	}
	defer rows.Close()
	types := rows.ColumnTypes()
	answer := Answer{Columns: rows.Columns()}
	for rows.Next() {
		dest := make([]any, len(types))
		for i, t := range types {
			dest[i] = reflect.New(t.ScanType()).Interface()
		}
		if err := rows.Scan(dest...); err != nil {
			return Answer{}, err
		}
		row := make([]string, len(dest))
		for i, d := range dest {
			row[i] = text(reflect.ValueOf(d).Elem())
		}
		answer.Rows = append(answer.Rows, row)
	}
	return answer, rows.Err()
}

// text prints a value; NULL is empty.
func text(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	return fmt.Sprint(v.Interface())
}
