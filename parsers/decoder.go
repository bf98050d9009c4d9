package parsers

import (
	"bytes"
	"errors"
	"time"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/logtofile"
	"github.com/auditwarden/auditwarden/parsers/percona"
	"github.com/auditwarden/auditwarden/parsers/postgresql"
	"github.com/auditwarden/auditwarden/parsers/serveraudit"
	"github.com/auditwarden/auditwarden/parsers/stamp"
	"github.com/auditwarden/auditwarden/pipeline"
)

// Options are a decoder's dependencies.
type Options struct {
	// LoadLocation finds a time zone; nil means [time.LoadLocation].
	LoadLocation func(name string) (*time.Location, error)
	// Now is the clock that dates without a year are set by until the first Tick; nil means [time.Now].
	Now func() time.Time
}

// decoder implements [pipeline.Decoder].
type decoder struct {
	cfg      Config
	fixed    layout // of every stream; layoutUnknown where each is recognised
	prefixes []*postgresql.Prefix
	numbered []*postgresql.Prefix // tried besides on numbered messages
	maybe    []*postgresql.Prefix // scratch
	named    bool                 // the line recognised last names a user or database
	pg       postgresql.Scratch
	audit    serveraudit.Reader

	streams  streams
	sessions sessions
	held     int // bytes of lines held back

	key []byte // scratch
	at  ticket
	out *pipeline.Decoded
	now time.Time // of the last Tick

	start time.Time
}

// New returns a decoder for the records of one source.
func New(cfg Config, opts Options) (pipeline.Decoder, error) {
	if err := cfg.Validate().Err(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	load := opts.LoadLocation
	if load == nil {
		load = time.LoadLocation
	}
	zone, err := load(cfg.TimeZone)
	if err != nil {
		return nil, err
	}
	clock := stamp.NewClock(zone)
	d := &decoder{cfg: cfg}
	d.pg.Clock = clock
	d.audit = serveraudit.Reader{Arena: &d.pg.Arena, Clock: clock, QueryLimit: cfg.QueryLogLimit}
	if d.start = time.Now(); opts.Now != nil {
		d.start = opts.Now()
	}
	d.streams.init(cfg.MaxStreams)
	d.sessions.init(cfg.MaxSessions, cfg.MaxHeldBytes)
	if f, ok := formatNamed(cfg.Format); ok {
		d.fixed = f.layout
	}
	if cfg.Prefix != "" {
		p, err := postgresql.CompilePrefix(cfg.Prefix)
		if err != nil {
			return nil, err
		}
		d.prefixes = []*postgresql.Prefix{p}
	} else {
		d.prefixes, d.numbered = postgresql.KnownPrefixes(), postgresql.NumberedPrefixes()
	}
	return d, nil
}

// Decode implements [pipeline.Decoder].
func (d *decoder) Decode(r pipeline.Record, out *pipeline.Decoded) {
	d.out = out
	d.at.reset(&r)
	d.at.cluster = d.cfg.Cluster
	s := d.stream(r.Stream)
	d.text(s, r.Raw, 0)
	if !d.at.claimed || d.at.carry != nil {
		d.settle()
	}
	d.at.idle = true
	if d.held > d.cfg.MaxHeldBytes {
		d.relieve()
	}
	d.out = nil
}

// lines feeds the physical lines of a text; a transport may deliver several at once.
func (d *decoder) lines(s *stream, raw []byte) {
	raw = field.Valid(raw)
	for {
		i := bytes.IndexByte(raw, '\n')
		if i < 0 {
			break
		}
		d.line(s, raw[:i])
		raw = raw[i+1:]
		if len(raw) == 0 {
			return
		}
	}
	d.line(s, raw)
}

// line feeds one physical line to the stream's format, and looks for another format where it does not fit.
func (d *decoder) line(s *stream, line []byte) {
	if s.block.open {
		d.blockMore(s, line)
		return
	}
	if s.lost != layoutUnknown && !s.row.open {
		if !d.starts(s.lost, line) {
			var p piece
			d.at.begin(&p)
			d.unparsed(&p, line, errAfterLost)
			return
		}
		s.layout, s.lost = s.lost, layoutUnknown
	}
	if d.feed(s, s.layout, line) {
		s.plain()
		return
	}
	if d.recognises(s) {
		if found, prefix := d.recognise(line); found != layoutUnknown && !s.weaker(prefix) {
			d.finish(s) // what is held belongs to the layout before
			s.layout = found
			if prefix != nil {
				s.prefix, s.proven = prefix, d.named
			}
			if d.feed(s, found, line) {
				s.plain()
				return
			}
		}
	}
	d.stray(s, line)
}

// feed reports whether the line fits the layout; then it is dealt with.
func (d *decoder) feed(s *stream, l layout, line []byte) bool {
	switch l {
	case layoutStderr:
		return d.stderrLine(s, line)
	case layoutCSV:
		return d.csvLine(s, line)
	case layoutJSON:
		return d.jsonLine(s, line)
	case layoutServerAudit:
		return d.serverAuditLine(s, line)
	case layoutXML, layoutRowCSV:
		return d.blockLine(s, l, line)
	case layoutLogToFile:
		return d.logToFileLine(s, line)
	}
	return false
}

var errAfterLost = &field.Fault{Reason: "after_lost", Sentence: "line follows a record that was given up, and may be its text"}

// starts reports whether a line certainly starts a record, even where it may stand inside a text of that layout.
func (d *decoder) starts(l layout, line []byte) bool {
	switch l {
	case layoutCSV:
		var e postgresql.Entry
		err := postgresql.ParseCSV(line, d.pg.Clock, &d.pg.Arena, &e)
		return err == nil || errors.Is(err, postgresql.ErrCSVOpen)
	case layoutXML:
		return bytes.HasPrefix(bytes.TrimLeft(line, " \t"), []byte(percona.Open))
	case layoutLogToFile:
		return logtofile.Starts(line)
	}
	return percona.LooksCSV(line)
}

// stray keeps a line that is no record: blank ones are skipped, others kept as unparsed.
func (d *decoder) stray(s *stream, line []byte) {
	if reason := filler(line); reason != "" {
		d.skip(reason)
		return
	}
	var p piece
	d.at.begin(&p)
	d.unparsed(&p, line, errStray)
}

var errStray = &field.Fault{Reason: "unrecognised", Sentence: "line does not start a record of any known format"}

// Tick implements [pipeline.Decoder]. What waits is released when it has seen ticks for JoinTimeout without a new piece. The
// time between two ticks counts for at most half of that: after a long stop elsewhere, the pieces that queued up meanwhile
// get a chance to arrive first.
func (d *decoder) Tick(now time.Time, out *pipeline.Decoded) {
	d.out = out
	passed := max(0, min(now.Sub(d.now), d.cfg.JoinTimeout/2))
	d.now = now
	d.streams.each(func(s *stream) {
		switch {
		case !s.holds() || s.touched || !s.waiting:
			s.waiting, s.waited, s.touched = s.holds(), 0, false
		default:
			if s.waited += passed; s.waited >= d.cfg.JoinTimeout {
				d.finish(s)
				s.waiting = false
			}
		}
	})
	d.out = nil
}

// Flush implements [pipeline.Decoder].
func (d *decoder) Flush(out *pipeline.Decoded) {
	d.out = out
	for again, n := true, 0; again && n < 2*maxNesting; n++ { // finishing one may open another in its place
		again = false
		d.streams.each(func(s *stream) {
			if s.holds() {
				again = true
				d.finish(s)
			}
		})
	}
	d.out = nil
}

// Oldest implements [pipeline.Decoder].
func (d *decoder) Oldest() uint64 {
	oldest := pipeline.NoneHeld
	if d.held == 0 {
		return oldest
	}
	d.streams.each(func(s *stream) { oldest = min(oldest, s.oldest()) })
	return oldest
}

// relieve releases the stream whose oldest piece is the oldest of all.
func (d *decoder) relieve() {
	for d.held > d.cfg.MaxHeldBytes {
		var worst *stream
		d.streams.each(func(s *stream) {
			if s.holds() && (worst == nil || s.oldest() < worst.oldest()) {
				worst = s
			}
		})
		if worst == nil {
			return
		}
		d.finish(worst)
	}
}
