package endtoend

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/auditwarden/auditwarden/pipeline/testserver"
)

// faultyService stands in front of a CloudWatch Logs server and fails as the real service does, for some requests in a
// hundred, and for all of them while it is away.
type faultyService struct {
	backend string
	mu      sync.Mutex
	rng     *rand.Rand
	chance  int
	away    string // what every request gets; "" for the dice
	counts  map[string]int
}

func (p *faultyService) draw() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := p.away
	if name == "" {
		if p.rng.IntN(100) >= p.chance {
			return ""
		}
		names := []string{"throttled", "5xx", "expired token", "reset", "garbage", "duplicated", "reordered", "slow"}
		name = names[p.rng.IntN(len(names))]
	}
	p.counts[name]++
	return name
}

// during gives all requests the same fault for a while.
func (p *faultyService) during(name string, d time.Duration) {
	set := func(s string) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.away = s
	}
	set(name)
	time.Sleep(d)
	set("")
}

func (p *faultyService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	refuse := func(status int, code string) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"__type":%q,"message":"made up"}`, code)
	}
	kind := p.draw()
	switch kind {
	case "throttled":
		refuse(400, "ThrottlingException")
		return
	case "5xx":
		refuse(503, "ServiceUnavailableException")
		return
	case "expired token":
		refuse(400, "ExpiredTokenException")
		return
	case "reset":
		panic(http.ErrAbortHandler)
	case "garbage":
		_, _ = io.WriteString(w, `{"events": [{"eventId": "1", `)
		return
	case "slow":
		time.Sleep(100 * time.Millisecond)
	}
	req, err := http.NewRequestWithContext(r.Context(), r.Method, p.backend+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return
	}
	req.Header = r.Header.Clone()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		refuse(502, "BadGateway")
		return
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".FilterLogEvents") {
		answer = p.shuffle(kind, answer)
	}
	w.WriteHeader(resp.StatusCode)
	_, _ = w.Write(answer)
}

// shuffle repeats or reorders a page's events.
func (p *faultyService) shuffle(kind string, answer []byte) []byte {
	var page map[string]json.RawMessage
	var events []json.RawMessage
	if kind != "duplicated" && kind != "reordered" || json.Unmarshal(answer, &page) != nil || json.Unmarshal(page["events"], &events) != nil {
		return answer
	}
	if kind == "duplicated" {
		events = append(events, events...)
	} else {
		p.mu.Lock()
		p.rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		p.mu.Unlock()
	}
	page["events"], _ = json.Marshal(events)
	out, err := json.Marshal(page)
	if err != nil {
		return answer
	}
	return out
}

// putter writes lines as log events into several groups and streams, some of them late. (What comes minutes late is found
// as much later: see the source's own tests.)
type putter struct {
	lines *faultLines
	logs  *cloudwatchlogs.Client
	rng   *rand.Rand
	bytes int64
}

func (w *putter) write(target *atomic.Int64) error {
	ctx := context.Background()
	known := map[string]bool{}
	for i := 0; i < w.lines.total; {
		n := min(int(target.Load())-i, 1000)
		if n <= 0 {
			time.Sleep(5 * time.Millisecond)
			continue
		}
		group, stream := fmt.Sprintf("/db/%d", w.rng.IntN(2)), fmt.Sprintf("instance-%d", w.rng.IntN(2))
		if !known[group+stream] {
			known[group+stream] = true
			if _, err := w.logs.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream}); err != nil {
				return err
			}
		}
		at := time.Now().UnixMilli()
		if w.rng.IntN(10) == 0 {
			at -= w.rng.Int64N(1500)
		}
		events := make([]types.InputLogEvent, n)
		for k := range events {
			line := string(w.lines.line(i))
			i++
			events[k] = types.InputLogEvent{Message: aws.String(line), Timestamp: aws.Int64(at)}
			w.bytes += int64(len(line))
		}
		if _, err := w.logs.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream, LogEvents: events}); err != nil {
			return err
		}
		w.lines.written.Store(int64(i))
	}
	return nil
}

// TestFaultCloudWatch reads log groups from a service that throttles, fails, repeats and reorders.
func TestFaultCloudWatch(t *testing.T) {
	seed, lines, n := faultRun(t, 20_000, 40)
	lines.blank = false // CloudWatch Logs takes no empty events
	m := testserver.Moto(t)
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": m.AccessKey, "AWS_SECRET_ACCESS_KEY": m.SecretKey, "AWS_REGION": m.Region,
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
	service := &faultyService{backend: m.Endpoint, rng: rand.New(rand.NewPCG(seed, 9)), chance: 15, counts: map[string]int{}}
	front := httptest.NewServer(service)
	t.Cleanup(front.Close)
	for g := range 2 {
		if _, err := m.Logs().CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(fmt.Sprintf("/db/%d", g))}); err != nil {
			t.Fatal(err)
		}
	}
	f := newFaultSite(t, seed, lines)
	f.pace = 400 * time.Millisecond
	f.extra = []fault{
		{"second ingest beside the first, or gone", 3, 0, func() { f.second("ingest") }},
		{"second archive beside the first, or gone", 3, 0, func() { f.second("archive") }},
		{"CloudWatch throttles everything", 3, 0, func() { service.during("throttled", f.some(100*time.Millisecond, time.Second)) }},
		{"CloudWatch answers 5xx to everything", 3, 0, func() { service.during("5xx", f.some(100*time.Millisecond, time.Second)) }},
		{"token expired", 3, 0, func() { service.during("expired token", f.some(100*time.Millisecond, time.Second)) }},
	}
	poll := 300*time.Millisecond + time.Duration(lines.total/1000)*3*time.Millisecond // each look costs the server a walk over all events
	f.configure(fmt.Sprintf(`cloudwatch: {region: %s, endpoint: %q, prefixes: [/db/], start: beginning, poll: %s, overlap: 3s, discover: 1s, requests_per_second: 50}`,
		m.Region, front.URL, poll))
	w := &putter{lines: lines, logs: m.Logs(), rng: rand.New(rand.NewPCG(seed, 8))}
	f.disturb(n, w.write)
	f.settle(w.bytes)
	service.mu.Lock()
	defer service.mu.Unlock()
	t.Logf("requests that failed on the wire: %v", service.counts)
}
