package file

import (
	"strconv"
)

// claim decides which stream the file is read for. Usually that is the one its head names. But two servers may begin
// their logs with the same line: a file that begins like a known stream and then differs gets a stream of its own, named
// after its inode too. A file that holds nothing but what another one in sight does is a copy, and is left alone until
// that changes.
func (s *Source) claim(t *tracked) error {
	if err := t.open(); err != nil {
		return err
	}
	// What the inode stood for may be gone, and a new file have got its number.
	if err := t.peek(!s.cfg.Follow || s.ended(t, s.now())); err != nil || t.base == "" {
		return err
	}
	s.unsorted = true
	t.measure()
	t.copyOf = nil
	for i := 0; ; i++ {
		name := t.base
		if i > 0 {
			name += "-" + strconv.FormatUint(t.id.ino, 16)
		}
		if i > 1 {
			name += "-" + strconv.Itoa(i)
		}
		v, err := s.judge(t, s.stream(name))
		if err != nil || v != differs {
			return err
		}
	}
}

type verdict int

const (
	owns verdict = iota
	copies
	differs
)

func (s *Source) judge(t *tracked, st *stream) (verdict, error) {
	if o := s.byID[st.pos.file]; o != nil && o != t && o.base == t.base && o.st == nil && o.copyOf == nil && !o.done && st.owner == nil && !st.fresh {
		// The file it was last read from is there too, and goes first.
		if err := s.claim(o); err != nil {
			s.fail(o, err)
		}
	}
	if o := st.owner; o != nil && o != t {
		v, err := s.compare(t, o)
		if err != nil || v != owns {
			return v, err
		}
	}
	if st.fresh {
		return owns, s.begin(t, st)
	}
	tail, ok, err := t.vouch(st.pos)
	if err != nil || !ok {
		return differs, err
	}
	t.fromEnd = false
	s.own(t, st, st.pos.offset, tail)
	return owns, nil
}

// compare tells what t is beside the file that its stream is read from: owns if it should take over.
func (s *Source) compare(t, o *tracked) (verdict, error) {
	st := o.st
	if err := o.open(); err != nil {
		s.release(o)
		return owns, nil //nolint:nilerr // a file that cannot be opened any more has no claim
	}
	s.refresh(o, s.now())
	ok, err := o.sameHead()
	switch {
	case err != nil:
		return differs, err
	case !ok:
		s.restarted(o) // it was emptied, and t may be the copy made before that
		return owns, nil
	}
	same, err := sameContent(o, t)
	if err != nil || !same {
		return differs, err
	}
	t.copyOf = st
	if !t.goesOn() {
		t.close()
		return copies, nil
	}
	t.copyOf = nil
	s.keepTail(o)
	if _, ok, err := t.vouch(st.pos); err != nil || !ok {
		return differs, err
	}
	s.release(o)
	o.copyOf = st
	o.judged()
	o.close()
	return owns, nil
}

// begin starts on a stream that nothing was ever read of.
func (s *Source) begin(t *tracked, st *stream) error {
	if !t.fromEnd {
		s.own(t, st, 0, nil)
		return nil
	}
	t.fromEnd = false
	if t.comp == plain {
		off, err := lastLine(t.f, t.size)
		if err != nil {
			return err
		}
		from := max(off-tailMax, 0)
		tail := make([]byte, off-from)
		if _, err := t.f.ReadAt(tail, from); err != nil {
			return err
		}
		s.own(t, st, off, tail)
		s.moved[st] = true
		return nil
	}
	d, err := newDecoder(t.f, t.comp)
	if err != nil {
		return err
	}
	defer d.close()
	n, tail, err := drain(d)
	if err != nil {
		return err
	}
	s.own(t, st, n, tail)
	t.done = true
	s.moved[st] = true
	return nil
}

func (s *Source) own(t *tracked, st *stream, off int64, tail []byte) {
	st.fresh = false
	st.owner, t.st = t, st
	st.pos.offset, st.pos.file = off, t.id
	t.split.max = s.cfg.MaxLineBytes
	t.split.reset(off, tail)
	if t.meta == nil {
		t.meta = map[string]string{"path": t.path}
	}
}

// release ends t's ownership of its stream; another file that holds more of it may go on.
func (s *Source) release(t *tracked) {
	if t.st == nil {
		return
	}
	s.keepTail(t)
	if t.st.owner == t {
		t.st.owner = nil
	}
	t.split.reset(t.st.pos.offset, nil)
	t.st = nil
}

// stream finds or makes the stream of that name.
func (s *Source) stream(name string) *stream {
	if st := s.streams[name]; st != nil {
		return st
	}
	st := &stream{name: name, fresh: true, pos: position{tail: tailHash(nil)}}
	s.streams[name] = st
	return st
}
