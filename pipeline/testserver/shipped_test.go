package testserver_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// truth is the part of testdata/truth.json that this test reads.
type truth struct {
	Logs []struct {
		File  string `json:"file"`
		Lines int    `json:"lines"`
		Bytes int64  `json:"bytes"`
	} `json:"logs"`
	Attacks []struct {
		ID      string `json:"id"`
		File    string `json:"file"`
		Start   string `json:"start"`
		End     string `json:"end"`
		Records int    `json:"matching_records"`
	} `json:"attacks"`
}

// The shipped logs are whole and small, and the ground truth is about them.
func TestShippedLogsAreAsTheTruthSays(t *testing.T) {
	t.Parallel()
	const dir = "../../testdata"
	raw, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var told truth
	if err := json.Unmarshal(raw, &told); err != nil {
		t.Fatal(err)
	}
	var compressed int64
	files := map[string]bool{}
	for _, log := range told.Logs {
		files[filepath.Base(log.File)] = true
		path := filepath.Join(dir, log.File)
		lines, bytes := count(t, path)
		if lines != log.Lines || bytes != log.Bytes {
			t.Errorf("%s: %d lines of %d bytes, want %d of %d", log.File, lines, bytes, log.Lines, log.Bytes)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		compressed += info.Size()
	}
	if compressed > 4<<20 || len(files) != 4 {
		t.Errorf("%d logs of %d bytes compressed, want 4 of at most 4 MiB", len(files), compressed)
	}
	for _, a := range told.Attacks {
		if !files[a.File] || a.Start == "" || a.End < a.Start || a.Records == 0 {
			t.Errorf("attack %s is not told of completely: %+v", a.ID, a)
		}
	}
	if len(told.Attacks) < 20 {
		t.Errorf("%d attacks, want at least 20", len(told.Attacks))
	}
}

func count(t *testing.T, path string) (lines int, bytes int64) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := bufio.NewReader(z); ; {
		part, err := r.ReadSlice('\n')
		bytes += int64(len(part))
		switch {
		case err == nil:
			lines++
		case errors.Is(err, bufio.ErrBufferFull): // a long line goes on
		case errors.Is(err, io.EOF):
			return lines, bytes
		default:
			t.Fatal(err)
		}
	}
}
