// Command auditwarden runs everything in one process on an embedded ClickHouse, and is the operator's tool: it checks
// configurations, parses logs, explains statements, shows baselines, tests rules and verifies the archive.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/auditwarden/auditwarden/cmd/internal/cli"
)

func main() { os.Exit(run()) }

func run() int { return cli.Main("auditwarden", dispatch) }

// command is one of the tool's verbs. It parses its own flags; env.Args holds what follows its name.
type command struct {
	name string
	does string
	run  func(context.Context, cli.Env) error
}

func commands() []command {
	return []command{
		{"run", "run ingest, detect and archive in one process", runAll},
		{"check", "validate a configuration file and say all that is wrong with it", check},
		{"parse", "print what a log says as JSON lines", parse},
		{"explain", "show what a SQL statement means and why it would be suspicious", explain},
		{"scan", "run the pipeline once over files and report what it finds", scan},
		{"rules", "list, show, test and dry-run the rules", rules},
		{"alerts", "list and show alerts, acknowledge and close them", alerts},
		{"baseline", "show, compare, correct and draw what is normal for each role", baselines},
		{"query", "run a saved query", query},
		{"spikes", "judge a series of time stamps and values as volumes are judged", spikes},
		{"reparse", "parse the records in quarantine again", reparse},
		{"reconcile", "compare ClickHouse, the archive and the sources, and name every gap", reconcile},
		{"archive", "verify the archive, extract a record from it, make its keys", archive},
		{"clickhouse", "serve the embedded ClickHouse engine", serveClickHouse},
		{"version", "print the version", version},
	}
}

func dispatch(ctx context.Context, env cli.Env) error {
	if len(env.Args) == 0 {
		printUsage(env)
		return cli.Usagef("no command given")
	}
	name := env.Args[0]
	env.Args = env.Args[1:]
	switch name {
	case "-h", "-help", "--help", "help":
		printUsage(env)
		return nil
	}
	for _, c := range commands() {
		if c.name == name {
			return c.run(ctx, env)
		}
	}
	return cli.Usagef("no command called %q (see 'auditwarden -h')", name)
}

func printUsage(env cli.Env) {
	var b strings.Builder
	b.WriteString("usage: auditwarden COMMAND [flags]\n\ncommands:\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-12s %s\n", c.name, c.does)
	}
	b.WriteString("\n'auditwarden COMMAND -h' tells more. Exit codes: 0 ok, 1 failed, 2 called wrongly.\n")
	fmt.Fprint(env.Stdout, b.String())
}

func version(_ context.Context, env cli.Env) error {
	f := cli.NewFlags(env, "auditwarden version", "", "Prints the version, and the Go version it was built with.")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		fmt.Fprintln(env.Stdout, "auditwarden (unknown build)")
		return nil
	}
	fmt.Fprintf(env.Stdout, "auditwarden %s %s\n", info.Main.Version, info.GoVersion)
	return nil
}
