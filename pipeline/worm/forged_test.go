package worm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/auditwarden/auditwarden/pipeline"
)

// signedArchive makes a folder with five segments and signed checkpoints.
func signedArchive(tb testing.TB) Config {
	tb.Helper()
	return signedArchiveOf(tb, 5, 30)
}

func signedArchiveOf(tb testing.TB, segments, lines int) Config {
	tb.Helper()
	cfg := folderConfig(tb)
	private, public, err := GenerateKey("archive.example")
	if err != nil {
		tb.Fatal(err)
	}
	cfg.SigningKey = private
	var acked int
	var batches []pipeline.Batch
	var off int64
	for range segments {
		var l []pipeline.Record
		l, off = logLines("file:a", off, lines)
		batches = append(batches, batch(&acked, l...))
	}
	archive(tb, cfg, batches...)
	cfg.SigningKey, cfg.VerifyKeys = "", []string{public} // the verifier has the public key only
	return cfg
}

// forge replaces a file of the archive; nil removes it.
func forge(tb testing.TB, cfg Config, key string, body []byte) {
	tb.Helper()
	path := filepath.Join(cfg.Folder, key)
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		tb.Fatal(err)
	}
	if body == nil {
		return
	}
	if err := os.WriteFile(path, body, 0o400); err != nil {
		tb.Fatal(err)
	}
}

func object(tb testing.TB, cfg Config, key string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(cfg.Folder, key))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func problems(tb testing.TB, cfg Config, opts VerifyOptions) []string {
	tb.Helper()
	r, err := Verify(tb.Context(), cfg, opts)
	if err != nil {
		tb.Fatal(err)
	}
	if len(r.Sources) != 1 {
		tb.Fatalf("report on %d sources", len(r.Sources))
	}
	return r.Sources[0].Problems
}

// recompress makes a well-formed segment of changed text, as a forger would.
func recompress(tb testing.TB, body []byte, change func(string) string) []byte {
	tb.Helper()
	d, _ := zstd.NewReader(nil)
	text, err := d.DecodeAll(body, nil)
	if err != nil {
		tb.Fatal(err)
	}
	changed := change(string(text))
	if changed == string(text) {
		tb.Fatal("nothing was changed")
	}
	e, _ := zstd.NewWriter(nil)
	return e.EncodeAll([]byte(changed), nil)
}

var testKeys = keysOf("", testSource)

func TestForgeries(t *testing.T) {
	seg := testKeys.segment
	cp := testKeys.checkpoint
	for _, tc := range []struct {
		name  string
		forge func(t *testing.T, cfg Config)
		want  string
	}{
		{"segment removed", func(t *testing.T, c Config) { forge(t, c, seg(2), nil) }, "segment 2 is missing"},
		{"first segment removed", func(t *testing.T, c Config) { forge(t, c, seg(0), nil) }, "segment 0 is missing"},
		{"segment and checkpoint removed", func(t *testing.T, c Config) { forge(t, c, seg(2), nil); forge(t, c, cp(2), nil) }, "segment 2 is missing"},
		{"last segment removed", func(t *testing.T, c Config) { forge(t, c, seg(4), nil) }, "segments 4 to 4 are cut off: their checkpoints are there"},
		{"all segments removed", func(t *testing.T, c Config) {
			for i := range 5 {
				forge(t, c, seg(uint64(i)), nil)
			}
		}, "segments 0 to 4 are cut off: their checkpoints are there"},
		{"checkpoint removed", func(t *testing.T, c Config) { forge(t, c, cp(1), nil) }, "checkpoint 1 is missing"},
		{"a word replaced", func(t *testing.T, c Config) {
			forge(t, c, seg(2), recompress(t, object(t, c, seg(2)), func(s string) string { return strings.Replace(s, "10.0.0.7", "10.0.0.8", 1) }))
		}, "segment 2 or one before it is not the one that checkpoint 2 covers"},
		{"a name changed", func(t *testing.T, c Config) {
			forge(t, c, seg(2), recompress(t, object(t, c, seg(2)), func(s string) string { return strings.Replace(s, "app@orders", "app@Orders", 1) }))
		}, "segment 3 is altered or out of order: it does not follow the segment before it"},
		{"a line removed", func(t *testing.T, c Config) {
			forge(t, c, seg(2), recompress(t, object(t, c, seg(2)), func(s string) string {
				l := strings.SplitAfter(s, "\n")
				return strings.Join(append(l[:5:5], l[6:]...), "")
			}))
		}, "segment 2 is damaged: not a segment: "},
		{"a line removed and the counts mended", func(t *testing.T, c Config) {
			forge(t, c, seg(2), recompress(t, object(t, c, seg(2)), func(s string) string {
				l := strings.SplitAfter(s, "\n")
				gone := l[31]
				s = strings.Join(append(l[:31:31], l[32:]...), "")
				s = strings.Replace(s, `"lines":30`, `"lines":29`, 1)
				s = strings.Replace(s, `"records":30`, `"records":29`, 2)
				var f footer
				at := strings.Index(s, `@{"records"`)
				if err := json.Unmarshal([]byte(s[at+1:]), &f); err != nil {
					t.Fatal(err)
				}
				h := f.Here["file:a"]
				h.Last -= int64(len(gone))
				h.Records = 29
				f.Here["file:a"] = h
				f.RawBytes -= int64(len(gone))
				b, _ := json.Marshal(f)
				return s[:at] + "@" + string(b) + "\n"
			}))
		}, "segment 2 or one before it is not the one that checkpoint 2 covers"},
		{"two swapped", func(t *testing.T, c Config) {
			a, b := object(t, c, seg(1)), object(t, c, seg(2))
			forge(t, c, seg(1), b)
			forge(t, c, seg(2), a)
		}, "segment 1 is altered or out of order: it states to be number 2"},
		{"one repeated", func(t *testing.T, c Config) { forge(t, c, seg(2), object(t, c, seg(1))) }, "segment 2 is altered or out of order: it states to be number 1"},
		{"one added", func(t *testing.T, c Config) { forge(t, c, seg(5), object(t, c, seg(4))) }, "segment 5 is altered or out of order: it states to be number 4"},
		{"emptied", func(t *testing.T, c Config) { forge(t, c, seg(2), []byte{}) }, "segment 2 is damaged: "},
		{"cut", func(t *testing.T, c Config) { b := object(t, c, seg(2)); forge(t, c, seg(2), b[:len(b)/2]) }, "segment 2 is damaged: "},
		{"something appended", func(t *testing.T, c Config) {
			e, _ := zstd.NewWriter(nil)
			forge(t, c, seg(2), append(bytes.Clone(object(t, c, seg(2))), e.EncodeAll([]byte("more\n"), nil)...))
		}, "segment 2 is damaged: not a segment: something follows the footer"},
		{"a foreign object", func(t *testing.T, c Config) { forge(t, c, testKeys.segments()+"notes.txt", []byte("x")) },
			"orders-db/segments/notes.txt does not belong here"},
		{"checkpoint signed by another key", func(t *testing.T, c Config) {
			private, _, err := GenerateKey("archive.example")
			if err != nil {
				t.Fatal(err)
			}
			a, err := connect(t.Context(), Config{Folder: c.Folder, SigningKey: private}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			text, _, _ := strings.Cut(string(object(t, c, cp(2))), "\n\n")
			b, err := sign([]byte(text+"\n"), a.signer)
			if err != nil {
				t.Fatal(err)
			}
			forge(t, c, cp(2), b)
		}, "checkpoint 2: no known key signed it"},
		{"signature stripped", func(t *testing.T, c Config) {
			text, _, _ := strings.Cut(string(object(t, c, cp(2))), "\n\n")
			forge(t, c, cp(2), []byte(text+"\n"))
		}, "checkpoint 2: it is not signed"},
		{"checkpoint of another size", func(t *testing.T, c Config) { forge(t, c, cp(2), object(t, c, cp(3))) },
			"segment 2 or one before it is not the one that checkpoint 2 covers"},
		// Everything rewritten consistently, but for the key: what a writer's stolen credentials would allow.
		{"whole chain rewritten", func(t *testing.T, c Config) {
			other := signedArchive(t)
			for i := range 5 {
				forge(t, c, seg(uint64(i)), object(t, other, seg(uint64(i))))
				forge(t, c, cp(uint64(i)), object(t, other, cp(uint64(i))))
			}
		}, "checkpoint 0: no known key signed it"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := signedArchive(t)
			if before := problems(t, cfg, VerifyOptions{}); len(before) > 0 {
				t.Fatalf("before forging: %q", before)
			}
			tc.forge(t, cfg)
			got := problems(t, cfg, VerifyOptions{})
			if !strings.Contains(strings.Join(got, "\n"), tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// TestEveryByteCounts flips one bit of each byte of a segment and of a checkpoint in turn.
func TestEveryByteCounts(t *testing.T) {
	cfg := signedArchiveOf(t, 2, 10)
	for _, key := range []string{testKeys.segment(0), testKeys.segment(1), testKeys.checkpoint(0), testKeys.checkpoint(1)} {
		whole := object(t, cfg, key)
		for i := range whole {
			b := bytes.Clone(whole)
			b[i] ^= 1 << (i % 8)
			forge(t, cfg, key, b)
			if len(problems(t, cfg, VerifyOptions{})) == 0 {
				t.Errorf("%s: nobody noticed that byte %d of %d was changed", key, i, len(whole))
			}
		}
		forge(t, cfg, key, whole)
	}
	if got := problems(t, cfg, VerifyOptions{}); len(got) > 0 {
		t.Errorf("after mending: %q", got)
	}
}

// TestCutOffWithCheckpoints removes the newest segments and their checkpoints: only a checkpoint kept elsewhere tells.
func TestCutOffWithCheckpoints(t *testing.T) {
	cfg := signedArchive(t)
	kept := object(t, cfg, testKeys.checkpoint(4))
	older := object(t, cfg, testKeys.checkpoint(1))
	trusted := func(b []byte) VerifyOptions { return VerifyOptions{Trusted: map[string][]byte{testSource: b}} }
	if got := problems(t, cfg, trusted(kept)); len(got) > 0 {
		t.Fatalf("before: %q", got)
	}
	forge(t, cfg, testKeys.segment(4), nil)
	forge(t, cfg, testKeys.checkpoint(4), nil)
	if got := problems(t, cfg, VerifyOptions{}); len(got) > 0 {
		t.Errorf("without a checkpoint from elsewhere: %q", got)
	}
	if got := problems(t, cfg, trusted(older)); len(got) > 0 {
		t.Errorf("with an older checkpoint: %q", got)
	}
	want := "the trusted checkpoint covers 5 segments, 4 are there"
	if got := problems(t, cfg, trusted(kept)); fmt.Sprint(got) != "["+want+"]" {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := os.RemoveAll(filepath.Join(cfg.Folder, testSource)); err != nil {
		t.Fatal(err)
	}
	if got := problems(t, cfg, trusted(kept)); len(got) != 1 {
		t.Errorf("with all of it gone: %q", got)
	}
	forged := bytes.Replace(kept, []byte("\n5\n"), []byte("\n4\n"), 1)
	if _, err := Verify(t.Context(), cfg, trusted(forged)); err == nil {
		t.Error("a forged checkpoint was trusted")
	}
}

func TestRewrittenChainOfAnotherLength(t *testing.T) {
	cfg, other := signedArchive(t), signedArchive(t)
	kept := object(t, cfg, testKeys.checkpoint(4))
	// The other chain is signed by its own key, which this verifier accepts as well: only the root tells them apart.
	for i := range uint64(5) {
		forge(t, cfg, testKeys.segment(i), recompressChain(t, object(t, other, testKeys.segment(i))))
	}
	got := problems(t, cfg, VerifyOptions{Trusted: map[string][]byte{testSource: kept}})
	if !strings.Contains(strings.Join(got, "\n"), "the first 5 segments are not those that the trusted checkpoint covers") {
		t.Errorf("got %q", got)
	}
}

func recompressChain(tb testing.TB, body []byte) []byte {
	return recompress(tb, body, func(s string) string { return strings.Replace(s, "select 1", "select 2", 1) })
}

// TestSignatureHasOneText changes the bits of a signature's last character that decode to nothing.
func TestSignatureHasOneText(t *testing.T) {
	cfg := signedArchiveOf(t, 1, 1)
	body := object(t, cfg, testKeys.checkpoint(0))
	at := bytes.LastIndexByte(body, '=') - 1
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	body[at] = alphabet[strings.IndexByte(alphabet, body[at])^1]
	forge(t, cfg, testKeys.checkpoint(0), body)
	if got := problems(t, cfg, VerifyOptions{}); fmt.Sprint(got) != "[checkpoint 0: its signature was written differently]" {
		t.Errorf("got %q", got)
	}
}

func FuzzDecode(f *testing.F) {
	b, err := newBuilder(link{source: testSource}, nil, 1)
	if err != nil {
		f.Fatal(err)
	}
	lines, _ := logLines("file:a", 0, 3)
	for _, r := range append(lines, oddRecords()...) {
		if err := b.add(&r); err != nil {
			f.Fatal(err)
		}
	}
	body, err := b.seal()
	if err != nil {
		f.Fatal(err)
	}
	d, _ := zstd.NewReader(nil)
	text, err := d.DecodeAll(body, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		var n uint64
		seg, err := decodeText(bytes.NewReader(text), func(*pipeline.Record) error { n++; return nil })
		if err != nil {
			return
		}
		if seg.Records != n {
			t.Fatalf("footer states %d records, %d came", seg.Records, n)
		}
		if h, err := headAt(seg.Source, seg.Sequence, seg); err == nil && h.next != seg.Sequence+1 {
			t.Fatal("the chain does not go on after it")
		}
	})
}
