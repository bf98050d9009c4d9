package enterprise_test

import (
	"testing"
	"unicode/utf8"

	"github.com/auditwarden/auditwarden/parsers/enterprise"
	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/stamp"
	"github.com/auditwarden/auditwarden/pipeline"
)

// FuzzRead checks that a record that is accepted has a time and a kind, and texts that are valid.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{ "timestamp": "2024-05-02 10:11:13", "id": 0, "class": "connection", "event": "connect", "connection_id": 12, "account": { "user": "", "host": "web" }, "login": { "user": "eve", "os": "", "ip": "10.0.0.5", "proxy": "" }, "connection_data": { "connection_type": "ssl", "status": 1045, "db": "shop" } }`))
	f.Add([]byte(`{"timestamp":"2024-05-02 10:11:14","class":"general","event":"status","connection_id":1,"general_data":{"command":"Query","query":"select '\/\ud800'","status":0}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		b = field.Valid(b)
		var a field.Arena
		var ev pipeline.Event
		if enterprise.Read(b, stamp.NewClock(nil), &a, &ev) != nil {
			return
		}
		if ev.EventTime.IsZero() || ev.Kind == "" || ev.Engine != pipeline.MySQL || !utf8.ValidString(ev.Statement+ev.Role+ev.Database+ev.ObjectName+ev.Command) {
			t.Errorf("%q gave %+v", b, ev)
		}
	})
}
