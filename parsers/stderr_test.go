package parsers_test

import (
	"testing"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
	"github.com/auditwarden/auditwarden/pipeline"
)

func TestStderrRDS(t *testing.T) {
	out := parsertest.Text(t, parsers.Config{}, `2024-05-02 10:11:10 UTC::@:[7770]:LOG:  database system is ready to accept connections
2024-05-02 10:11:11 UTC:10.0.3.9(40112):[unknown]@[unknown]:[877]:LOG:  connection received: host=10.0.3.9 port=40112
2024-05-02 10:11:11 UTC:10.0.3.9(40112):app@shop:[877]:LOG:  connection authorized: user=app database=shop application_name=my app SSL enabled (protocol=TLSv1.3, cipher=TLS_AES_256_GCM_SHA384, bits=256)
2024-05-02 10:11:12 UTC:10.0.3.9(40112):app@shop:[877]:LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<none>
2024-05-02 10:11:12 UTC:10.0.3.9(40112):app@shop:[877]:LOG:  AUDIT: SESSION,2,1,READ,SELECT,TABLE,public.acct,"select ""a"", 1
		from acct",<none>
2024-05-02 10:11:13 UTC:10.0.3.9(40112):app@shop:[877]:ERROR:  syntax error at or near "selec" at character 1
2024-05-02 10:11:13 UTC:10.0.3.9(40112):app@shop:[877]:STATEMENT:  selec 1
	from x
2024-05-02 10:11:14 UTC:10.0.3.9(40113):eve@shop:[878]:FATAL:  password authentication failed for user "eve"
2024-05-02 10:11:14 UTC:10.0.3.9(40113):eve@shop:[878]:DETAIL:  Connection matched pg_hba.conf line 97: "host all all 0.0.0.0/0 scram-sha-256"
2024-05-02 10:11:15 UTC:10.0.3.9(40112):app@shop:[877]:LOG:  disconnection: session time: 0:00:04.125 user=app database=shop host=10.0.3.9 port=40112
junk line
`)
	for i := range out.Events {
		ev := &out.Events[i]
		t.Logf("%d %v %s %s role=%q db=%q client=%s:%d tls=%q auth=%q st=%q state=%s msg=%q dur=%v det=%q lines=%d", i, ev.EventTime, ev.Kind, ev.TimeCertainty, ev.Role, ev.Database, ev.ClientAddr, ev.ClientPort, ev.TLS, ev.AuthMethod, ev.Statement, ev.SQLState, ev.Message, ev.Duration, ev.Detail, ev.Lines)
	}
	for _, u := range out.Unparsed {
		t.Logf("unparsed %s %s %q", u.Reason, u.Error, u.Raw)
	}
	if len(out.Events) != 8 || len(out.Unparsed) != 1 {
		t.Errorf("%d events, %d unparsed", len(out.Events), len(out.Unparsed))
	}
	if out.Events[4].Statement != "select \"a\", 1\n\tfrom acct" {
		t.Errorf("statement %q", out.Events[4].Statement)
	}
	if out.Events[5].Kind != pipeline.KindError || out.Events[5].Statement != "selec 1\nfrom x" || out.Events[5].SQLState != "42601" {
		t.Errorf("error event %+v", out.Events[5])
	}
}
