package file

import (
	"cmp"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	isoStamp   = regexp.MustCompile(`\b(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)`)
	plainStamp = regexp.MustCompile(`\b(\d{4})(\d\d)(\d\d) (\d\d):(\d\d):(\d\d)`)
	epochStamp = regexp.MustCompile(`^(\d{16}),`)
)

// headTime is the first time stamp in a file's head, as if it were UTC, or the zero time. It orders files only.
func headTime(head []byte) time.Time {
	for _, re := range []*regexp.Regexp{isoStamp, plainStamp} {
		m := re.FindSubmatch(head)
		if m == nil {
			continue
		}
		var n [6]int
		for i := range n {
			n[i], _ = strconv.Atoi(string(m[i+1])) // digits only
		}
		if n[0] >= 1970 && n[1] >= 1 && n[1] <= 12 {
			return time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, time.UTC)
		}
	}
	if m := epochStamp.FindSubmatch(head); m != nil {
		us, err := strconv.ParseInt(string(m[1]), 10, 64)
		if err == nil {
			return time.UnixMicro(us).UTC()
		}
	}
	return time.Time{}
}

// older orders files for reading: by the first time stamp inside, else by time of change; then by name, where a higher
// rotation number is older.
func older(a, b *tracked) int {
	if c := a.born().Compare(b.born()); c != 0 {
		return c
	}
	if c := a.mtime.Compare(b.mtime); c != 0 {
		return c
	}
	aStem, aNum := rotation(a.path)
	bStem, bNum := rotation(b.path)
	if c := cmp.Compare(aStem, bStem); c != 0 {
		return c
	}
	if c := cmp.Compare(bNum, aNum); c != 0 {
		return c
	}
	return cmp.Compare(a.path, b.path)
}

// rotation splits the number of a rotated file off its name: "audit.log.3.gz" is ("audit.log", 3).
func rotation(path string) (stem string, n int) {
	stem = uncompressed(path)
	i := strings.LastIndexByte(stem, '.')
	if i < 0 {
		return stem, 0
	}
	n, err := strconv.Atoi(stem[i+1:])
	if err != nil || n < 0 || n > 1<<20 {
		return stem, 0
	}
	return stem[:i], n
}

func uncompressed(path string) string {
	return strings.TrimSuffix(strings.TrimSuffix(path, ".gz"), ".zst")
}

// family is what the names of one log's successive files have in common: the directory and the name without digits.
func family(path string) string {
	stem, _ := rotation(path)
	dir, name := filepath.Split(stem)
	return dir + strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return -1
		}
		return r
	}, name)
}
