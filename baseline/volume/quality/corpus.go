package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"

	"github.com/auditwarden/auditwarden/baseline/volume"
	"github.com/auditwarden/auditwarden/baseline/volume/series"
)

// labelled is a series with the windows, first and last point, in which something is known to be odd.
type labelled struct {
	name, category string
	points         []volume.Point
	windows        [][2]int
}

// load reads windows.json of dir and the series that it names, as NAME or NAME.xz (which needs the program xz).
func load(dir string) ([]labelled, error) {
	text, err := os.ReadFile(filepath.Join(dir, "windows.json"))
	if err != nil {
		return nil, fmt.Errorf("read windows: %w", err)
	}
	var windows map[string][][2]string
	if err := json.Unmarshal(text, &windows); err != nil {
		return nil, fmt.Errorf("decode windows.json: %w", err)
	}
	var all []labelled
	for name, w := range windows {
		l, err := loadSeries(dir, name, w)
		if err != nil {
			return nil, fmt.Errorf("read series %s: %w", name, err)
		}
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b labelled) int { return bytes.Compare([]byte(a.name), []byte(b.name)) })
	return all, nil
}

func loadSeries(dir, name string, windows [][2]string) (labelled, error) {
	l := labelled{name: name, category: path.Dir(name)}
	file := filepath.Join(dir, filepath.FromSlash(name))
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		text, err = exec.Command("xz", "-dc", file+".xz").Output()
	}
	if err != nil {
		return l, err
	}
	at := map[int64]int{} // first point with this time stamp
	for r := series.NewReader(bytes.NewReader(text)); ; {
		p, _, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return l, err
		}
		if _, ok := at[p.At.UnixNano()]; !ok {
			at[p.At.UnixNano()] = len(l.points)
		}
		l.points = append(l.points, p)
	}
	for _, w := range windows {
		var ends [2]int
		for i := range w {
			t, err := series.ParseTime(w[i])
			if err != nil {
				return l, err
			}
			n, ok := at[t.UnixNano()]
			if !ok {
				return l, fmt.Errorf("no point at the window's end %s", w[i])
			}
			ends[i] = n
		}
		l.windows = append(l.windows, ends)
	}
	return l, nil
}
