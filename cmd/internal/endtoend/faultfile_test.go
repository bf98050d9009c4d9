package endtoend

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// logWriter appends lines to a log that may be rotated meanwhile.
type logWriter struct {
	path  string
	lines *faultLines
	bytes int64
	turn  chan chan struct{} // asks for a rotation; closed channels answer
	n     int
}

func (w *logWriter) write(target *atomic.Int64) error {
	file, err := os.OpenFile(w.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(file, 32<<10) // lines are cut in the middle by its flushes
	for i := 0; i < w.lines.total; {
		select {
		case done := <-w.turn:
			if file, err = w.rotate(file, out); err != nil {
				return err
			}
			close(done)
		default:
		}
		if int64(i) >= target.Load() {
			if err := out.Flush(); err != nil {
				return err
			}
			time.Sleep(5 * time.Millisecond)
			continue
		}
		n, err := out.Write(append(w.lines.line(i), '\n'))
		if err != nil {
			return err
		}
		w.bytes += int64(n)
		i++
		w.lines.written.Store(int64(i))
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Close()
}

// rotate renames the log and begins a new one, as logrotate does.
func (w *logWriter) rotate(file *os.File, out *bufio.Writer) (*os.File, error) {
	if err := out.Flush(); err != nil {
		return nil, err
	}
	w.n++
	if err := os.Rename(w.path, fmt.Sprintf("%s.%d", w.path, w.n)); err != nil {
		return nil, err
	}
	next, err := os.OpenFile(w.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	out.Reset(next)
	return next, file.Close()
}

// TestFaultFile follows a log that grows and is rotated, while everything that can fail does.
func TestFaultFile(t *testing.T) {
	seed, lines, n := faultRun(t, 40_000, 40)
	f := newFaultSite(t, seed, lines)
	logs := filepath.Join(f.dir, "logs")
	if err := os.Mkdir(logs, 0o700); err != nil {
		t.Fatal(err)
	}
	w := &logWriter{path: filepath.Join(logs, "audit.log"), lines: lines, turn: make(chan chan struct{})}
	f.extra = []fault{{"log rotated", 4, 0, func() {
		done := make(chan struct{})
		select {
		case w.turn <- done:
			<-done
		case <-time.After(time.Second): // all is written
		}
	}}, {"log copied", 2, 0, func() { f.copyLog(w) }}}
	f.configure(fmt.Sprintf(`file: {paths: ["%s/*"], batch_lines: 700, poll_interval: 50ms, scan_interval: 100ms, rotated_grace: 1s}`, logs))
	f.disturb(n, w.write)
	f.settle(w.bytes)
}

// copyLog leaves a copy of a rotated log beside it: the same lines under another name.
func (f *faultSite) copyLog(w *logWriter) {
	if w.n == 0 {
		return
	}
	from := fmt.Sprintf("%s.%d", w.path, 1+f.rng.IntN(w.n))
	b, err := os.ReadFile(from)
	if err != nil {
		f.t.Fatal(err)
	}
	writeFile(f.t, fmt.Sprintf("%s.copy%d", from, f.counts["log copied"]), string(b))
}
