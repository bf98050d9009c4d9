package parsers

import (
	"errors"

	"github.com/auditwarden/auditwarden/pipeline"
)

// parser implements [pipeline.Parser] on a decoder of its own for every record.
type parser struct {
	cfg  Config
	opts Options
}

// NewParser returns a parser of single, complete records: nothing is joined or linked across them. It is safe for
// concurrent use.
func NewParser(cfg Config, opts Options) (pipeline.Parser, error) {
	if _, err := New(cfg, opts); err != nil {
		return nil, err
	}
	return &parser{cfg, opts}, nil
}

// Parse implements [pipeline.Parser]. A record that is skipped on purpose gives neither events nor an error.
func (p *parser) Parse(r pipeline.Record) ([]pipeline.Event, error) {
	d, err := New(p.cfg, p.opts)
	if err != nil {
		return nil, err
	}
	var out pipeline.Decoded
	d.Decode(r, &out)
	d.Flush(&out)
	if len(out.Unparsed) > 0 {
		return out.Events, errors.New(out.Unparsed[0].Error)
	}
	return out.Events, nil
}
