package app

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/auditwarden/auditwarden/pipeline/embedded"
)

// StartEngine starts the embedded engine as a process of its own (this program with args), supervised, and waits until it
// answers. stop ends it; it is to be called after everything that writes to the engine has ended.
func (a *App) StartEngine(ctx context.Context, args []string) (stop func(), err error) {
	if _, err := embedded.FindLibrary(a.Config.Embedded.Library); err != nil {
		return nil, err
	}
	if err := free(ctx, a.Config.Embedded.Listen); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program's path: %w", err)
	}
	s, err := embedded.NewSupervisor(embedded.SupervisorConfig{
		Command: append([]string{self}, args...), Address: a.Config.Embedded.Listen, Output: pipeOnly{os.Stderr},
	}, embedded.Options{Logger: a.Log, Registerer: a.Registry})
	if err != nil {
		return nil, err
	}
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- s.Run(own) }()
	stop = func() {
		cancel()
		if err := <-ended; err != nil {
			a.Log.Error("embedded ClickHouse did not end in order", "error", err)
		}
	}
	select {
	case <-s.Ready():
		return stop, nil
	case err := <-ended:
		cancel()
		return nil, err
	case <-ctx.Done():
		stop()
		return nil, context.Cause(ctx)
	}
}

// pipeOnly hides that a writer is a file, so that the engine gets a pipe: on a terminal it would colour its answers.
type pipeOnly struct{ io.Writer }

// free says so if somebody listens at address already: it would answer in the engine's place.
func free(ctx context.Context, address string) error {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("embedded.listen: %w; stop what listens there (another 'auditwarden run'?) or choose another address", err)
	}
	return ln.Close()
}
