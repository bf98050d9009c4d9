package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/auditwarden/auditwarden/pipeline"
)

// ErrStdin says that what came by standard input cannot be read again.
var ErrStdin = errors.New("standard input cannot be read again")

// Lines reads all files in sight from their beginnings, as a source without any position would, and visits each line: what
// reconciling counts. A last line without its end is visited too, when Size is len(Raw); a following source waits for the rest. It keeps no
// position. Paths without a file are left out. The record is valid until visit returns.
func Lines(ctx context.Context, cfg Config, name string, visit func(*pipeline.Record) error) error {
	cfg.setDefaults()
	if err := cfg.Validate().Err(); err != nil {
		return err
	}
	if cfg.Paths[0] == Stdin {
		return ErrStdin
	}
	cfg.Follow, cfg.From = false, FromStart
	_, missing, err := cfg.list()
	if err != nil {
		return fmt.Errorf("look for files: %w", err)
	}
	cfg.Paths = slices.DeleteFunc(slices.Clone(cfg.Paths), func(p string) bool { return slices.Contains(missing, p) })
	if len(cfg.Paths) == 0 {
		return nil
	}
	s, err := New(cfg, Options{Name: name})
	if err != nil {
		return err
	}
	defer s.Close()
	for {
		b, err := s.Read(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range b.Records {
			if err := visit(&b.Records[i]); err != nil {
				return err
			}
		}
	}
}
