package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// found is one regular file that the paths name.
type found struct {
	path string
	info os.FileInfo
}

// list looks for the files that the paths name now. missing names the paths that gave none.
func (c *Config) list() (files []found, missing []string, err error) {
	for _, p := range c.Paths {
		got, err := c.expand(p)
		if err != nil {
			return nil, nil, err
		}
		if len(got) == 0 {
			missing = append(missing, p)
		}
		files = append(files, got...)
	}
	return files, missing, nil
}

func (c *Config) expand(p string) ([]found, error) {
	names := []string{p}
	literal := true
	if fi, err := os.Stat(p); err == nil && fi.IsDir() {
		literal = false
		entries, err := os.ReadDir(p)
		if err != nil {
			return nil, err
		}
		names = names[:0]
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), ".") {
				names = append(names, filepath.Join(p, e.Name()))
			}
		}
	} else if errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(p, `*?[\`) {
		literal = false
		if names, err = filepath.Glob(p); err != nil {
			return nil, err
		}
	}
	var out []found
	for _, name := range names {
		fi, err := os.Stat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil && literal:
			return nil, err
		case err != nil:
			continue // it went away, or is not ours to look at; opening says so
		case !fi.Mode().IsRegular() && literal:
			return nil, fmt.Errorf("%s is not a regular file", name)
		case !fi.Mode().IsRegular() || c.excluded(name):
			continue
		}
		out = append(out, found{name, fi})
	}
	return out, nil
}

func (c *Config) excluded(path string) bool {
	for _, pattern := range c.Exclude {
		for _, name := range []string{path, filepath.Base(path)} {
			if ok, _ := filepath.Match(pattern, name); ok {
				return true
			}
		}
	}
	return false
}

// scan looks for new, renamed, changed and vanished files.
func (s *Source) scan(now time.Time) error {
	s.scanned = now
	files, missing, err := s.cfg.list()
	if err != nil {
		if s.cfg.Follow && s.started {
			s.log.Warn("cannot look for files", "error", err)
			return nil
		}
		return fmt.Errorf("look for files: %w", err)
	}
	if err := s.sayMissing(missing); err != nil {
		return err
	}
	seen := make(map[fileID]bool, len(files))
	for _, fd := range files {
		id := statID(fd.info)
		if seen[id] {
			continue
		}
		seen[id] = true
		s.sight(fd, id, now)
	}
	s.lose(seen, now)
	err = s.peekNew(now)
	s.sort()
	s.fade(len(files) > 0, now)
	s.started = true
	return err
}

// sayMissing reports paths without a file: an error in finite mode, one warning each when following.
func (s *Source) sayMissing(missing []string) error {
	if !s.cfg.Follow && len(missing) > 0 {
		return fmt.Errorf("no such file: %s", strings.Join(missing, ", "))
	}
	for _, p := range missing {
		if !s.warned[p] {
			s.warned[p] = true
			s.log.Warn("no file there yet, waiting for one", "path", p)
		}
	}
	return nil
}

// sight notes one listed file.
func (s *Source) sight(fd found, id fileID, now time.Time) {
	t := s.byID[id]
	if t == nil {
		t = &tracked{path: fd.path, id: id, seenSize: -1, changed: now, fromEnd: !s.started && s.fromEnd}
		t.split.max = s.cfg.MaxLineBytes
		s.byID[id] = t
		s.files = append(s.files, t)
		t.stamp(fd.info, time.Time{})
		t.stable = now.Sub(t.mtime) > time.Minute
		return
	}
	if t.path != fd.path && !listedStill(t, id) {
		s.log.Info("file was renamed", "path", t.path, "to", fd.path)
		t.path, t.rotated = fd.path, true
		t.meta = map[string]string{"path": t.path}
	}
	t.missing = time.Time{}
	t.stable = t.size == fd.info.Size() && t.mtime.Equal(fd.info.ModTime())
	t.stamp(fd.info, now)
}

// listedStill tells whether the path known still leads to the file: it has two names.
func listedStill(t *tracked, id fileID) bool {
	fi, err := os.Stat(t.path)
	return err == nil && statID(fi) == id
}

// lose lets go of files that are listed no more: at once if they are closed, else when they have been quiet for long.
func (s *Source) lose(seen map[fileID]bool, now time.Time) {
	if !s.cfg.Follow {
		return
	}
	s.files = slices.DeleteFunc(s.files, func(t *tracked) bool {
		if seen[t.id] {
			return false
		}
		if t.missing.IsZero() {
			t.missing, t.rotated = now, true
		}
		if t.f != nil && (!t.exhausted() || now.Sub(later(t.changed, t.missing)) < s.cfg.CloseIdle) {
			return false
		}
		if !t.exhausted() && t.copyOf == nil && t.size > 0 {
			s.log.Warn("file vanished before it was read", "path", t.path, "bytes_left", t.size-t.readOff())
		}
		s.release(t)
		t.close()
		delete(s.byID, t.id)
		return true
	})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// peekNew finds out what the files are that were not looked at yet. Before the source has started, a file that cannot
// be read is an error.
func (s *Source) peekNew(now time.Time) error {
	for _, t := range s.files {
		if t.base != "" || !t.news() || now.Before(t.retry) {
			continue
		}
		if err := s.peek(t, now); err != nil {
			if !s.cfg.Follow || !s.started && errors.Is(err, fs.ErrPermission) {
				return fmt.Errorf("read %s: %w", t.path, unpath(err))
			}
			s.fail(t, err)
		}
	}
	return nil
}

// unpath takes the path off an error of package os: the caller names it.
func unpath(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

const keepOpen = 128 // so many files are held open before they are read, lest they vanish

func (s *Source) peek(t *tracked, now time.Time) error {
	if errors.Is(t.open(), fs.ErrNotExist) {
		return nil // the next scan will tell
	}
	err := t.peek(!s.cfg.Follow || s.ended(t, now))
	s.unsorted = true
	if err != nil || len(s.files) > keepOpen {
		t.close()
	}
	return err
}

// ended says that a file's last line will not be completed.
func (s *Source) ended(t *tracked, now time.Time) bool {
	return t.rotated && now.Sub(t.changed) >= s.cfg.RotatedGrace
}

// sort puts the files into reading order and marks those that a newer one of the same family has replaced.
func (s *Source) sort() {
	if !s.unsorted {
		return
	}
	s.unsorted = false
	slices.SortStableFunc(s.files, older)
	newest := make(map[string]*tracked, len(s.files))
	for _, t := range s.files {
		fam := family(t.path)
		if o := newest[fam]; o != nil && o.born().Before(t.born()) {
			o.rotated = true
		}
		newest[fam] = t
	}
}

// forgetAfter is how long no file may hold a stream before its position is given up.
const forgetAfter = 24 * time.Hour

// fade gives up positions of streams that no file has held for long. Nothing fades while no file is listed at all.
func (s *Source) fade(listed bool, now time.Time) {
	if !listed || now.Sub(s.faded) < forgetAfter/24 {
		return
	}
	s.faded = now
	held := make(map[string]bool, len(s.files))
	for _, t := range s.files {
		held[t.base] = true
	}
	for name, st := range s.streams {
		base, _, _ := strings.Cut(name, "-")
		switch {
		case held[base]:
			st.gone = time.Time{}
		case st.gone.IsZero():
			st.gone = now
		case now.Sub(st.gone) >= forgetAfter:
			delete(s.streams, name)
			s.forgotten = append(s.forgotten, name)
		}
	}
}
