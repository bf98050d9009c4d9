package parsers

import "github.com/auditwarden/auditwarden/pipeline"

// HeldState is how much a decoder keeps.
type HeldState struct{ Bytes, Streams, Sessions, SessionBytes int }

// Held says how much a decoder keeps.
func Held(d pipeline.Decoder) HeldState {
	x := d.(*decoder)
	return HeldState{x.held, len(x.streams.byName), len(x.sessions.byKey), x.sessions.bytes}
}
