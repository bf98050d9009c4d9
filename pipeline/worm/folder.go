package worm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// folder keeps objects as read-only files. It is not immutable: whoever owns the files can remove them.
type folder struct{ root string }

func (f *folder) immutable() bool { return false }

func (f *folder) check(context.Context) error {
	if err := os.MkdirAll(f.path(temporary), 0o700); err != nil {
		return fmt.Errorf("make archive folder: %w", err)
	}
	probe, err := os.CreateTemp(f.path(temporary), "")
	if err != nil {
		return fmt.Errorf("write to archive folder: %w", err)
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return fmt.Errorf("write to archive folder: %w", err)
	}
	return f.sweep(time.Now().Add(-time.Hour))
}

// sweep removes what writers that were killed left behind.
func (f *folder) sweep(before time.Time) error {
	entries, err := os.ReadDir(f.path(temporary))
	if err != nil {
		return fmt.Errorf("read archive folder: %w", err)
	}
	for _, e := range entries {
		if fi, err := e.Info(); err == nil && fi.ModTime().Before(before) {
			_ = os.Remove(filepath.Join(f.path(temporary), e.Name())) // another writer may have been faster
		}
	}
	return nil
}

func (f *folder) path(key string) string { return filepath.Join(f.root, filepath.FromSlash(key)) }

// temporary is the folder for files that have no name yet.
const temporary = ".tmp"

// put writes a temporary file, makes it durable and links it to its name, which fails if that is taken.
func (f *folder) put(_ context.Context, key string, body []byte) error {
	path := f.path(key)
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return errExists
	}
	tmp, err := os.CreateTemp(f.path(temporary), "")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.Write(body)
	if err == nil {
		err = tmp.Chmod(0o400)
	}
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	switch err := os.Link(tmp.Name(), path); {
	case errors.Is(err, fs.ErrExist):
		return errExists
	case err != nil:
		return err
	}
	return f.syncDirs(dir)
}

// syncDirs makes new names durable, up to the root.
func (f *folder) syncDirs(dir string) error {
	for {
		d, err := os.Open(dir)
		if err != nil {
			return err
		}
		if err := errors.Join(d.Sync(), d.Close()); err != nil {
			return err
		}
		if len(dir) <= len(filepath.Clean(f.root)) {
			return nil
		}
		dir = filepath.Dir(dir)
	}
}

func (f *folder) get(_ context.Context, key string) (stored, error) {
	b, err := os.ReadFile(f.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		err = errMissing
	}
	return stored{body: b}, err
}

func (f *folder) keys(prefix string) ([]string, error) {
	dir := f.path(prefix)
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var keys []string
	for _, e := range entries {
		if !e.IsDir() {
			keys = append(keys, prefix+e.Name())
		}
	}
	slices.Sort(keys)
	return keys, nil
}

func (f *folder) next(_ context.Context, prefix, marker string) (string, error) {
	keys, err := f.keys(prefix)
	if err != nil {
		return "", err
	}
	i, found := slices.BinarySearch(keys, marker)
	if found {
		i++
	}
	if i == len(keys) {
		return "", nil
	}
	return keys[i], nil
}

func (f *folder) list(_ context.Context, prefix string, visit func(listed) error) error {
	keys, err := f.keys(prefix)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if err := visit(listed{key: k, versions: 1}); err != nil {
			return err
		}
	}
	return nil
}

func (f *folder) folders(_ context.Context, prefix string) ([]string, error) {
	entries, err := os.ReadDir(f.path(prefix))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && e.Name() != temporary {
			names = append(names, e.Name())
		}
	}
	return names, nil
}
