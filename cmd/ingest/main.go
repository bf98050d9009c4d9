// Command ingest reads the configured sources, understands every statement, and stores events in ClickHouse.
package main

import (
	"os"

	"github.com/auditwarden/auditwarden/cmd/internal/app"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
)

func main() { os.Exit(run()) }

func run() int {
	p := app.Process{
		Name: "auditwarden-ingest", Store: true, Run: (*app.App).Ingest,
		Help: "This process reads the configured sources, understands every statement, and stores events in ClickHouse.",
	}
	return cli.Main(p.Name, p.Main)
}
