package worm

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/auditwarden/auditwarden/pipeline"
)

// A segment is one zstd frame of text, so that `zstd -dc` shows it. Lines that begin with "@" describe what follows:
//
//	{"format":"auditwarden-segment/1","source":"orders-db","sequence":42,"previous":"<sha256>","tree":["<sha256>",…]}
//	@{"stream":"file:…","offset":1000,"lines":3,"meta":{"path":"/var/log/…"}}
//	… three lines, each as it was …
//	@{"stream":"audit/0","offset":17,"key":"…","time":"…","size":9,"bytes":9}
//	… nine bytes and a line end …
//	@{"records":4,"raw_bytes":…,"streams":{"audit/0":{"next":18},"file:…":{"next":1300,"position":"…"}},"here":{…}}
//
// What follows is told by counts, never by content.
const segmentFormat = "auditwarden-segment/1"

// header is a segment's first line.
type header struct {
	Format   string   `json:"format"`
	Source   string   `json:"source"`
	Sequence uint64   `json:"sequence"`
	Previous string   `json:"previous"` // SHA-256 of the segment before, as it is stored; zeros for the first
	Tree     []string `json:"tree"`     // hashes of the Merkle tree over the segments before, as a compact range
}

// block describes one record, or several lines that follow one another in a stream.
type block struct {
	Stream    string            `json:"stream"`
	Offset    int64             `json:"offset"`
	Lines     int               `json:"lines,omitempty"`
	Key       string            `json:"key,omitempty"`
	Line      int               `json:"line,omitempty"`
	Time      string            `json:"time,omitempty"` // RFC 3339, UTC
	Size      int64             `json:"size,omitempty"`
	Bytes     *int              `json:"bytes,omitempty"`
	Truncated bool              `json:"truncated,omitempty"`
	Meta      map[string]string `json:"meta,omitempty"` // what is not UTF-8 in it is replaced by U+FFFD
}

// footer is a segment's last line.
type footer struct {
	Records  uint64                 `json:"records"`
	RawBytes int64                  `json:"raw_bytes"` // of the source, terminators and cut bytes included
	Streams  map[string]streamState `json:"streams"`   // of the whole chain so far: where to resume
	Here     map[string]streamRange `json:"here"`      // of this segment
	// Keyed are the streams of which this segment holds records that have no order: whatever segments before it hold of
	// them has a smaller offset than this.
	Keyed map[string]int64 `json:"keyed,omitempty"`
}

// streamState is how far a stream is archived.
type streamState struct {
	Next     int64  `json:"next"`            // every record that has an order, and a smaller offset, is archived …
	Lines    int    `json:"lines,omitempty"` // … but of offset Next-1 only so many lines, if it has any
	Position string `json:"position,omitempty"`
}

// ordered says that a record is archived after all of its stream that have a smaller place.
func ordered(r *pipeline.Record) bool { return r.Key == "" || r.Line > 0 }

// passed says whether a record that has an order is archived.
func (s streamState) passed(r *pipeline.Record) bool {
	if r.Line > 0 && r.Offset+1 == s.Next {
		return r.Line <= s.Lines
	}
	return r.Offset < s.Next
}

// pass goes past a record.
func (s *streamState) pass(r *pipeline.Record) {
	switch {
	case r.Offset >= s.Next:
		s.Next, s.Lines = r.Offset+1, r.Line
	case r.Offset+1 == s.Next:
		s.Lines = max(s.Lines, r.Line)
	}
}

// behind says that s is not as far as t.
func (s streamState) behind(t streamState) bool {
	return s.Next < t.Next || s.Next == t.Next && s.Lines < t.Lines
}

// streamRange is what a segment holds of a stream.
type streamRange struct {
	First   int64  `json:"first"` // offsets
	Last    int64  `json:"last"`
	Records uint64 `json:"records"`
}

// link is where in a chain a segment goes.
type link struct {
	source   string
	sequence uint64
	previous [32]byte
	tree     [][]byte
}

// builder encodes one segment.
type builder struct {
	out  bytes.Buffer
	zstd *zstd.Encoder
	foot footer
	cur  current

	before map[string]streamState // at the end of the segment before

	run     block  // lines that follow one another, not written yet …
	lines   []byte // … and their bytes
	nextOff int64
}

// maxRun bounds the memory that lines wait in.
const maxRun = 1 << 20

func newBuilder(l link, streams map[string]streamState, level int) (*builder, error) {
	b := &builder{before: streams, foot: footer{Streams: maps.Clone(streams), Here: map[string]streamRange{}, Keyed: map[string]int64{}}}
	if b.foot.Streams == nil {
		b.foot.Streams = map[string]streamState{}
	}
	var err error
	b.zstd, err = zstd.NewWriter(&b.out, zstd.WithEncoderLevel(zstd.EncoderLevel(level)), zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderCRC(true))
	if err != nil {
		return nil, fmt.Errorf("start compression: %w", err)
	}
	h := header{Format: segmentFormat, Source: l.source, Sequence: l.sequence, Previous: hex.EncodeToString(l.previous[:]), Tree: []string{}}
	for _, t := range l.tree {
		h.Tree = append(h.Tree, hex.EncodeToString(t))
	}
	return b, b.writeJSON("", h)
}

func (b *builder) writeJSON(mark string, v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode segment: %w", err)
	}
	return b.write([]byte(mark), line, []byte{'\n'})
}

func (b *builder) write(parts ...[]byte) error {
	for _, p := range parts {
		if _, err := b.zstd.Write(p); err != nil {
			return fmt.Errorf("compress segment: %w", err)
		}
	}
	return nil
}

// passed says whether a record that has an order is in the chain already.
func (b *builder) passed(r *pipeline.Record) bool {
	b.enter(r.Stream)
	return b.cur.state.passed(r)
}

// add appends one record.
func (b *builder) add(r *pipeline.Record) error {
	b.count(r)
	if r.Key != "" || !r.Time.IsZero() || r.Truncated || r.Size != int64(len(r.Raw))+1 || bytes.IndexByte(r.Raw, '\n') >= 0 {
		if err := b.flush(); err != nil {
			return err
		}
		return b.addWhole(r)
	}
	if b.run.Lines > 0 && (r.Stream != b.run.Stream || r.Offset != b.nextOff || len(b.lines) >= maxRun || !sameMeta(r.Meta, b.run.Meta)) {
		if err := b.flush(); err != nil {
			return err
		}
	}
	if b.run.Lines == 0 {
		b.run = block{Stream: r.Stream, Offset: r.Offset, Meta: r.Meta}
	}
	b.run.Lines++
	b.nextOff = r.Offset + r.Size
	b.lines = append(append(b.lines, r.Raw...), '\n')
	return nil
}

func sameMeta(a, b map[string]string) bool {
	return len(a) == len(b) && (len(a) == 0 || maps.Equal(a, b))
}

// count notes the record in the footer, by way of what is kept of the current stream.
func (b *builder) count(r *pipeline.Record) {
	b.foot.Records++
	b.foot.RawBytes += r.Size
	b.enter(r.Stream)
	if b.cur.here.Records == 0 {
		b.cur.here.First, b.cur.here.Last = r.Offset, r.Offset
	}
	b.cur.here.First, b.cur.here.Last = min(b.cur.here.First, r.Offset), max(b.cur.here.Last, r.Offset)
	b.cur.here.Records++
	if !ordered(r) && !b.cur.keyed {
		b.cur.keyed = true
		if _, known := b.foot.Keyed[r.Stream]; !known {
			b.foot.Keyed[r.Stream] = b.before[r.Stream].Next
		}
	}
	b.cur.state.pass(r)
}

// enter makes a stream the current one.
func (b *builder) enter(stream string) {
	if b.cur.in && b.cur.name == stream {
		return
	}
	b.settle()
	b.cur = current{in: true, name: stream, state: b.foot.Streams[stream], here: b.foot.Here[stream]}
}

// settle writes what is kept of the current stream back into the footer.
func (b *builder) settle() {
	if b.cur.in && b.cur.here.Records > 0 {
		b.foot.Streams[b.cur.name], b.foot.Here[b.cur.name] = b.cur.state, b.cur.here
	}
	b.cur = current{}
}

// current is a copy of the footer's entries for the stream last added to.
type current struct {
	in    bool
	name  string
	state streamState
	here  streamRange
	keyed bool // it is in the footer's Keyed
}

// addWhole writes a record with all its properties.
func (b *builder) addWhole(r *pipeline.Record) error {
	n := len(r.Raw)
	k := block{Stream: r.Stream, Offset: r.Offset, Key: r.Key, Line: r.Line, Size: r.Size, Bytes: &n, Truncated: r.Truncated, Meta: r.Meta}
	if !r.Time.IsZero() {
		k.Time = r.Time.UTC().Format(time.RFC3339Nano)
	}
	if err := b.writeJSON("@", k); err != nil {
		return err
	}
	return b.write(r.Raw, []byte{'\n'})
}

// flush writes the lines that wait.
func (b *builder) flush() error {
	if b.run.Lines == 0 {
		return nil
	}
	err := b.writeJSON("@", b.run)
	if err == nil {
		err = b.write(b.lines)
	}
	b.run, b.lines = block{}, b.lines[:0]
	return err
}

// moved notes where to resume.
func (b *builder) moved(positions map[string]string) {
	b.settle()
	for name, p := range positions {
		if p == "" {
			delete(b.foot.Streams, name)
			continue
		}
		s := b.foot.Streams[name]
		s.Position = p
		b.foot.Streams[name] = s
	}
}

// seal ends the segment and gives its bytes.
func (b *builder) seal() ([]byte, error) {
	if err := b.flush(); err != nil {
		return nil, err
	}
	b.settle()
	if err := b.writeJSON("@", b.foot); err != nil {
		return nil, err
	}
	if err := b.zstd.Close(); err != nil {
		return nil, fmt.Errorf("compress segment: %w", err)
	}
	return b.out.Bytes(), nil
}
