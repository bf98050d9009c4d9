package plain

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Limits for one alert, in bytes and entries.
const (
	NameLimit     = 256
	TextLimit     = 2000
	QueryLimit    = 4000
	EvidenceLimit = 20
	ListLimit     = 32
)

// Alert returns a copy of a that is fit to be shown: every text clean and bounded. The ID and times are as they were.
func Alert(a pipeline.Alert) pipeline.Alert {
	return mapTexts(a, Name, Prose)
}

// Bounded returns a copy of a with over-long texts and lists cut and everything else exact.
func Bounded(a pipeline.Alert) pipeline.Alert {
	valid := func(s string, limit int) string { return Cut(strings.ToValidUTF8(s, "\ufffd"), limit) }
	return mapTexts(a, valid, valid)
}

// Marshal gives a, bounded, as a JSON object without a line break and with printable characters only.
func Marshal(a pipeline.Alert) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(Bounded(a)); err != nil {
		return nil, err
	}
	return JSON(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

func mapTexts(a pipeline.Alert, name, text func(string, int) string) pipeline.Alert {
	for _, p := range []*string{&a.ID, &a.Rule, &a.Title, &a.Cluster, &a.Database, &a.Role, &a.Client, &a.Application} {
		*p = name(*p, NameLimit)
	}
	for _, p := range []*string{&a.Summary, &a.Reason, &a.Response} {
		*p = text(*p, TextLimit)
	}
	a.Severity = pipeline.Severity(name(string(a.Severity), NameLimit))
	a.Query = text(a.Query, QueryLimit)
	a.Evidence = slices.Clone(a.Evidence[:min(len(a.Evidence), EvidenceLimit)])
	for i := range a.Evidence {
		e := &a.Evidence[i]
		e.RecordID, e.Fingerprint = name(e.RecordID, NameLimit), name(e.Fingerprint, NameLimit)
		e.Normalized, e.Kind = text(e.Normalized, TextLimit), name(e.Kind, NameLimit)
		e.Outcome = pipeline.Outcome(name(string(e.Outcome), NameLimit))
	}
	for _, list := range []*[]string{&a.Signals, &a.Attack, &a.Controls, &a.References} {
		*list = slices.Clone((*list)[:min(len(*list), ListLimit)])
		for i := range *list {
			(*list)[i] = name((*list)[i], NameLimit)
		}
	}
	a.Numbers = numbers(a.Numbers, name)
	return a
}

func numbers(in map[string]string, name func(string, int) string) map[string]string {
	if in == nil {
		return nil
	}
	out := make(map[string]string, min(len(in), ListLimit))
	for _, k := range slices.Sorted(maps.Keys(in)) {
		if len(out) == ListLimit {
			break
		}
		out[name(k, NameLimit)] = name(in[k], NameLimit)
	}
	return out
}

// Pairs lists numbers as "key value", sorted by key.
func Pairs(numbers map[string]string) []string {
	out := make([]string, 0, len(numbers))
	for _, k := range slices.Sorted(maps.Keys(numbers)) {
		out = append(out, k+" "+numbers[k])
	}
	return out
}
