package cloudwatch

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Positions are texts by key:
//
//	*                  the source: when it was first started
//	GROUP:             the group's cursors
//	GROUP:*HOUR        how many events each minute of an hour had (hours since the epoch)
//	GROUP:STREAM       the newest event delivered of a stream, for people and for accounting
//
// A log group's name holds neither colon nor asterisk, a stream's name neither, so keys do not collide.

const sourceKey = "*"

type sourcePosition struct {
	Started int64 `json:"started"` // milliseconds
}

// cursors of one group, in milliseconds since the epoch.
type cursors struct {
	// Floor is where the group's territory begins.
	Floor int64 `json:"floor"`
	// Head is the end of what was read in order; everything from Floor to Head is read, except for Back.
	Head int64 `json:"head"`
	// Back are pieces left behind, oldest first.
	Back []span `json:"back,omitempty"`
	// Verified are the cursors of the verifiers, the youngest age first.
	Verified []int64 `json:"verified"`
}

type streamPosition struct {
	Time  int64  `json:"time"`
	Event string `json:"event"`
}

// restored is what positions say of one group.
type restored struct {
	cursors *cursors
	hours   map[int64]*[60]uint32
	streams map[string]streamPosition
}

func groupKey(group string) string { return group + ":" }

func hourKey(group string, hour int64) string {
	return group + ":*" + strconv.FormatInt(hour, 10)
}

func streamKey(group, stream string) string { return group + ":" + stream }

// restore reads positions; an empty text counts as none.
func restore(positions map[string]string) (*sourcePosition, map[string]*restored, error) {
	var source *sourcePosition
	groups := map[string]*restored{}
	for key, text := range positions {
		if text == "" {
			continue
		}
		if key == sourceKey {
			source = new(sourcePosition)
			if err := json.Unmarshal([]byte(text), source); err != nil {
				return nil, nil, fmt.Errorf("read position %q: %w", key, err)
			}
			continue
		}
		group, rest, ok := strings.Cut(key, ":")
		if !ok {
			return nil, nil, fmt.Errorf("read position %q: no such key of this source", key)
		}
		r := groups[group]
		if r == nil {
			r = &restored{hours: map[int64]*[60]uint32{}, streams: map[string]streamPosition{}}
			groups[group] = r
		}
		if err := r.read(rest, text); err != nil {
			return nil, nil, fmt.Errorf("read position %q: %w", key, err)
		}
	}
	return source, groups, nil
}

func (r *restored) read(rest, text string) error {
	if rest == "" {
		r.cursors = new(cursors)
		return json.Unmarshal([]byte(text), r.cursors)
	}
	digits, isHour := strings.CutPrefix(rest, "*")
	if !isHour {
		var p streamPosition
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			return err
		}
		r.streams[rest] = p
		return nil
	}
	hour, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return err
	}
	r.hours[hour], err = decodeHour(text)
	return err
}

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // numbers and texts only
	}
	return string(b)
}
