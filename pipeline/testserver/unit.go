package testserver

import (
	"syscall"
	"testing"
)

// unit is a server that a test may stop, kill and start again on the same port with the same data.
type unit struct {
	tb     testing.TB
	signal syscall.Signal // asks for a clean end
	launch func() (*process, error)
	proc   *process // nil while stopped
}

// begin launches the server for the first time and sees to its end.
func (u *unit) begin(needPorts int, setup func(ports []int)) {
	u.tb.Helper()
	u.tb.Cleanup(u.cleanup)
	startOnFreePorts(u.tb, needPorts, func(ports []int) error {
		setup(ports)
		var err error
		u.proc, err = u.launch()
		return err
	})
}

func (u *unit) cleanup() {
	if u.proc == nil {
		return
	}
	if err := u.proc.end(u.signal); err != nil {
		u.tb.Logf("%v", err)
	}
	u.proc = nil
}

// Stop ends the server cleanly.
func (u *unit) Stop() {
	u.tb.Helper()
	if u.proc == nil {
		return
	}
	if err := u.proc.end(u.signal); err != nil {
		u.tb.Fatalf("%v", err)
	}
	u.proc = nil
}

// Kill ends the server by SIGKILL.
func (u *unit) Kill() {
	u.tb.Helper()
	if u.proc == nil {
		return
	}
	if err := u.proc.end(syscall.SIGKILL); err != nil {
		u.tb.Fatalf("%v", err)
	}
	u.proc = nil
}

// Start starts a stopped or killed server again and waits until it answers.
func (u *unit) Start() {
	u.tb.Helper()
	if u.proc != nil {
		u.tb.Fatal("start a server that runs")
	}
	var err error
	if u.proc, err = u.launch(); err != nil {
		u.tb.Fatalf("%v", err)
	}
}

// Restart stops the server cleanly and starts it again.
func (u *unit) Restart() {
	u.tb.Helper()
	u.Stop()
	u.Start()
}

// PID is the server's process id, 0 while it is stopped.
func (u *unit) PID() int {
	if u.proc == nil {
		return 0
	}
	return u.proc.cmd.Process.Pid
}

// launched waits until a process is ready, and ends it if it never is.
func launched(p *process, err error, ready func(*process) error) (*process, error) {
	if err != nil {
		return nil, err
	}
	if err := ready(p); err != nil {
		_ = p.end(syscall.SIGKILL) // the first error says more
		return nil, err
	}
	return p, nil
}
