// Command archive keeps the sources' raw lines, untouched, in S3 under Object Lock; it needs neither ClickHouse nor the parsers.
package main

import (
	"os"

	"github.com/auditwarden/auditwarden/cmd/internal/app"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
)

func main() { os.Exit(run()) }

func run() int {
	p := app.Process{
		Name: "auditwarden-archive", Store: false, Number: 2, Run: (*app.App).Archive,
		Help: "This process keeps the sources' raw lines, untouched, in S3 under Object Lock; it needs neither ClickHouse nor the parsers.",
	}
	return cli.Main(p.Name, p.Main)
}
