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

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/embedded/internal/chdb"
)

// Options are what a Server needs besides its configuration.
type Options struct {
	Logger *slog.Logger // nil discards
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

	engineVersion string
	engineZone    string
}

// New opens the engine on its folder and the listener. The caller calls Serve, which closes both.
func New(cfg Config, opts Options) (_ *Server, err error) {
	s := &Server{cfg: cfg, log: opts.Logger}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	path, err := FindLibrary(cfg.Library)
	if err != nil {
		return nil, err
	}
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
	var err error
	if s.anchor, err = s.lib.Connect("--path=" + s.cfg.Path); err != nil {
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

// shutdownPatience is how long running statements may go on when the server is to end.
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
		grace, done := context.WithTimeout(context.WithoutCancel(ctx), shutdownPatience)
		defer done()
		if h.Shutdown(grace) != nil {
			cancel() // cancels every statement that still runs
			h.Close()
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
		err = s.lib.Shutdown()
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
		s.lock = nil
	}
	return err
}
