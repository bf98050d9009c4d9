package file

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

const (
	headMax  = 1024 // the longest beginning that names a stream
	tailMax  = 1024 // bytes before a position that vouch for it
	stampLen = 10   // digits that make a line tell its file from others: a date and a time have at least as many
)

// headLen is the length of the beginning that names the stream of a file that starts with b: through the end of the
// first line with ten digits or more (every time stamp has them; an XML or JSON opening does not), but at most 1,024 bytes.
// It depends on nothing but the content, so that it is the same whenever and wherever the file is looked at. It is 0
// while b is too short to tell; final says that there will be no more, and then everything counts.
func headLen(b []byte, final bool) int {
	full := len(b) >= headMax
	if full {
		b = b[:headMax]
	}
	for at := 0; at < len(b); {
		i := bytes.IndexByte(b[at:], '\n')
		if i < 0 {
			break
		}
		if digits(b[at:at+i]) >= stampLen {
			return at + i + 1
		}
		at += i + 1
	}
	if full || final {
		return len(b)
	}
	return 0
}

func digits(b []byte) int {
	n := 0
	for _, c := range b {
		if '0' <= c && c <= '9' {
			n++
		}
	}
	return n
}

// streamName names the stream of a file that begins with head.
func streamName(head []byte) string {
	sum := sha256.Sum256(head)
	return "file:" + hex.EncodeToString(sum[:12])
}

// position is where reading resumes in a stream.
type position struct {
	offset int64
	tail   string // vouches for the bytes before offset: see tailHash; or "-" if they are not known
	file   fileID // who it was read from last, the zero value if that is no file
}

// fileID is a file's identity on its machine.
type fileID struct{ dev, ino uint64 }

const positionVersion = "1"

func (p position) String() string {
	return strings.Join([]string{
		positionVersion, strconv.FormatInt(p.offset, 10), p.tail,
		strconv.FormatUint(p.file.dev, 16), strconv.FormatUint(p.file.ino, 16),
	}, " ")
}

func parsePosition(s string) (position, error) {
	f := strings.Split(s, " ")
	if len(f) != 5 || f[0] != positionVersion {
		return position{}, fmt.Errorf("position %q: want version %s and five fields", s, positionVersion)
	}
	off, err1 := strconv.ParseInt(f[1], 10, 64)
	dev, err2 := strconv.ParseUint(f[3], 16, 64)
	ino, err3 := strconv.ParseUint(f[4], 16, 64)
	if err1 != nil || err2 != nil || err3 != nil || off < 0 || f[2] == "" {
		return position{}, fmt.Errorf("position %q: want an offset, a hash, a device and an inode", s)
	}
	return position{offset: off, tail: f[2], file: fileID{dev, ino}}, nil
}

// unknownTail stands for a position whose bytes were not read.
const unknownTail = "-"

// tailHash vouches for the bytes before a position: their number and a hash.
func tailHash(tail []byte) string {
	sum := sha256.Sum256(tail)
	return strconv.Itoa(len(tail)) + "-" + hex.EncodeToString(sum[:8])
}

// tailLen is how many bytes a tailHash covers.
func tailLen(hash string) int {
	n, _, _ := strings.Cut(hash, "-")
	l, err := strconv.Atoi(n)
	if err != nil || l < 0 || l > tailMax {
		return 0
	}
	return l
}

// keepTail appends b to tail and keeps the last bytes.
func keepTail(tail, b []byte) []byte {
	if len(b) >= tailMax {
		return append(tail[:0], b[len(b)-tailMax:]...)
	}
	if over := len(tail) + len(b) - tailMax; over > 0 {
		tail = append(tail[:0], tail[over:]...)
	}
	return append(tail, b...)
}
