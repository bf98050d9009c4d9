package cloudwatch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// proxy stands in front of a real server and breaks FilterLogEvents, on the wire, in the ways the real service does.
type proxy struct {
	*httptest.Server
	backend string
	mu      sync.Mutex
	rng     *rand.Rand
	chance  int // of a fault, in a hundred
	tokens  map[string]any
	faults  map[string]int
	seen    []string // STS requests, and the targets of others
}

func newProxy(t *testing.T, backend string, seed uint64, chance int) *proxy {
	p := &proxy{backend: backend, rng: rand.New(rand.NewPCG(seed, 3)), chance: chance, tokens: map[string]any{}, faults: map[string]int{}}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *proxy) draw() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rng.IntN(100) >= p.chance {
		return ""
	}
	names := []string{"throttle", "internal", "unavailable", "reset", "token", "empty", "duplicate", "reorder", "slow", "garbage"}
	name := names[p.rng.IntN(len(names))]
	p.faults[name]++
	return name
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".FilterLogEvents") {
		p.mu.Lock()
		p.seen = append(p.seen, r.Header.Get("X-Amz-Target")+" "+string(body))
		p.mu.Unlock()
		status, answer := p.forward(r, body)
		w.WriteHeader(status)
		_, _ = w.Write(answer)
		return
	}
	fault := p.draw()
	switch fault {
	case "throttle":
		refuse(w, 400, "ThrottlingException", "Rate exceeded")
		return
	case "internal":
		refuse(w, 500, "InternalFailure", "")
		return
	case "unavailable":
		refuse(w, 503, "ServiceUnavailableException", "")
		return
	case "reset":
		panic(http.ErrAbortHandler)
	case "garbage":
		_, _ = io.WriteString(w, `{"events": [{"eventId": "1", `)
		return
	case "slow":
		time.Sleep(50 * time.Millisecond)
	}
	p.filter(w, r, body, fault)
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"__type":%q,"message":%q}`, code, message)
}

// filter forwards with a smaller page, under tokens of its own.
func (p *proxy) filter(w http.ResponseWriter, r *http.Request, body []byte, fault string) {
	var in map[string]any
	if err := json.Unmarshal(body, &in); err != nil {
		refuse(w, 400, "SerializationException", "")
		return
	}
	token, paging := in["nextToken"].(string)
	if fault == "token" && paging {
		refuse(w, 400, "InvalidParameterException", "The specified nextToken is invalid.")
		return
	}
	if delete(in, "nextToken"); paging {
		p.mu.Lock()
		if real := p.tokens[token]; real != nil {
			in["nextToken"] = real
		}
		p.mu.Unlock()
	}
	if fault == "empty" {
		_ = json.NewEncoder(w).Encode(map[string]any{"events": []any{}, "searchedLogStreams": []any{}, "nextToken": p.issue(in["nextToken"])})
		return
	}
	in["limit"] = 400
	changed, _ := json.Marshal(in)
	status, answer := p.forward(r, changed)
	var out map[string]any
	if status != 200 || json.Unmarshal(answer, &out) != nil {
		w.WriteHeader(status)
		_, _ = w.Write(answer)
		return
	}
	events, _ := out["events"].([]any)
	switch fault {
	case "duplicate":
		out["events"] = append(events, events...)
	case "reorder":
		p.mu.Lock()
		p.rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		p.mu.Unlock()
	}
	if real := out["nextToken"]; real != nil {
		out["nextToken"] = p.issue(real)
	}
	_ = json.NewEncoder(w).Encode(out)
}

func (p *proxy) issue(real any) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	token := fmt.Sprintf("proxy-%d", len(p.tokens))
	p.tokens[token] = real
	return token
}

func (p *proxy) forward(r *http.Request, body []byte) (int, []byte) {
	req, err := http.NewRequestWithContext(r.Context(), r.Method, p.backend+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return 500, nil
	}
	req.Header = r.Header.Clone()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 502, nil
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return 502, nil
	}
	return resp.StatusCode, answer
}
