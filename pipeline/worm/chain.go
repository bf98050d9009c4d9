package worm

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"strings"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

// keys names the objects of one source's chain.
type keys struct{ base string }

func keysOf(prefix, source string) keys {
	base := url.PathEscape(source) + "/"
	if base == "./" || base == "../" {
		base = "%2E" + base[1:]
	}
	if prefix != "" {
		base = prefix + "/" + base
	}
	return keys{base}
}

func (k keys) segments() string             { return k.base + "segments/" }
func (k keys) checkpoints() string          { return k.base + "checkpoints/" }
func (k keys) segment(seq uint64) string    { return k.segments() + number(seq) + segmentExt }
func (k keys) checkpoint(seq uint64) string { return k.checkpoints() + number(seq) }

const segmentExt = ".zst"

func number(seq uint64) string { return fmt.Sprintf("%012d", seq) }

// sequence reads a segment's or a checkpoint's number off its key.
func sequence(key string) (uint64, bool) {
	name := strings.TrimSuffix(key[strings.LastIndexByte(key, '/')+1:], segmentExt)
	n, err := strconv.ParseUint(name, 10, 64)
	return n, err == nil && number(n) == name
}

// head is the end of a chain: all that is needed to go on with it.
type head struct {
	source   string
	next     uint64 // sequence of the segment to come
	previous [32]byte
	tree     *compact.Range
	streams  map[string]streamState
	manifest []byte // text of the checkpoint after the last segment
}

var ranges = &compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}

func newHead(source string) *head {
	return &head{source: source, tree: ranges.NewEmptyRange(0), streams: map[string]streamState{}}
}

func (h *head) link() link {
	return link{source: h.source, sequence: h.next, previous: h.previous, tree: h.tree.Hashes()}
}

// headAt is the end of the chain as the last segment states it.
func headAt(source string, seq uint64, seg *segment) (*head, error) {
	if seg.Source != source || seg.Sequence != seq {
		return nil, fmt.Errorf("it states to be segment %d of source %q", seg.Sequence, seg.Source)
	}
	h := newHead(source)
	h.next = seq
	var err error
	if h.previous, err = hash32(seg.Previous); err != nil {
		return nil, fmt.Errorf("previous: %w", err)
	}
	hashes := make([][]byte, len(seg.Tree))
	for i, t := range seg.Tree {
		sum, err := hash32(t)
		if err != nil {
			return nil, fmt.Errorf("tree: %w", err)
		}
		hashes[i] = sum[:]
	}
	if h.tree, err = ranges.NewRange(0, seq, hashes); err != nil {
		return nil, fmt.Errorf("tree: %w", err)
	}
	return h, h.advance(seg)
}

// follows checks that seg continues the chain.
func (h *head) follows(seg *segment) error {
	switch {
	case seg.Source != h.source:
		return fmt.Errorf("it belongs to source %q", seg.Source)
	case seg.Sequence != h.next:
		return fmt.Errorf("it states to be number %d", seg.Sequence)
	case seg.Previous != fmt.Sprintf("%x", h.previous):
		return errors.New("it does not follow the segment before it")
	case len(seg.Tree) != len(h.tree.Hashes()):
		return errors.New("it states another tree")
	}
	for i, t := range h.tree.Hashes() {
		if seg.Tree[i] != fmt.Sprintf("%x", t) {
			return errors.New("it states another tree")
		}
	}
	return nil
}

// leaf is the hash of a segment in the Merkle tree: RFC 6962's leaf hash of the segment's SHA-256.
func leaf(sum [32]byte) []byte { return rfc6962.DefaultHasher.HashLeaf(sum[:]) }

// advance goes past seg.
func (h *head) advance(seg *segment) error {
	if err := h.tree.Append(leaf(seg.sum), nil); err != nil {
		return fmt.Errorf("grow tree: %w", err)
	}
	h.previous = seg.sum
	h.streams = maps.Clone(seg.Streams)
	text, err := h.checkpointText(seg)
	if err != nil {
		return err
	}
	h.next++
	h.manifest = text
	return nil
}

// manifest is the line of a checkpoint that describes its segment.
type manifest struct {
	Segment  string                 `json:"segment"` // SHA-256 of the object
	Previous string                 `json:"previous"`
	Records  uint64                 `json:"records"`
	RawBytes int64                  `json:"raw_bytes"`
	Streams  map[string]streamRange `json:"streams"`
	Keyed    map[string]int64       `json:"keyed,omitempty"`
}

// checkpointText is the checkpoint after seg, in the form that transparency logs use: origin, number of segments, root
// hash, and as an extension line what the segment holds.
func (h *head) checkpointText(seg *segment) ([]byte, error) {
	root, err := h.tree.GetRootHash(nil)
	if err != nil {
		return nil, fmt.Errorf("hash tree: %w", err)
	}
	m, err := json.Marshal(manifest{
		Segment: fmt.Sprintf("%x", seg.sum), Previous: seg.Previous, Records: seg.Records, RawBytes: seg.RawBytes, Streams: seg.Here, Keyed: seg.Keyed,
	})
	if err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	return fmt.Appendf(nil, "%s\n%d\n%s\n%s\n", origin(h.source), seg.Sequence+1, base64.StdEncoding.EncodeToString(root), m), nil
}

// origin is a checkpoint's first line. The name is escaped: it must not be able to forge further lines.
func origin(source string) string { return "auditwarden/" + url.PathEscape(source) }

// sign gives the checkpoint as it is stored. Without a signer it is stored as it is.
func sign(text []byte, signer note.Signer) ([]byte, error) {
	if signer == nil {
		return text, nil
	}
	out, err := note.Sign(&note.Note{Text: string(text)}, signer)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	return out, nil
}

// unsign gives a stored checkpoint's text, and whether a known key signed it.
func unsign(body []byte, verifiers note.Verifiers) (text []byte, signed bool, err error) {
	n, err := note.Open(body, verifiers)
	var unverified *note.UnverifiedNoteError
	switch {
	case err == nil:
		for _, s := range n.Sigs { // note.Open takes several texts for one signature
			if _, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil {
				return []byte(n.Text), true, errors.New("its signature was written differently")
			}
		}
		return []byte(n.Text), true, nil
	case errors.As(err, &unverified):
		return []byte(unverified.Note.Text), false, errors.New("no known key signed it")
	case strings.Contains(string(body), "\n\n"):
		return nil, false, errors.New("its signature is wrong")
	}
	return body, false, nil
}

// sizeAndRoot reads the tree's size and root off a checkpoint.
func sizeAndRoot(text []byte, source string) (uint64, []byte, error) {
	lines := strings.SplitN(string(text), "\n", 4)
	if len(lines) < 4 || lines[0] != origin(source) {
		return 0, nil, fmt.Errorf("it is not a checkpoint of source %q", source)
	}
	size, err := strconv.ParseUint(lines[1], 10, 64)
	if err != nil {
		return 0, nil, errors.New("its size is malformed")
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != sha256.Size {
		return 0, nil, errors.New("its root hash is malformed")
	}
	return size, root, nil
}
