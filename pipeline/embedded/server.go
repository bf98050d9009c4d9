package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/embedded/internal/chdb"
)

// Options are what a Server needs besides its configuration.
type Options struct {
	Logger     *slog.Logger          // nil discards
	Registerer prometheus.Registerer // nil keeps the metrics to itself
}

// Server is the engine with its HTTP interface.
type Server struct {
	cfg      Config
	log      *slog.Logger
	lib      *chdb.Library
	anchor   *chdb.Conn // keeps the engine up between requests
	lock     *os.File
	listener net.Listener
	password pipeline.Secret
	metrics  *metrics

	arguments     []string // of every session
	analystMemory uint64
	stopping      context.Context // ends when the server is to stop
	stop          context.CancelFunc
	writers       *slots
	readers       *slots
	engineVersion string
	engineZone    string
}

// New opens the engine on its folder and the listener. The caller calls Serve, which closes both.
func New(cfg Config, opts Options) (_ *Server, err error) {
	s := &Server{cfg: cfg, log: opts.Logger}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := cfg.Validate().Err(); err != nil {
		return nil, fmt.Errorf("embedded ClickHouse: %w", err)
	}
	path, err := FindLibrary(cfg.Library)
	if err != nil {
		return nil, err
	}
	if s.metrics, err = newMetrics(opts.Registerer); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	s.stopping, s.stop = context.WithCancel(context.Background())
	s.writers, s.readers = newSlots(writerSlots), newSlots(cfg.Analyst.Queries)
	if s.cfg.Path, err = filepath.Abs(cfg.Path); err != nil {
		return nil, fmt.Errorf("resolve data folder: %w", err)
	}
	if err := os.MkdirAll(s.cfg.Path, 0o700); err != nil {
		return nil, fmt.Errorf("create data folder: %w", err)
	}
	if s.lock, err = lockFolder(s.cfg.Path); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.password, err = password(s.cfg.Path); err != nil {
		return nil, err
	}
	if s.lib, err = chdb.Open(path); err != nil {
		return nil, err
	}
	if err := s.openEngine(); err != nil {
		return nil, err
	}
	if s.listener, err = net.Listen("tcp", cfg.Listen); err != nil {
		return nil, fmt.Errorf("listen for ClickHouse clients: %w", err)
	}
	return s, nil
}

func (s *Server) openEngine() error {
	memory := s.cfg.MaxMemoryBytes
	if memory == 0 {
		memory = machineMemory() / 2
	}
	s.analystMemory = s.cfg.Analyst.MaxMemoryBytes
	if s.analystMemory == 0 {
		s.analystMemory = memory / 4
	}
	config, err := writeEngineConfig(&s.cfg, memory)
	if err != nil {
		return err
	}
	s.arguments = append([]string{"--path=" + s.cfg.Path, "--config-file=" + config}, sessionSettings...)
	if s.anchor, err = s.lib.Connect(s.arguments...); err != nil {
		return fmt.Errorf("open engine on %s: %w", s.cfg.Path, err)
	}
	r, err := s.anchor.Query("SELECT version(), timezone()", "TSV")
	if err != nil {
		return fmt.Errorf("ask engine for its version: %w", err)
	}
	defer r.Close()
	s.engineVersion, s.engineZone, _ = strings.Cut(strings.TrimSpace(string(r.Data())), "\t")
	return nil
}

// Address is where the HTTP interface listens.
func (s *Server) Address() string { return s.listener.Addr().String() }

// Password is the writer's.
func (s *Server) Password() pipeline.Secret { return s.password }

// shutdownPatience is how long a writer's running statements may go on when the server is to stop. Readers' are ended at once.
const shutdownPatience = 10 * time.Second

// Serve answers until ctx ends, then waits for running statements, closes the engine and returns nil.
func (s *Server) Serve(ctx context.Context) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	h := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		MaxHeaderBytes:    1 << 20,
		BaseContext:       func(net.Listener) context.Context { return base },
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		s.stop()
		grace, done := context.WithTimeout(context.WithoutCancel(ctx), shutdownPatience)
		defer done()
		if h.Shutdown(grace) != nil {
			cancel() // ends every statement that still runs
			last, done := context.WithTimeout(context.WithoutCancel(ctx), shutdownPatience)
			defer done()
			_ = h.Shutdown(last) // the engine must not be closed under a statement
			_ = h.Close()
		}
	})
	s.log.Info("embedded ClickHouse is up", "address", s.Address(), "path", s.cfg.Path, "version", s.engineVersion)
	err := h.Serve(s.listener)
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	if !stop() {
		<-stopped
	}
	return errors.Join(err, s.close())
}

func (s *Server) close() error {
	var err error
	if s.listener != nil {
		_ = s.listener.Close() // already closed by http.Server in the usual case
	}
	if s.anchor != nil {
		s.anchor.Close()
		s.anchor = nil
		// The engine reports a thread that it cannot reach after any insert into a MergeTree; nothing is lost by that, and
		// the Go runtime ends the process without running the library's exit handlers, which such a thread could crash.
		if e := s.lib.Shutdown(); e != nil {
			s.log.Debug("shut down engine", "error", e)
		}
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
		s.lock = nil
	}
	return err
}
