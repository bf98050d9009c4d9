// Package stdout prints alerts: a block to read on a terminal, a JSON line elsewhere.
//
// It guarantees that nothing an attacker wrote into a name or a statement reaches the terminal as anything but
// printable characters on the line it belongs to, and that one alert is one write. It does not buffer.
package stdout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"

	"golang.org/x/term"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/sinks/internal/plain"
)

// Options of New.
type Options struct {
	Out    io.Writer                // nil for os.Stdout
	Getenv func(name string) string // nil for os.Getenv
}

// Sink prints.
type Sink struct {
	mu    sync.Mutex
	out   io.Writer
	text  bool
	color bool
}

var _ pipeline.Sink = (*Sink)(nil)

// New makes a Sink.
func New(cfg Config, o Options) (pipeline.Sink, error) {
	if err := cfg.Validate().Err(); err != nil {
		return nil, err
	}
	if o.Out == nil {
		o.Out = os.Stdout
	}
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	terminal := false
	if f, ok := o.Out.(*os.File); ok {
		terminal = term.IsTerminal(int(f.Fd()))
	}
	s := &Sink{out: o.Out, text: cfg.Format == "text", color: cfg.Color == "always"}
	if cfg.Format == "" || cfg.Format == "auto" {
		s.text = terminal
	}
	if cfg.Color == "" || cfg.Color == "auto" {
		s.color = terminal && o.Getenv("NO_COLOR") == "" && o.Getenv("TERM") != "dumb"
	}
	return s, nil
}

// Send prints a. A reader that has gone away (EPIPE) is final, a full disk is not.
func (s *Sink) Send(_ context.Context, a pipeline.Alert) (bool, error) {
	var out []byte
	if s.text {
		out = []byte(render(plain.Alert(a), s.color))
	} else {
		line, err := plain.Marshal(a)
		if err != nil {
			return false, fmt.Errorf("encode alert: %w", err)
		}
		out = append(line, '\n')
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.out.Write(out); err != nil {
		retry := !errors.Is(err, syscall.EPIPE) && !errors.Is(err, os.ErrClosed) && !errors.Is(err, io.ErrClosedPipe)
		return retry, fmt.Errorf("print alert: %w", err)
	}
	return false, nil
}
