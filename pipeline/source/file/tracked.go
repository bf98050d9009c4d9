package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

// stream is a sequence of bytes that one or several files hold.
type stream struct {
	name  string
	pos   position // read up to here, acknowledged or not
	fresh bool     // nothing was ever read of it
	owner *tracked // the file it is read from at the moment
	gone  time.Time
}

// tracked is one file in sight.
type tracked struct {
	path  string
	id    fileID
	size  int64
	mtime time.Time

	f    *os.File
	dec  *decoder // of a compressed file that is being read
	comp compression

	head []byte // what named its stream; empty while it is too short
	base string // the stream's name, before any distinction
	time time.Time

	st     *stream // it is read for this stream …
	copyOf *stream // … or holds nothing that another file does not
	split  splitter
	meta   map[string]string

	length  int64     // of the content, as far as that is known; set when it is claimed
	fromEnd bool      // skip what is there
	rotated bool      // a newer file has taken its place
	missing time.Time // since when it is no longer listed
	done    bool      // read to its end for good
	shrunk  bool      // it once was shorter than what had been read
	stable  bool      // unchanged between the last two scans
	failing bool      // its last use failed, and that was said
	retry   time.Time // when to try again

	seenSize  int64     // size and …
	seenMtime time.Time // … time of change when it was last judged
	changed   time.Time // when it last had something new
}

func (t *tracked) born() time.Time {
	if !t.time.IsZero() {
		return t.time
	}
	return t.mtime
}

// readOff is how far its bytes were taken.
func (t *tracked) readOff() int64 { return t.split.off + t.split.held() }

// exhausted says that nothing is left to take at the moment.
func (t *tracked) exhausted() bool {
	return t.done || t.comp == plain && t.readOff() >= t.size
}

// news says whether the file changed since it was last judged.
func (t *tracked) news() bool { return t.size != t.seenSize || !t.mtime.Equal(t.seenMtime) }

func (t *tracked) judged() { t.seenSize, t.seenMtime = t.size, t.mtime }

func statID(fi os.FileInfo) fileID {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return fileID{dev: uint64(st.Dev), ino: st.Ino} //nolint:unconvert // Dev's type differs between systems
	}
	return fileID{}
}

var errReplaced = errors.New("another file has taken its path")

// open opens the file if it is not, and makes sure that it is still the one that was listed.
func (t *tracked) open() error {
	if t.f != nil {
		return nil
	}
	f, err := os.Open(t.path)
	if err != nil {
		return err
	}
	fi, err := f.Stat()
	if err == nil && statID(fi) != t.id {
		err = errReplaced
	}
	if err != nil {
		_ = f.Close()
		return err
	}
	t.f = f
	t.stamp(fi, time.Time{})
	return nil
}

// stamp notes size and time of change; now is when they were looked at, the zero time on a first look.
func (t *tracked) stamp(fi os.FileInfo, now time.Time) {
	if !now.IsZero() && (t.size != fi.Size() || !t.mtime.Equal(fi.ModTime())) {
		t.changed = now
	}
	t.size, t.mtime = fi.Size(), fi.ModTime()
}

func (t *tracked) close() {
	if t.dec != nil {
		t.dec.close()
		t.dec = nil
	}
	if t.f != nil {
		_ = t.f.Close()
		t.f = nil
	}
}

// forget lets go of everything known about the content of a file that owns no stream: it will be looked at as if it were
// new.
func (t *tracked) forget() {
	t.close()
	t.st, t.copyOf, t.head, t.base, t.time = nil, nil, nil, "", time.Time{}
	t.done, t.shrunk, t.fromEnd = false, false, false
	t.split.reset(0, nil)
	t.seenSize, t.seenMtime = -1, time.Time{}
}

// peek finds out which stream the file holds. base stays empty while it is too short to tell; final says that it will
// not get longer.
func (t *tracked) peek(final bool) error {
	if err := t.open(); err != nil {
		return err
	}
	t.judged()
	t.head, t.base, t.time = nil, "", time.Time{}
	comp, err := sniff(t.f)
	if err != nil {
		return err
	}
	t.comp = comp
	b, whole, err := prefix(t.f, comp, headMax)
	if err != nil {
		return err
	}
	n := headLen(b, final || whole && comp != plain)
	if n == 0 {
		return nil
	}
	t.head = bytes.Clone(b[:n])
	t.base = streamName(t.head)
	t.time = headTime(t.head)
	return nil
}

// sameHead checks that the file still begins as it did: what was read just now is its own.
func (t *tracked) sameHead() (bool, error) {
	if t.comp != plain {
		return t.sameCompressed()
	}
	var b [headMax]byte
	n, err := t.f.ReadAt(b[:len(t.head)], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	return bytes.Equal(b[:n], t.head), nil
}

func (t *tracked) sameCompressed() (bool, error) {
	comp, err := sniff(t.f)
	if err != nil || comp != t.comp {
		return false, err
	}
	b, _, err := prefix(t.f, comp, len(t.head))
	return bytes.Equal(b, t.head), err
}

// vouch tells whether the file holds the stream up to the position, and leaves it ready to be read on from there.
func (t *tracked) vouch(pos position) (tail []byte, ok bool, err error) {
	if t.comp == plain {
		return t.vouchPlain(pos)
	}
	if n, known := gzipSize(t.f, t.size); known && t.comp == gzipped && pos.offset > 0 && n == pos.offset&0xffffffff {
		t.done = true // the trailer says that it ends exactly there
		return nil, true, nil
	}
	if t.dec != nil {
		t.dec.close()
	}
	if t.dec, err = newDecoder(t.f, t.comp); err != nil {
		return nil, false, err
	}
	tail, ok, err = skip(t.dec, pos.offset)
	if err != nil {
		return nil, false, fmt.Errorf("decompress: %w", err)
	}
	if !ok {
		return nil, false, nil
	}
	n := tailLen(pos.tail)
	if pos.tail == unknownTail || n > len(tail) {
		return tail, pos.tail == unknownTail, nil
	}
	return tail, tailHash(tail[len(tail)-n:]) == pos.tail, nil
}

func (t *tracked) vouchPlain(pos position) (tail []byte, ok bool, err error) {
	if t.size < pos.offset {
		return nil, false, nil
	}
	n := int64(tailLen(pos.tail))
	if n > pos.offset {
		return nil, false, nil
	}
	tail = make([]byte, n)
	if _, err := t.f.ReadAt(tail, pos.offset-n); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, false, nil
		}
		return nil, false, err
	}
	return tail, pos.tail == unknownTail || tailHash(tail) == pos.tail, nil
}

// compareWindow is how much of two files is compared at either end of what they have in common.
const compareWindow = 64 << 10

// sameContent tells whether one of two files is, as far as it goes, a copy of the other.
func sameContent(a, b *tracked) (bool, error) {
	x, _, err := prefix(a.f, a.comp, compareWindow)
	if err != nil {
		return false, err
	}
	y, _, err := prefix(b.f, b.comp, compareWindow)
	if err != nil {
		return false, err
	}
	n := min(len(x), len(y))
	if !bytes.Equal(x[:n], y[:n]) {
		return false, nil
	}
	if a.comp != plain || b.comp != plain {
		return true, nil
	}
	end := min(a.size, b.size)
	from := max(end-compareWindow, 0)
	x, y = make([]byte, end-from), make([]byte, end-from)
	n1, err1 := a.f.ReadAt(x, from)
	n2, err2 := b.f.ReadAt(y, from)
	for _, err := range []error{err1, err2} {
		if err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
	}
	n = min(n1, n2)
	return bytes.Equal(x[:n], y[:n]), nil
}

// measure finds out how long the content is: by the trailer of a gzip file, and not at all for zstd.
func (t *tracked) measure() {
	t.length = 0
	switch t.comp {
	case plain:
		t.length = t.size
	case gzipped:
		t.length, _ = gzipSize(t.f, t.size)
	}
}

// goesOn tells whether a copy holds bytes past the end of the file that it was found to be a copy of.
func (t *tracked) goesOn() bool {
	return t.copyOf.owner.exhausted() && t.length > t.copyOf.pos.offset
}
