package file

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

var _ pipeline.Idler = (*Source)(nil)

// TestIdle: a source is idle while it waits for a file to grow, and only then.
func TestIdle(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.log")
	if err := os.WriteFile(path, []byte("one\ntwo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := Default()
	cfg.Paths = []string{path}
	s, err := New(cfg, Options{Name: "t"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Read(t.Context()); err != nil || s.Idle() {
		t.Fatalf("%v, idle %v", err, s.Idle())
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			_, _ = s.Read(ctx) // its error is that of ctx
		}
	}()
	for deadline := time.Now().Add(time.Minute); !s.Idle(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it waits, and does not say so")
		}
	}
	stop()
	<-ended
	if s.Idle() {
		t.Error("idle, although nobody reads")
	}
}
