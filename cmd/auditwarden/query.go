package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/auditwarden/auditwarden/cmd/internal/app"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
	"github.com/auditwarden/auditwarden/pipeline/clickhouse"
)

func query(ctx context.Context, env cli.Env) error {
	f := newStoreFlags(env, "auditwarden query", "[-config FILE NAME [KEY=VALUE...]]",
		"Runs a saved query and prints its rows, separated by tabs. Without a name it lists the saved queries.")
	showSQL := f.Bool("sql", false, "print the query's SQL instead")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	if f.NArg() == 0 {
		return listQueries(env.Stdout)
	}
	params := map[string]string{}
	for _, arg := range f.Args()[1:] {
		key, value, ok := strings.Cut(arg, "=")
		if !ok {
			return cli.Usagef("%q must be KEY=VALUE", arg)
		}
		params[key] = value
	}
	if *showSQL {
		for _, q := range clickhouse.Queries() {
			if q.Name == f.Arg(0) {
				_, err := io.WriteString(env.Stdout, q.SQL)
				return err
			}
		}
	}
	a, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer a.DB.Close()
	answer, err := a.DB.Ask(ctx, f.Arg(0), params)
	if err != nil {
		return err
	}
	fmt.Fprintln(env.Stdout, strings.Join(answer.Columns, "\t"))
	for _, row := range answer.Rows {
		for i := range row { // names in a log may hold anything
			row[i] = app.Clean(row[i], 10_000)
		}
		if _, err := fmt.Fprintln(env.Stdout, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return nil
}

func listQueries(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, q := range clickhouse.Queries() {
		var params []string
		for _, p := range q.Params {
			params = append(params, p.Name)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", q.Name, q.Title, strings.Join(params, " "))
	}
	return t.Flush()
}
