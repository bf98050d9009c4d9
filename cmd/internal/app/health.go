package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Health collects whether the parts of a process work. A part that was never set counts as not ready.
type Health struct {
	mu    sync.Mutex
	parts map[string]string // name → what is wrong, "" if nothing
}

// NewHealth makes a Health in which each of the named parts is still starting.
func NewHealth(parts ...string) *Health {
	h := &Health{parts: map[string]string{}}
	for _, p := range parts {
		h.parts[p] = "starting"
	}
	return h
}

// Set notes that the part works (nil) or why it does not.
func (h *Health) Set(part string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.parts[part] = ""
	if err != nil {
		h.parts[part] = err.Error()
	}
}

func (h *Health) snapshot() (ready bool, parts map[string]string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	ready, parts = true, map[string]string{}
	for name, wrong := range h.parts {
		parts[name] = "ok"
		if wrong != "" {
			ready, parts[name] = false, wrong
		}
	}
	return ready, parts
}

// ServeHTTP answers 200 when all parts work, else 503, with a JSON object of the parts either way.
func (h *Health) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	ready, parts := h.snapshot()
	w.Header().Set("Content-Type", "application/json")
	if !ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	// The client is gone if this fails; there is nobody to tell.
	_ = json.NewEncoder(w).Encode(map[string]any{"ready": ready, "parts": parts})
}

// ServeHTTP runs the endpoint for health and metrics until ctx ends: /healthz (the process runs), /readyz (its parts
// work), /metrics (Prometheus). An empty address means none is wanted.
func ServeHTTP(ctx context.Context, addr string, health *Health, gather prometheus.Gatherer, log *slog.Logger) error {
	if addr == "" {
		<-ctx.Done()
		return nil
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("http.listen: %w; choose another address, or \"\" for none", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.Handle("GET /readyz", health)
	mux.Handle("GET /metrics", promhttp.HandlerFor(gather, promhttp.HandlerOpts{}))
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10}
	stopped := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		defer close(stopped)
		quiet, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		if err := srv.Shutdown(quiet); err != nil {
			log.Warn("health endpoint closed with requests under way", "error", err)
		}
	})
	log.Info("health and metrics", "address", ln.Addr().String())
	err = srv.Serve(ln)
	if !unhook() {
		<-stopped
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve health and metrics: %w", err)
}
