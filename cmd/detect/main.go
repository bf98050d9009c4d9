// Command detect judges what ingest commits against rules and baselines, and delivers alerts.
package main

import (
	"context"
	"os"

	"github.com/auditwarden/auditwarden/cmd/internal/app"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
)

func main() { os.Exit(run()) }

func run() int {
	p := app.Process{
		Name: "auditwarden-detect", Store: true, Number: 1, Run: runDetect,
		Help: "This process judges what ingest commits against rules and baselines, and delivers alerts.",
	}
	return cli.Main(p.Name, p.Main)
}

func runDetect(a *app.App, ctx context.Context) error {
	d, err := a.NewDetection()
	if err != nil {
		return err
	}
	return d.Run(ctx)
}
