package app

import (
	"context"
	"fmt"
	"io"
	"net/url"
)

// ServeHTTP runs the endpoint for health and metrics until ctx ends.
func (a *App) ServeHTTP(ctx context.Context) error {
	return ServeHTTP(ctx, a.Config.HTTP.Listen, a.Health, a.Registry, a.Log)
}

// IngestAndArchive reads all sources to their end, or until ctx ends: once into the store, and once into the archive if
// one is configured. Neither waits for the other.
func (a *App) IngestAndArchive(ctx context.Context) error {
	var g Group
	g.Add("ingest", a.Ingest)
	if !a.Config.Archive.Off {
		g.Add("archive", a.Archive)
	}
	return g.Run(ctx)
}

// RunForever runs ingest, archive and detect until ctx ends or one of them fails for good.
func (a *App) RunForever(ctx context.Context) error {
	d, err := a.NewDetection()
	if err != nil {
		return err
	}
	var g Group
	g.Add("ingest and archive", a.IngestAndArchive)
	g.Add("detect", d.Run)
	return g.Run(ctx)
}

// examples are questions that have an interesting answer on most logs.
var examples = []struct{ question, sql string }{
	{"What was found, and about whom?", "SELECT first_seen, rule, role, client, summary FROM alerts FINAL WHERE severity = 'critical' ORDER BY first_seen LIMIT 5 FORMAT Vertical"},
	{"Who touches which table, how often, from where?", "SELECT role, arrayJoin(tables) AS table, count() AS events, uniqExact(client) AS clients, max(event_time) AS last FROM events FINAL GROUP BY role, table ORDER BY events DESC LIMIT 20 FORMAT PrettyCompact"},
}

// WriteWhereToAsk says where ClickHouse listens, and prints two questions to paste into a shell.
func (a *App) WriteWhereToAsk(w io.Writer) {
	if !a.Config.UsesEmbedded() {
		return
	}
	base := "http://" + a.Config.Embedded.Listen
	fmt.Fprintf(w, "\nAsk your own questions at %s (ClickHouse SQL; the user without a password may only read):\n", base)
	for _, e := range examples {
		fmt.Fprintf(w, "\n  # %s\n  curl -s '%s/' --data-binary \"%s\"\n", e.question, base, e.sql)
	}
	fmt.Fprintf(w, "\n  or in a browser: %s/?query=%s\n", base, url.QueryEscape("SELECT rule, count() FROM alerts FINAL GROUP BY rule FORMAT PrettyCompact"))
}
