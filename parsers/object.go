package parsers

import (
	"bytes"
	"cmp"
	"errors"
	"strings"

	"github.com/auditwarden/auditwarden/parsers/cloud"
	"github.com/auditwarden/auditwarden/parsers/enterprise"
	"github.com/auditwarden/auditwarden/parsers/envelope"
	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/jsonscan"
	"github.com/auditwarden/auditwarden/parsers/logtofile"
	"github.com/auditwarden/auditwarden/parsers/mcafee"
	"github.com/auditwarden/auditwarden/parsers/percona"
	"github.com/auditwarden/auditwarden/parsers/postgresql"
	"github.com/auditwarden/auditwarden/parsers/stamp"
	"github.com/auditwarden/auditwarden/pipeline"
)

var (
	errSealed = &field.Fault{Reason: "encrypted", Sentence: "activity stream record is encrypted; decrypt it before it gets here"}
	errObject = &field.Fault{Reason: "unrecognised", Sentence: "JSON object is of no known format and holds no text"}
	errJunk   = &field.Fault{Reason: "bad_json", Sentence: "JSON record is followed by text"}
)

// object takes a text that starts with an object; others may follow without a separator.
func (d *decoder) object(s *stream, raw []byte, depth int) {
	for len(raw) > 0 {
		if s.jsonlog {
			var e postgresql.Entry
			if rest, err := postgresql.ParseJSON(raw, d.pg.Clock, &d.pg.Arena, &e); err == nil {
				var p piece
				d.at.begin(&p)
				d.emitEntry(s, &p, &e, formatJSONLog, raw)
				raw = afterObject(rest)
				if len(raw) > 0 && raw[0] != '{' {
					d.lines(s, raw)
					return
				}
				continue
			}
		}
		kind, end, err := classify(raw)
		if errors.Is(err, jsonscan.ErrShort) && (depth == 0 || len(raw) == 1) && (d.fixed == layoutUnknown || d.fixed == layoutJSON) && prettyStart(raw) {
			d.openBlock(s, layoutJSON, raw)
			return
		}
		if errors.Is(err, jsonscan.ErrShort) {
			if closed := repair(raw); closed != nil {
				before := d.at.cut
				if before == nil {
					d.at.cut = raw
				}
				d.object(s, closed, depth)
				d.at.cut = before
				return
			}
		}
		if err != nil {
			var p piece
			d.at.begin(&p)
			d.unparsed(&p, raw, err)
			return
		}
		d.one(s, kind, raw[:end], depth)
		s.jsonlog = kind == objJSONLog
		raw = afterObject(raw[end:])
		if len(raw) > 0 && raw[0] != '{' && raw[0] != '[' {
			d.junk(raw)
			return
		}
		if len(raw) > 0 && raw[0] == '[' {
			if !d.arrays(s, raw, depth) {
				d.stray(s, raw)
			}
			return
		}
	}
}

// afterObject skips what may stand between objects.
func afterObject(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t' || b[0] == '\r' || b[0] == '\n' || b[0] == ',' || b[0] == ']') {
		b = b[1:]
	}
	return b
}

// arrays takes arrays, one behind the other, and what follows them. It says false if there is none.
func (d *decoder) arrays(s *stream, raw []byte, depth int) bool {
	raw = field.Valid(raw)
	for first := true; ; first = false {
		rest, ok := d.array(s, raw, depth)
		if !ok {
			rest, ok = d.fluent(s, raw, depth)
		}
		switch {
		case !ok && first:
			return false
		case !ok:
			d.stray(s, raw)
			return true
		}
		raw = afterObject(rest)
		switch {
		case len(raw) == 0:
			return true
		case raw[0] == '[':
			continue
		case raw[0] == '{' && depth < maxNesting:
			d.object(s, raw, depth+1)
		default:
			d.junk(raw)
		}
		return true
	}
}

// junk keeps what stands where an object should.
func (d *decoder) junk(raw []byte) {
	var p piece
	d.at.begin(&p)
	d.unparsed(&p, raw, errJunk)
}

// array takes an array of objects, and gives what follows it.
func (d *decoder) array(s *stream, raw []byte, depth int) (rest []byte, ok bool) {
	if first := bytes.TrimLeft(raw[1:], " \t\r\n"); len(first) == 0 || first[0] != '{' {
		return nil, false
	}
	list := jsonscan.Walk(raw)
	for _, v, ok := list.Next(); ok; _, v, ok = list.Next() {
		if v.Kind == jsonscan.Object {
			d.object(s, v.Raw, depth+1)
		} else {
			d.junk(v.Raw)
		}
	}
	if list.Err != nil {
		var p piece
		d.at.begin(&p)
		d.unparsed(&p, raw, list.Err)
		return nil, true
	}
	return list.Rest(), true
}

// one deals with one whole object.
func (d *decoder) one(s *stream, kind objectKind, raw []byte, depth int) {
	a, clock := &d.pg.Arena, d.pg.Clock
	switch kind {
	case objJSONLog:
		d.entry(s, raw, raw, formatJSONLog, nil)
	case objPercona:
		d.structured(s, raw, percona.FormatJSON, func(ev *pipeline.Event) error {
			var r percona.Record
			v, _ := jsonscan.Get(raw, "audit_record")
			if err := percona.ReadJSON(v.Raw, a, &r); err != nil {
				return err
			}
			return r.Event(clock, ev)
		})
	case objEnterprise:
		d.structured(s, raw, enterprise.Format, func(ev *pipeline.Event) error {
			err := enterprise.Read(raw, clock, a, ev)
			if err == nil {
				d.account(s, ev)
				d.stage(s, ev, jsonscan.Text(raw, a, "event"))
			}
			return err
		})
	case objMcAfee:
		d.structured(s, raw, mcafee.Format, func(ev *pipeline.Event) error { return mcafee.Read(raw, a, ev) })
	case objStreamEvent:
		d.streamEvent(s, raw)
	case objStreamList:
		d.streamList(s, raw)
	case objStreamSealed:
		if v, _ := jsonscan.Get(raw, "databaseActivityEvents"); v.Kind == jsonscan.Object { // decrypted in place
			d.streamList(s, v.Raw)
			return
		}
		var p piece
		d.at.begin(&p)
		d.unparsed(&p, raw, errSealed)
	case objCloudWatch:
		d.cloudWatch(s, raw, depth)
	case objGoogle:
		d.google(s, raw)
	case objGoogleText:
		d.googleText(s, raw, depth)
	case objRecords: // of an AWS Lambda function
		v, _ := jsonscan.Get(raw, "Records")
		d.elements(v, func(b []byte) { d.object(s, b, depth+1) })
	case objLogEvents: // what `aws logs filter-log-events` and `get-log-events` print
		v, _ := jsonscan.Get(raw, "events")
		d.elements(v, func(b []byte) { d.wrapped(s, b, depth) })
	case objAzureList:
		v, _ := jsonscan.Get(raw, "records")
		d.elements(v, func(b []byte) { d.object(s, b, depth+1) })
	case objAzure:
		d.azure(s, raw, depth)
	case objCNPG:
		d.cnpg(s, raw, depth)
	case objLogToFile:
		d.structured(s, raw, logtofile.FormatJSON, func(ev *pipeline.Event) error { return logtofile.ReadJSON(raw, &d.pg, ev) })
	case objSupabase:
		d.supabase(s, raw, depth)
	case objOTLP:
		d.otlp(s, raw, depth)
	default:
		d.wrapped(s, raw, depth)
	}
}

// elements calls f for every object of an array; what else is in it is not understood.
func (d *decoder) elements(v jsonscan.Value, f func([]byte)) {
	if v.Kind != jsonscan.Array {
		return
	}
	list := jsonscan.Walk(v.Raw)
	for _, item, ok := list.Next(); ok; _, item, ok = list.Next() {
		if item.Kind == jsonscan.Object {
			f(item.Raw)
			continue
		}
		var p piece
		d.at.begin(&p)
		d.unparsed(&p, item.Raw, errObject)
	}
}

// entry makes an event of an object with csvlog's or jsonlog's names; more may set what stands outside it.
func (d *decoder) entry(s *stream, raw, object []byte, format string, more func(*postgresql.Entry)) {
	var e postgresql.Entry
	var p piece
	_, err := postgresql.ParseJSON(object, d.pg.Clock, &d.pg.Arena, &e)
	if more != nil {
		more(&e)
		if errors.Is(err, postgresql.ErrJSONShape) && e.Severity != "" {
			err = nil
		}
	}
	d.at.begin(&p)
	if err != nil {
		d.unparsed(&p, raw, err)
		return
	}
	d.emitEntry(s, &p, &e, format, raw)
}

// wrapped takes an object that a shipper made around a line.
func (d *decoder) wrapped(s *stream, raw []byte, depth int) {
	a := &d.pg.Arena
	in, ok := envelope.Unwrap(raw, a)
	if !ok {
		if v, found := jsonscan.Get(raw, "payload"); found && v.Kind == jsonscan.Null {
			d.skip("control")
			return
		}
		var p piece
		d.at.begin(&p)
		d.unparsed(&p, raw, errObject)
		return
	}
	inside := d.substream(s, in.Sub, in.Host)
	more := in.GoesOn(inside.stripped)
	ended := len(in.Text) > 0 && in.Text[len(in.Text)-1] == '\n'
	inside.ended = inside.ended || ended
	if inside.parts.doubtful && !more && !ended && d.wasWhole(inside, in.Text) {
		d.closeWhole(inside, depth+1)
	}
	if more || inside.parts.open {
		begins := !inside.parts.open
		d.part(inside, &in, more, depth+1)
		inside.parts.doubtful = inside.parts.open && (inside.parts.doubtful || begins && !in.Marked() && !inside.ended)
		return
	}
	inside.stripped = inside.stripped || !ended && len(in.Text) > 0
	d.inner(inside, &in, depth+1)
}

// streamList takes the events of a decrypted activity stream, with the cluster they are of: a resource's id, so that a name
// that is configured stands before it.
func (d *decoder) streamList(s *stream, raw []byte) {
	a := &d.pg.Arena
	before := d.at.origin
	d.at.cluster = cmp.Or(d.at.cluster, jsonscan.Text(raw, a, "clusterId"), jsonscan.Text(raw, a, "instanceId"))
	v, _ := jsonscan.Get(raw, "databaseActivityEventList")
	d.elements(v, func(b []byte) { d.streamEvent(s, b) })
	d.at.origin = before
}

// streamEvent takes one event of a decrypted activity stream.
func (d *decoder) streamEvent(s *stream, raw []byte) {
	if jsonscan.Text(raw, &d.pg.Arena, "type") == "heartbeat" {
		d.skip("heartbeat")
		return
	}
	d.structured(s, raw, cloud.FormatDAS, func(ev *pipeline.Event) error { return cloud.ReadDAS(raw, d.pg.Clock, &d.pg.Arena, ev) })
}

// cloudWatch takes a subscription's message.
func (d *decoder) cloudWatch(s *stream, raw []byte, depth int) {
	a := &d.pg.Arena
	if jsonscan.Text(raw, a, "messageType") == "CONTROL_MESSAGE" {
		d.skip("control")
		return
	}
	group, stream := jsonscan.Text(raw, a, "logGroup"), jsonscan.Text(raw, a, "logStream")
	v, _ := jsonscan.Get(raw, "logEvents")
	before := d.at.origin
	if id := databaseOf(group); id != "" {
		d.at.cluster = id
	}
	d.at.host = stream
	inside := d.substream(s, group, stream)
	d.elements(v, func(b []byte) {
		in := envelope.Inner{Text: field.Bytes(jsonscan.Text(b, a, "message"))}
		if at, ok := jsonscan.Get(b, "timestamp"); ok {
			in.Time, _ = stamp.Epoch(at.Raw)
		}
		d.inner(inside, &in, depth+1)
	})
	d.at.origin = before
}

// databaseOf takes the database's name out of a log group: /aws/rds/instance/NAME/postgresql.
func databaseOf(group string) string {
	for _, kind := range [...]string{"/aws/rds/instance/", "/aws/rds/cluster/"} {
		if rest, ok := strings.CutPrefix(group, kind); ok {
			id, _, _ := strings.Cut(rest, "/")
			return id
		}
	}
	return ""
}

// otlp takes an OpenTelemetry export: every log record's body is a line.
func (d *decoder) otlp(s *stream, raw []byte, depth int) {
	resources, _ := jsonscan.Get(raw, "resourceLogs")
	d.elements(resources, func(r []byte) {
		scopes, _ := jsonscan.Get(r, "scopeLogs")
		d.elements(scopes, func(sc []byte) {
			records, _ := jsonscan.Get(sc, "logRecords")
			d.elements(records, func(b []byte) { d.wrapped(s, b, depth) })
		})
	})
}
