// Package cli is what the commands share: exit codes, usage errors, signals and the logger.
//
// Exit codes: 0 done, 1 failed, 2 called wrongly. A first SIGINT or SIGTERM asks the command to stop in order; a second
// one ends it at once.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// The exit codes of all commands.
const (
	ExitOK     = 0
	ExitFailed = 1
	ExitUsage  = 2
)

// Env is the world of a command: everything it may read from and write to.
type Env struct {
	Args   []string // without the program's name
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
}

// UsageError says that a command was called wrongly.
type UsageError struct{ Message string }

func (e *UsageError) Error() string { return e.Message }

// Usagef makes a [UsageError].
func Usagef(format string, args ...any) error {
	return &UsageError{Message: fmt.Sprintf(format, args...)}
}

// ErrReported says that the command has failed and has already said why.
var ErrReported = errors.New("already reported")

// Main runs a command until it returns or a signal asks it to stop, and gives its exit code. The error is printed as
// one line with the program's name before it.
func Main(name string, command func(context.Context, Env) error) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process
	return Exit(name, os.Stderr, command(ctx, Env{Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}))
}

// Exit prints err, if any, and gives the exit code that goes with it.
func Exit(name string, stderr io.Writer, err error) int {
	var usage *UsageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return ExitOK
	case errors.Is(err, ErrReported):
		return ExitFailed
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "%s: %s\n", name, usage.Message)
		return ExitUsage
	default:
		fmt.Fprintf(stderr, "%s: %s\n", name, err)
		return ExitFailed
	}
}

// Flags is a flag set that prints its help on request and turns its errors into usage errors.
type Flags struct {
	*flag.FlagSet
	printHelp func()
}

// NewFlags makes the flag set of the command called name ("auditwarden parse"). synopsis is what follows the name in the
// usage line; help is a paragraph.
func NewFlags(env Env, name, synopsis, help string) *Flags {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {} // not on a mistake: the output may be going into a file
	printHelp := func() {
		fmt.Fprintf(env.Stdout, "usage: %s %s\n\n%s\n", name, synopsis, help)
		n := 0
		fs.VisitAll(func(*flag.Flag) { n++ })
		if n > 0 {
			fmt.Fprint(env.Stdout, "\nflags:\n")
			fs.SetOutput(env.Stdout)
			fs.PrintDefaults()
			fs.SetOutput(io.Discard)
		}
	}
	return &Flags{FlagSet: fs, printHelp: printHelp}
}

// Parse reads the flags from args; positional arguments are left in Args. It returns [flag.ErrHelp] after printing help.
func (f *Flags) Parse(args []string) error {
	err := f.FlagSet.Parse(args)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, flag.ErrHelp):
		f.printHelp()
		return err
	}
	return Usagef("%s (see '%s -h')", err, f.Name())
}
