package mcafee_test

import (
	"testing"
	"unicode/utf8"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/mcafee"
	"github.com/auditwarden/auditwarden/pipeline"
)

// FuzzRead checks that a record that is accepted has a kind, and texts that are valid.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"msg-type":"header","date":"1714644672123"}`))
	f.Add([]byte(`{"msg-type":"activity","date":"1714644672123","thread-id":"5","query-id":"71","user":"app","ip":"10.0.0.5","rows":"3","status":"0","cmd":"select","objects":[{"db":"shop","name":"t","obj_type":"TABLE"}],"query":"select * from t"}`))
	f.Add([]byte(`{"cmd":"select","date":"2024-05-02T10:11:12.1Z","objects":[],"status":"unsuccessful","errCode":1146}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		b = field.Valid(b)
		var a field.Arena
		var ev pipeline.Event
		if mcafee.Read(b, &a, &ev) != nil {
			return
		}
		if ev.Kind == "" || !utf8.ValidString(ev.Statement+ev.Role+ev.Database+ev.ObjectName+ev.Command) {
			t.Errorf("%q gave %+v", b, ev)
		}
	})
}
