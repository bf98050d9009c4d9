package worm

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"golang.org/x/mod/sumdb/note"
)

// VerifyOptions say what to verify beyond what the archive says of itself.
type VerifyOptions struct {
	Sources []string // only these; empty for all
	// Trusted are checkpoints kept elsewhere, by source: the archive must contain all that they cover. Without one, nobody
	// can notice that the newest segments and their checkpoints are gone together.
	Trusted map[string][]byte
}

// Report is what verifying found.
type Report struct {
	Place     string         `json:"place"`
	Immutable bool           `json:"immutable"` // false for a folder, and in governance mode
	Sources   []SourceReport `json:"sources"`
}

// SourceReport is what verifying one chain found.
type SourceReport struct {
	Source      string `json:"source"`
	Segments    uint64 `json:"segments"`
	Records     uint64 `json:"records"`
	RawBytes    int64  `json:"raw_bytes"`
	StoredBytes int64  `json:"stored_bytes"`
	Root        string `json:"root"`       // of the Merkle tree over all segments, base64
	Checkpoint  string `json:"checkpoint"` // the newest one as stored: keep it elsewhere
	Signed      bool   `json:"signed"`     // every checkpoint is, by a known key
	// Problems each say which object is missing, altered, reordered or unlocked. Empty: every byte is as it was written.
	Problems []string `json:"problems"`
	Notes    []string `json:"notes"` // things to know that are no damage
}

// OK says that nothing is wrong.
func (r *Report) OK() bool {
	return !slices.ContainsFunc(r.Sources, func(s SourceReport) bool { return len(s.Problems) > 0 })
}

// Verify reads the whole archive and checks every object. The error is about reading; damage is in the report. It needs
// no permission but to read, and the public keys, so that it can run outside the writer's account.
func Verify(ctx context.Context, cfg Config, opts VerifyOptions) (Report, error) {
	a, err := connect(ctx, cfg, Options{})
	if err != nil {
		return Report{}, err
	}
	return a.Verify(ctx, opts)
}

// Verify is [Verify] on an archive that is open.
func (a *Archive) Verify(ctx context.Context, opts VerifyOptions) (Report, error) {
	r := Report{Place: a.cfg.Place(), Immutable: a.st.immutable(), Sources: []SourceReport{}}
	sources := opts.Sources
	if len(sources) == 0 {
		var err error
		if sources, err = a.Sources(ctx); err != nil {
			return r, err
		}
		for s := range opts.Trusted {
			if !slices.Contains(sources, s) {
				sources = append(sources, s) // all of it is gone
			}
		}
	}
	slices.Sort(sources)
	for _, s := range sources {
		v := verifier{a: a, keys: keysOf(a.cfg.Prefix, s), r: SourceReport{Source: s, Signed: true, Problems: []string{}, Notes: []string{}}}
		if err := v.run(ctx, opts.Trusted[s]); err != nil {
			return r, fmt.Errorf("verify source %s: %w", s, err)
		}
		r.Sources = append(r.Sources, v.r)
	}
	return r, nil
}

// Sources lists what the archive holds chains of.
func (a *Archive) Sources(ctx context.Context) ([]string, error) {
	prefix := a.cfg.Prefix
	if prefix != "" {
		prefix += "/"
	}
	names, err := a.st.folders(ctx, prefix)
	if err != nil {
		return nil, fmt.Errorf("list sources of the archive: %w", err)
	}
	for i, n := range names {
		if plain, err := url.PathUnescape(n); err == nil {
			names[i] = plain
		}
	}
	return names, nil
}

// verifier walks one chain from its beginning.
type verifier struct {
	a    *Archive
	keys keys
	r    SourceReport
	h    *head // nil after a segment that could not be used: the next one's own word is taken, and its checkpoint judges it

	trusted     *trusted
	checkpoints map[uint64]listed
	unsigned    []uint64 // segments without a checkpoint
}

// trusted is a checkpoint from elsewhere.
type trusted struct {
	size uint64
	root []byte
	seen bool
}

func (v *verifier) problem(format string, args ...any) {
	v.r.Problems = append(v.r.Problems, fmt.Sprintf(format, args...))
}

func (v *verifier) note(format string, args ...any) {
	v.r.Notes = append(v.r.Notes, fmt.Sprintf(format, args...))
}

func (v *verifier) run(ctx context.Context, trustedBody []byte) error {
	if err := v.trust(trustedBody); err != nil {
		return err
	}
	if err := v.listCheckpoints(ctx); err != nil {
		return err
	}
	v.h = newHead(v.r.Source)
	var next uint64
	err := v.a.st.list(ctx, v.keys.segments(), func(o listed) error {
		seq, ok := sequence(o.key)
		if !ok || o.key != v.keys.segment(seq) {
			v.problem("%s does not belong here", o.key)
			return nil
		}
		for ; next < seq; next++ {
			v.problem("segment %d is missing", next)
			v.h = nil
		}
		next = seq + 1
		v.tampering("segment", seq, o)
		return v.segment(ctx, seq)
	})
	if err != nil {
		return err
	}
	v.end(next)
	return nil
}

// trust reads the checkpoint from elsewhere.
func (v *verifier) trust(body []byte) error {
	if body == nil {
		return nil
	}
	text, _, err := unsign(body, v.a.verifiers)
	if err != nil {
		return fmt.Errorf("trusted checkpoint: %w", err)
	}
	size, root, err := sizeAndRoot(text, v.r.Source)
	if err != nil {
		return fmt.Errorf("trusted checkpoint: %w", err)
	}
	v.trusted = &trusted{size: size, root: root}
	return nil
}

func (v *verifier) listCheckpoints(ctx context.Context) error {
	v.checkpoints = map[uint64]listed{}
	return v.a.st.list(ctx, v.keys.checkpoints(), func(o listed) error {
		seq, ok := sequence(o.key)
		if !ok || o.key != v.keys.checkpoint(seq) {
			v.problem("%s does not belong here", o.key)
			return nil
		}
		v.checkpoints[seq] = o
		return nil
	})
}

// tampering reports traces of attempts to delete or overwrite; what was first written is read all the same.
func (v *verifier) tampering(what string, seq uint64, o listed) {
	if o.deleted {
		v.problem("%s %d was deleted: a delete marker hides it", what, seq)
	}
	if o.versions > 1 {
		v.problem("%s %d was overwritten: it has %d versions, the first of which is read", what, seq, o.versions)
	}
}

func (v *verifier) segment(ctx context.Context, seq uint64) error {
	obj, err := v.a.st.get(ctx, v.keys.segment(seq))
	if errors.Is(err, errMissing) {
		v.problem("segment %d is missing: nothing but a delete marker is left of it", seq)
		v.h = nil
		return nil
	}
	if err != nil {
		return err
	}
	v.r.Segments++
	v.r.StoredBytes += int64(len(obj.body))
	v.locked("segment", seq, obj)
	seg, err := decode(obj.body, nil)
	if err != nil {
		v.problem("segment %d is damaged: %v", seq, err)
		v.h = nil
		return nil
	}
	v.r.Records += seg.Records
	v.r.RawBytes += seg.RawBytes
	if !v.chain(seq, seg) {
		return nil
	}
	root, err := v.h.tree.GetRootHash(nil)
	if err != nil {
		return fmt.Errorf("hash tree: %w", err)
	}
	v.r.Root = base64.StdEncoding.EncodeToString(root)
	if v.trusted != nil && v.trusted.size == seq+1 {
		v.trusted.seen = true
		if !bytes.Equal(root, v.trusted.root) {
			v.problem("the first %d segments are not those that the trusted checkpoint covers", seq+1)
		}
	}
	return v.checkpoint(ctx, seq)
}

// chain goes past one segment.
func (v *verifier) chain(seq uint64, seg *segment) bool {
	if v.h != nil {
		if err := v.h.follows(seg); err != nil {
			v.problem("segment %d is altered or out of order: %v", seq, err)
			v.h = nil
		} else if err := v.h.advance(seg); err != nil {
			v.problem("segment %d: %v", seq, err)
			v.h = nil
			return false
		}
	}
	if v.h == nil {
		h, err := headAt(v.r.Source, seq, seg)
		if err != nil {
			v.problem("segment %d is altered or out of order: %v", seq, err)
			return false
		}
		v.h = h
	}
	return true
}

func (v *verifier) locked(what string, seq uint64, obj stored) {
	if v.a.cfg.Bucket == "" {
		return
	}
	switch {
	case obj.mode == "":
		v.problem("%s %d is not locked", what, seq)
	case obj.mode != v.a.cfg.Mode:
		v.problem("%s %d is locked in %s mode, not in %s mode", what, seq, obj.mode, v.a.cfg.Mode)
	}
}

// checkpoint compares what was signed after a segment with what is there.
func (v *verifier) checkpoint(ctx context.Context, seq uint64) error {
	o, ok := v.checkpoints[seq]
	delete(v.checkpoints, seq)
	if !ok {
		v.unsigned = append(v.unsigned, seq)
		return nil
	}
	v.tampering("checkpoint", seq, o)
	obj, err := v.a.st.get(ctx, v.keys.checkpoint(seq))
	if errors.Is(err, errMissing) {
		v.problem("checkpoint %d is missing: nothing but a delete marker is left of it", seq)
		return nil
	}
	if err != nil {
		return err
	}
	v.locked("checkpoint", seq, obj)
	text, signed, err := unsign(obj.body, v.a.verifiers)
	if !signed {
		v.r.Signed = false
	}
	if err != nil && (signed || v.signing() || text == nil) {
		v.problem("checkpoint %d: %v", seq, err)
	} else if !signed && v.signing() {
		v.problem("checkpoint %d: it is not signed", seq)
	}
	if text != nil && !bytes.Equal(text, v.h.manifest) {
		v.problem("segment %d or one before it is not the one that checkpoint %d covers", seq, seq)
	}
	v.r.Checkpoint = string(obj.body)
	return nil
}

// signing says that there is a key that checkpoints should be signed with.
func (v *verifier) signing() bool { return len(v.a.cfg.VerifyKeys) > 0 }

// end looks at what is left over after the last segment.
func (v *verifier) end(next uint64) {
	var beyond []uint64
	for seq := range v.checkpoints {
		if seq >= next {
			beyond = append(beyond, seq)
		}
	}
	if len(beyond) > 0 {
		v.problem("segments %d to %d are cut off: their checkpoints are there", next, slices.Max(beyond))
	}
	for _, seq := range v.unsigned {
		if seq == next-1 {
			v.note("checkpoint %d is missing: the writer was interrupted, or has just written segment %d", seq, seq)
			continue
		}
		v.problem("checkpoint %d is missing", seq)
	}
	if v.trusted != nil && !v.trusted.seen {
		v.problem("the trusted checkpoint covers %d segments, %d are there", v.trusted.size, v.r.Segments)
	}
	if v.r.Checkpoint == "" {
		v.r.Signed = false
	}
	if !v.r.Signed && !v.signing() && v.r.Segments > 0 {
		v.note("checkpoints are not signed, or no public key is configured: whoever can write could have rewritten the whole chain")
	}
	if v.a.cfg.Bucket == "" {
		v.note("a folder is not immutable")
	}
}

// verifierList makes the checker for the given public keys.
func verifierList(public []string) (note.Verifiers, error) {
	seen := map[string]bool{}
	var list []note.Verifier
	for _, k := range public {
		if seen[k] {
			continue
		}
		seen[k] = true
		v, err := note.NewVerifier(k)
		if err != nil {
			return nil, errors.New("archive.verify_keys holds something that is not a public key")
		}
		list = append(list, v)
	}
	return note.VerifierList(list...), nil
}
