package cli

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"
)

func TestExit(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		code int
		text string
	}{
		{"done", nil, ExitOK, ""},
		{"help", flag.ErrHelp, ExitOK, ""},
		{"failed", errors.New("open log: no such file"), ExitFailed, "x: open log: no such file\n"},
		{"wrapped usage", fmt.Errorf("parse: %w", Usagef("no file given")), ExitUsage, "x: no file given\n"},
		{"reported", fmt.Errorf("check: %w", ErrReported), ExitFailed, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			if code := Exit("x", &out, tt.err); code != tt.code {
				t.Errorf("exit code = %d, want %d", code, tt.code)
			}
			if out.String() != tt.text {
				t.Errorf("printed %q, want %q", out.String(), tt.text)
			}
		})
	}
}

func TestFlags(t *testing.T) {
	var out bytes.Buffer
	f := NewFlags(Env{Stdout: &out}, "auditwarden x", "[-n N] FILE", "Does x.")
	n := f.Int("n", 3, "how `many`")
	if err := f.Parse([]string{"-n", "4", "file"}); err != nil || *n != 4 || f.Arg(0) != "file" {
		t.Errorf("n = %d, arguments %v, error %v", *n, f.Args(), err)
	}
	if err := f.Parse([]string{"-h"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("error = %v, want ErrHelp", err)
	}
	for _, want := range []string{"usage: auditwarden x [-n N] FILE", "Does x.", "-n many"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("help lacks %q:\n%s", want, out.String())
		}
	}
	var usage *UsageError
	if err := f.Parse([]string{"-z"}); !errors.As(err, &usage) || !strings.Contains(err.Error(), "see 'auditwarden x -h'") {
		t.Errorf("error = %v, want a usage error that points at -h", err)
	}
}
