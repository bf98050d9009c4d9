package worm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// killed tells the child process what to archive.
type killed struct {
	Config   Config
	Secret   string // of Config: a Secret does not marshal
	Log      string
	External string // file that keeps the position as a Kafka group would; empty: the archive does
}

const killEnv = "AUDITWARDEN_ARCHIVE_CHILD"

// TestMain turns the test binary into an archiver when a test starts it as one.
func TestMain(m *testing.M) {
	if path := os.Getenv(killEnv); path != "" {
		if err := archiveAsChild(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func archiveAsChild(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var k killed
	if err := json.Unmarshal(b, &k); err != nil {
		return err
	}
	k.Config.SecretAccessKey = pipeline.Secret(k.Secret)
	ctx := context.Background()
	a, err := Open(ctx, k.Config, Options{})
	if err != nil {
		return err
	}
	c, err := a.Chain(ctx, testSource)
	if err != nil {
		return err
	}
	src := &lineSource{external: k.External}
	if src.text, err = os.ReadFile(k.Log); err != nil {
		return err
	}
	start := c.Positions()["file:x"]
	if k.External != "" {
		if b, err := os.ReadFile(k.External); err == nil {
			start = string(b)
		}
	}
	if start != "" {
		if src.at, err = strconv.Atoi(start); err != nil {
			return err
		}
	}
	return c.Run(ctx, src)
}

// lineSource reads lines of a text, a few at a time.
type lineSource struct {
	text     []byte
	at       int
	external string
}

func (s *lineSource) Read(context.Context) (pipeline.Batch, error) {
	if s.at == len(s.text) {
		return pipeline.Batch{}, io.EOF
	}
	var b pipeline.Batch
	for range 7 {
		i := bytes.IndexByte(s.text[s.at:], '\n')
		if i < 0 {
			break
		}
		b.Records = append(b.Records, pipeline.Record{
			Source: testSource, Stream: "file:x", Offset: int64(s.at), Raw: s.text[s.at : s.at+i], Size: int64(i) + 1,
		})
		s.at += i + 1
	}
	at := strconv.Itoa(s.at)
	if s.external == "" {
		b.Positions = map[string]string{"file:x": at}
	}
	b.Ack = func(context.Context) error {
		if s.external == "" {
			return nil
		}
		tmp := s.external + ".tmp"
		if err := os.WriteFile(tmp, []byte(at), 0o600); err != nil {
			return err
		}
		return os.Rename(tmp, s.external)
	}
	return b, nil
}

func (*lineSource) Close() error { return nil }

func TestKilled(t *testing.T) {
	for _, tc := range []struct {
		name     string
		bucket   bool
		external bool
	}{
		{"folder", false, false},
		{"folder, position kept elsewhere", false, true},
		{"bucket", true, false},
		{"bucket, position kept elsewhere", true, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			k := killed{Config: folderConfig(t)}
			if tc.bucket {
				_, k.Config = locked(t)
			}
			k.Secret = k.Config.SecretAccessKey.Reveal()
			if tc.external {
				k.External = filepath.Join(t.TempDir(), "position")
			}
			killAndCompare(t, k)
		})
	}
}

// killAndCompare archives a log by processes that are killed at random moments, and compares with what was in it.
func killAndCompare(t *testing.T, k killed) {
	lines, _ := logLines("file:x", 0, 700)
	var text bytes.Buffer
	for i := range lines {
		lines[i].Meta = nil
		text.Write(lines[i].Raw)
		text.WriteByte('\n')
	}
	dir := t.TempDir()
	k.Log = filepath.Join(dir, "audit.log")
	k.Config.SegmentBytes = 2 << 10
	if err := os.WriteFile(k.Log, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	job := filepath.Join(dir, "job.json")
	if err := os.WriteFile(job, b, 0o600); err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(1, uint64(len(k.External))))
	kills, segments := 0, 0
	for ; kills < 40; kills++ {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), killEnv+"="+job)
		var out bytes.Buffer
		cmd.Stderr = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		// Kill it after it has written up to five more segments, at any point of writing the next.
		target := segments + rnd.IntN(5)
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("%v: %s", err, out.String())
			}
			compareKilled(t, k, lines, kills)
			return
		case <-reached(t, k, target, &segments, time.Duration(rnd.IntN(4000))*time.Microsecond):
			_ = cmd.Process.Kill()
			<-ended
		}
	}
	// Enough of that: let it finish.
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), killEnv+"="+job)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	compareKilled(t, k, lines, kills)
}

// reached closes the channel it gives a little after the archive holds more than target segments.
func reached(t *testing.T, k killed, target int, segments *int, after time.Duration) <-chan struct{} {
	c := make(chan struct{})
	a, err := connect(t.Context(), k.Config, Options{})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c)
		for n := 0; n <= target; {
			last, ok, err := a.lastSegment(t.Context(), keysOf(k.Config.Prefix, testSource))
			if err != nil {
				return
			}
			if ok {
				n = int(last) + 1
			}
			*segments = n
			if n >= 700/20 {
				break
			}
		}
		time.Sleep(after)
	}()
	return c
}

func compareKilled(t *testing.T, k killed, lines []pipeline.Record, kills int) {
	t.Helper()
	if kills == 0 {
		t.Error("the process was never killed")
	}
	t.Logf("killed %d times", kills)
	mustEqual(t, readBack(t, k.Config), describeAll(lines))
	verified(t, k.Config)
}
