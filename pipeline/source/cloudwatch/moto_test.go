package cloudwatch

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/testserver"
)

// scaled is a clock that begins in the past and runs fast, so that hours pass in seconds.
type scaled struct {
	begin, real time.Time
	factor      int
}

func (s scaled) Now() time.Time { return s.begin.Add(time.Since(s.real) * time.Duration(s.factor)) }

func (s scaled) After(d time.Duration) <-chan time.Time {
	return time.After(d / time.Duration(s.factor))
}

// moto is a server with the source's environment set up for it.
func moto(t *testing.T) *testserver.MotoServer {
	t.Helper()
	m := testserver.Moto(t)
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": m.AccessKey, "AWS_SECRET_ACCESS_KEY": m.SecretKey, "AWS_REGION": m.Region, "AWS_DEFAULT_REGION": m.Region,
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "127.0.0.1",
	} {
		t.Setenv(name, value)
	}
	return m
}

// producer writes events as databases do, mostly on time.
type producer struct {
	t       *testing.T
	logs    *cloudwatchlogs.Client
	streams map[string]bool
	want    map[string]bool
	n       int
}

func (p *producer) put(group, stream string, at []time.Time) {
	p.t.Helper()
	ctx := p.t.Context()
	if !p.streams[group+stream] {
		p.streams[group+stream] = true
		in := &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream}
		if _, err := p.logs.CreateLogStream(ctx, in); err != nil {
			p.t.Fatal(err)
		}
	}
	var events []types.InputLogEvent
	slices.SortFunc(at, time.Time.Compare)
	for _, a := range at {
		p.n++
		text := fmt.Sprintf("%s %s %d: SELECT 'ünï\t\"' \\ %d", group, stream, p.n, p.n)
		p.want[text] = true
		events = append(events, types.InputLogEvent{Message: aws.String(text), Timestamp: aws.Int64(a.UnixMilli())})
	}
	in := &cloudwatchlogs.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream, LogEvents: events}
	if _, err := p.logs.PutLogEvents(ctx, in); err != nil {
		p.t.Fatal(err)
	}
}

// TestMoto reads a real server over the wire through a proxy that breaks a fifth of the answers, is killed and resumed
// with nothing but its positions, and ends with every event once, as another client counts them.
func TestMoto(t *testing.T) {
	seed := seeds(t, 1)[0]
	t.Logf("CLOUDWATCH_SEED=%d", seed)
	rng := rand.New(rand.NewPCG(seed, 4))
	m := moto(t)
	p := &producer{t: t, logs: m.Logs(), streams: map[string]bool{}, want: map[string]bool{}}
	groups := []string{"/aws/rds/instance/a/postgresql", "/aws/rds/cluster/b/audit"}
	for _, g := range groups {
		if _, err := p.logs.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &g}); err != nil {
			t.Fatal(err)
		}
	}
	clock := scaled{begin: time.Now().Add(-5 * time.Hour), real: time.Now(), factor: 600}
	begin := clock.Now()
	front := newProxy(t, m.Endpoint, seed, 20)
	cfg := testConfig()
	cfg.Endpoint, cfg.Horizon, cfg.Start = front.URL, time.Hour, begin.Add(-4*time.Hour).UTC().Format(time.RFC3339)
	cfg.Timeout = 5 * time.Second

	// The past, more than a page of it.
	for i := range 8 {
		at := make([]time.Time, 500)
		for j := range at {
			at[j] = begin.Add(-time.Duration(rng.Int64N(int64(4*time.Hour - time.Minute))))
		}
		p.put(groups[i%2], fmt.Sprintf("old-%d", i), at)
	}
	s := newStore(t)
	open := func() *Source {
		source, err := New(cfg, Options{Source: "test", Positions: s.positions, Save: s.save, Clock: clock, Logger: s.log})
		if err != nil {
			t.Fatal(err)
		}
		return source
	}
	source, kills := open(), 0
	calm := begin.Add(80 * time.Minute)
	// Late by 10 minutes at most, with an hour's horizon: the rest is for a slow machine, on which the clock runs on.
	for giveUp := time.Now().Add(2 * time.Minute); clock.Now().Before(calm) || (len(s.records) < len(p.want) && time.Now().Before(giveUp)); {
		if clock.Now().Before(calm) && rng.IntN(3) == 0 {
			late := time.Duration(rng.Int64N(int64(10 * time.Minute)))
			if rng.IntN(3) > 0 {
				late = 0
			}
			at := make([]time.Time, 1+rng.IntN(40))
			for i := range at {
				at[i] = clock.Now().Add(-late - time.Duration(rng.Int64N(int64(20*time.Second))))
			}
			p.put(groups[rng.IntN(2)], fmt.Sprintf("s-%d", clock.Now().Hour()), at)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		b, err := source.Read(ctx)
		cancel()
		if err != nil {
			continue
		}
		if len(b.Records) > 0 && rng.IntN(8) == 0 && clock.Now().Before(calm) {
			if rng.IntN(2) == 0 {
				s.keep(b)
			}
			kills++
			source.Close()
			source = open()
			continue
		}
		s.keep(b)
		if err := b.Ack(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	source.Close()
	s.compare(p.want)
	if kills == 0 || len(front.faults) < 8 {
		t.Errorf("%d kills, faults %v: nothing was tested", kills, front.faults)
	}
	if n := countByOther(t, m, groups); n != len(s.records) {
		t.Errorf("%d records, another client counts %d events", len(s.records), n)
	}
	t.Logf("%d events, %d stored, %d kills, faults %v", len(p.want), s.stored, kills, front.faults)
}

// countByOther asks the aws command line client, which shares nothing with ours.
func countByOther(t *testing.T, m *testserver.MotoServer, groups []string) int {
	t.Helper()
	total := 0
	for _, g := range groups {
		cmd := exec.CommandContext(t.Context(), m.CLI, "--endpoint-url", m.Endpoint, "--output", "json", "logs", "filter-log-events", "--log-group-name", g)
		cmd.Env = m.Environ()
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("aws logs filter-log-events: %v", err)
		}
		var answer struct{ Events []struct{ EventID string } }
		if err := json.Unmarshal(out, &answer); err != nil {
			t.Fatal(err)
		}
		total += len(answer.Events)
	}
	return total
}

// TestMotoRecord: what a record holds, of an event that the aws command or the service's own client wrote, read through
// an assumed role.
func TestMotoRecord(t *testing.T) {
	m := moto(t)
	group, stream, message := "/aws/rds/instance/x/postgresql", "x.0", "2024-05-02 10:11:12 UTC::@:[1]:LOG:  a\n\tb"
	logs := m.Logs()
	ctx := t.Context()
	if _, err := logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group}); err != nil {
		t.Fatal(err)
	}
	if _, err := logs.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream}); err != nil {
		t.Fatal(err)
	}
	at := time.Now().Truncate(time.Millisecond).UTC()
	if _, err := logs.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream, LogEvents: []types.InputLogEvent{
		{Message: &message, Timestamp: aws.Int64(at.UnixMilli())},
	}}); err != nil {
		t.Fatal(err)
	}
	front := newProxy(t, m.Endpoint, 1, 0)
	cfg := Default()
	cfg.Patterns, cfg.Start, cfg.Endpoint, cfg.STSEndpoint = []string{"/instance/"}, "1h", front.URL, front.URL
	cfg.RoleARN, cfg.ExternalIDFile = "arn:aws:iam::111122223333:role/auditwarden", filepath.Join(t.TempDir(), "external")
	if err := os.WriteFile(cfg.ExternalIDFile, []byte("external-42\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := Check(ctx, cfg); err == nil || n != 0 {
		// moto keeps accounts apart: the role's account has no such group.
		t.Errorf("%d groups in another account, %v", n, err)
	}
	if !slices.ContainsFunc(front.seen, func(s string) bool {
		return strings.Contains(s, "Action=AssumeRole") && strings.Contains(s, "ExternalId=external-42") && strings.Contains(s, "RoleSessionName=auditwarden")
	}) {
		t.Errorf("the role was not assumed with the external id: %v", front.seen)
	}
	cfg.RoleARN = "arn:aws:iam::123456789012:role/auditwarden"
	if n, err := Check(ctx, cfg); err != nil || n != 1 {
		t.Fatalf("check: %d, %v", n, err)
	}
	source, err := New(cfg, Options{Source: "orders"})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	short, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		b, err := source.Read(short)
		if err != nil {
			t.Fatal(err)
		}
		if len(b.Records) == 0 {
			continue
		}
		r := b.Records[0]
		want := pipeline.Record{Source: "orders", Stream: group + ":" + stream, Offset: at.UnixMilli(), Key: r.Key, Time: at, Size: int64(len(message))}
		if r.Source != want.Source || r.Stream != want.Stream || r.Offset != want.Offset || !r.Time.Equal(want.Time) || r.Size != want.Size ||
			string(r.Raw) != message || r.Key == "" || r.Meta["account"] != "123456789012" || r.Meta["region"] != m.Region {
			t.Errorf("got %+v, raw %q", r, r.Raw)
		}
		return
	}
}

func TestNewErrors(t *testing.T) {
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	cfg := Default()
	cfg.Groups = []string{"g"}
	if _, err := New(cfg, Options{}); err == nil || err.Error() != "region: not set, and the environment names none; write for example eu-central-1" {
		t.Errorf("%v", err)
	}
	cfg.Region, cfg.Profile = "eu-central-1", "nobody"
	if _, err := New(cfg, Options{}); err == nil || !strings.Contains(err.Error(), "load AWS configuration") {
		t.Errorf("%v", err)
	}
	cfg.Profile = ""
	if _, err := New(cfg, Options{Positions: map[string]string{"x": "y"}}); err == nil || !strings.Contains(err.Error(), `read position "x"`) {
		t.Errorf("%v", err)
	}
}
