package main

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/auditwarden/auditwarden/cmd/internal/cli"
	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement"
)

const explainHelp = `Shows what one SQL text means: its fingerprint and normal form, what it touches, and which signals it carries and why.
With -jsonl it reads {"sql":…,"dialect":…} lines on standard input and writes one JSON object for each.`

func explain(ctx context.Context, env cli.Env) error {
	f := cli.NewFlags(env, "auditwarden explain", "[-dialect D] SQL | -jsonl", explainHelp)
	dialect := f.String("dialect", string(pipeline.PostgreSQL), "`postgresql`, mysql or mariadb")
	lines := f.Bool("jsonl", false, "read JSON lines on standard input")
	asJSON := f.Bool("json", false, "print JSON")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	engine := pipeline.Engine(*dialect)
	switch engine {
	case pipeline.PostgreSQL, pipeline.MySQL, pipeline.MariaDB:
	default:
		return cli.Usagef("-dialect %q must be postgresql, mysql or mariadb", *dialect)
	}
	if *lines {
		if f.NArg() > 0 {
			return cli.Usagef("-jsonl reads standard input and takes no SQL (see 'auditwarden explain -h')")
		}
		return statement.ExplainLines(ctx, env.Stdin, env.Stdout)
	}
	if f.NArg() == 0 {
		return cli.Usagef("no SQL given (see 'auditwarden explain -h')")
	}
	e := statement.Explain(engine, strings.Join(f.Args(), " "))
	if *asJSON {
		out := json.NewEncoder(env.Stdout)
		out.SetEscapeHTML(false)
		return out.Encode(e)
	}
	return e.WriteText(env.Stdout)
}
