package cloud_test

import (
	"testing"

	"github.com/auditwarden/auditwarden/parsers/cloud"
	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/stamp"
	"github.com/auditwarden/auditwarden/pipeline"
)

// FuzzRead gives any object to every cloud's reader: what is accepted has a kind, an engine and a format.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"class":"READ","command":"SELECT","commandText":"select 1","dbUserName":"u","logTime":"2019-10-30 00:39:49.990579+00","exitCode":"00000","rowCount":9007199254740993,"serverType":"PostgreSQL","paramList":["1"],"remotePort":"40112"}`))
	f.Add([]byte(`{"timestamp":"2024-05-02T10:11:12.345678Z","protoPayload":{"request":{"auditClass":"READ","auditType":"SESSION","chunkCount":"3","chunkIndex":"1","command":"SELECT","statement":"select","statementId":"7","substatementId":"1"}}}`))
	f.Add([]byte(`{"category":"MySqlAuditLogs","time":"2024-03-01T13:59:50Z","properties":{"event_class":"general_log","event_subclass":"ERROR","thread_id":7,"user":"app[app] @  [10.0.0.5]","sql_text":"selec 1","error_code":1064}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		b = field.Valid(b)
		var a field.Arena
		clock := stamp.NewClock(nil)
		for name, read := range map[string]func(*pipeline.Event) error{
			"stream": func(ev *pipeline.Event) error { return cloud.ReadDAS(b, clock, &a, ev) },
			"azure":  func(ev *pipeline.Event) error { return cloud.ReadAzureMySQL(b, clock, &a, ev) },
			"google": func(ev *pipeline.Event) error {
				c, err := cloud.ReadGoogle(b, clock, &a, ev)
				if err == nil {
					c.Fill(&a, ev)
				}
				return err
			},
		} {
			var ev pipeline.Event
			if read(&ev) == nil && (ev.Kind == "" || ev.Engine == "" || ev.Format == "") {
				t.Errorf("%s: %q gave %+v", name, b, ev)
			}
		}
	})
}
