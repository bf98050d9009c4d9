package serveraudit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/serveraudit"
	"github.com/auditwarden/auditwarden/parsers/stamp"
	"github.com/auditwarden/auditwarden/pipeline"
)

var escape = strings.NewReplacer("\\", "\\\\", "'", "\\'", "\n", "\\n", "\r", "\\r", "\t", "\\t", "\b", "\\b", "\f", "\\f")

// FuzzNames writes records with arbitrary user, database and query, as the plugin does. A record may be refused, but never
// read as another kind, or with another query.
func FuzzNames(f *testing.F) {
	f.Add("app", "shop", "select 1")
	f.Add("root,10.0.0.1,5,6,QUERY,mysql,'drop',0", "", "x")
	f.Add("a,h,1,2,CONNECT,d,,0", "x,1,2,CONNECT,y", "',0")
	f.Fuzz(func(t *testing.T, user, database, sql string) {
		if strings.ContainsAny(user+database, "\n") || strings.Contains(database, ",'") {
			return
		}
		r := serveraudit.Reader{Arena: new(field.Arena), Clock: stamp.NewClock(nil)}
		head := "20240502 10:11:12,db," + user + ",host,77,"
		var ev pipeline.Event
		if err := r.Read([]byte(head+"0,FAILED_CONNECT,"+database+",,1045"), &ev); err == nil && ev.Kind != pipeline.KindLoginFailure {
			t.Errorf("user %q, database %q: a refused login was read as %s %s", user, database, ev.Kind, ev.Command)
		}
		ev = pipeline.Event{}
		line := fmt.Sprintf("%s5,QUERY,%s,'%s',0", head, database, escape.Replace(sql))
		err := r.Read([]byte(line), &ev)
		if strings.Contains(user, ",") {
			return // an existing user's name that poses as a record is beyond telling apart
		}
		if err != nil || ev.Statement != sql || ev.Role != user {
			t.Errorf("%q: %v, role %q, statement %q", line, err, ev.Role, ev.Statement)
		}
	})
}
