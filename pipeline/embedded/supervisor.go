package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// SupervisorConfig says how to run the engine as a process of its own.
type SupervisorConfig struct {
	Command []string // for example {"/usr/bin/auditwarden", "clickhouse", "-config", "f"}; it must use [WithParent]
	Address string   // where its HTTP interface will answer, host:port
	Output  io.Writer
	// StartTimeout is how long it may take to answer; it reads its tables first. 0 means 2 minutes.
	StartTimeout time.Duration
	// StopTimeout is how long it may take to end by SIGTERM, before SIGKILL. 0 means 30 seconds.
	StopTimeout time.Duration
}

// Supervisor keeps the engine's process running: it starts it again when it ends by itself, sooner the longer it ran.
type Supervisor struct {
	cfg     SupervisorConfig
	log     *slog.Logger
	crashed prometheus.Counter

	mu      sync.Mutex
	crashes int
	ready   chan struct{} // closed when it answered for the first time
}

// NewSupervisor prepares; [Supervisor.Run] starts.
func NewSupervisor(cfg SupervisorConfig, opts Options) (*Supervisor, error) {
	if len(cfg.Command) == 0 || cfg.Address == "" {
		return nil, errors.New("supervise embedded ClickHouse: Command and Address must be set")
	}
	if cfg.StartTimeout == 0 {
		cfg.StartTimeout = 2 * time.Minute
	}
	if cfg.StopTimeout == 0 {
		cfg.StopTimeout = 30 * time.Second
	}
	s := &Supervisor{
		cfg: cfg, log: opts.Logger, ready: make(chan struct{}),
		crashed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "auditwarden_embedded_crashes_total", Help: "How often the embedded engine's process ended by itself.",
		}),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if opts.Registerer != nil {
		if err := opts.Registerer.Register(s.crashed); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return s, nil
}

// Ready is closed when the engine has answered for the first time.
func (s *Supervisor) Ready() <-chan struct{} { return s.ready }

// Crashes counts how often the process ended by itself.
func (s *Supervisor) Crashes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.crashes
}

const (
	firstPause = 500 * time.Millisecond
	lastPause  = 30 * time.Second
	longRun    = time.Minute // after which a crash counts as the first again
)

// Run keeps the process running until ctx ends, and then ends it. An error means that it could not be started the first
// time (its own output says why), or not be ended.
func (s *Supervisor) Run(ctx context.Context) error {
	pause := firstPause
	for {
		began := time.Now()
		err := s.once(ctx)
		if ctx.Err() != nil {
			return err
		}
		select {
		case <-s.ready:
		default:
			return fmt.Errorf("start embedded ClickHouse: %w", err)
		}
		s.mu.Lock()
		s.crashes++
		s.mu.Unlock()
		s.crashed.Inc()
		if time.Since(began) > longRun {
			pause = firstPause
		}
		s.log.Error("embedded ClickHouse ended by itself; starting it again", "error", err, "pause", pause)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(2*pause, lastPause)
	}
}

// once runs the process to its end. It returns nil only if it was asked to end and did.
func (s *Supervisor) once(ctx context.Context) error {
	cmd := exec.Command(s.cfg.Command[0], s.cfg.Command[1:]...)
	cmd.Stdout, cmd.Stderr = s.cfg.Output, s.cfg.Output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for us: the engine must outlive those who write to it
	stdin, err := cmd.StdinPipe()                         // its end tells the child that we have ended, however that was
	if err != nil {
		return err
	}
	defer stdin.Close()
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	starting, cancel := context.WithTimeout(ctx, s.cfg.StartTimeout)
	defer cancel()
	answered := make(chan bool, 1)
	go func() { answered <- s.waitAnswer(starting, cmd.Process.Pid) }()
	for {
		select {
		case err := <-ended:
			return fmt.Errorf("its process ended: %w", ending(err))
		case ok := <-answered:
			if !ok && ctx.Err() == nil {
				_ = s.stop(cmd, ended)
				return fmt.Errorf("it did not answer at %s within %s", s.cfg.Address, s.cfg.StartTimeout)
			}
			if ok {
				s.announce()
			}
			answered = nil
		case <-ctx.Done():
			return s.stop(cmd, ended)
		}
	}
}

func ending(err error) error {
	if err == nil {
		return errors.New("exit status 0, unasked")
	}
	return err
}

func (s *Supervisor) announce() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.ready:
	default:
		close(s.ready)
	}
}

// stop ends the process by SIGTERM, and by SIGKILL if it takes too long.
func (s *Supervisor) stop(cmd *exec.Cmd, ended <-chan error) error {
	_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case err := <-ended:
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGTERM {
			return nil // it had not got as far as to handle it
		}
		return err
	case <-time.After(s.cfg.StopTimeout):
	}
	_ = cmd.Process.Kill()
	<-ended
	return fmt.Errorf("stop embedded ClickHouse: it did not end within %s and was killed", s.cfg.StopTimeout)
}

// waitAnswer reports whether the process answered /ping before ctx ended.
func (s *Supervisor) waitAnswer(ctx context.Context, pid int) bool {
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.cfg.Address+"/ping", nil)
		if err != nil {
			return false
		}
		if answer, err := client.Do(r); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK && answer.Header.Get(processHeader) == strconv.Itoa(pid) {
				return true
			}
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}

// WithParent gives a context that ends when stdin does: when the process that started this one with a pipe has ended,
// however that was.
func WithParent(ctx context.Context, stdin io.Reader) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		cancel()
	}()
	return ctx, cancel
}
