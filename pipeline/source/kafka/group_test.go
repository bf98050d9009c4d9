package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/auditwarden/auditwarden/pipeline/testserver"
)

// TestKafka runs against one broker, which takes long to start; each part has topics and groups of its own.
func TestKafka(t *testing.T) {
	certs := newAuthority(t)
	cert, key := certs.issue(t, "broker")
	opts := quick
	opts.Secured = &testserver.KafkaSecurity{CertificatePEM: cert, KeyPEM: key, ClientCAPEM: certs.pem, Username: "reader", Password: "s3cret-password"}
	k := testserver.KafkaWith(t, opts)
	for _, part := range []struct {
		name string
		test func(*testing.T, string)
	}{
		{"everything is read and committed", testEverything},
		{"commit only after acknowledgement", testCommitAfterAck},
		{"members join and leave", testRebalance},
		{"late acknowledgement", testLateAck},
		{"positions are the floor", testPositions},
		{"start at the end", testFromEnd},
		{"topics and partitions made later", testDiscovery},
		{"messages deleted before being read", testRetention},
		{"topic made anew", testTopicAnew},
		{"messages", testMessages},
		{"close leaves nothing", testCloseLeavesNothing},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, k.Broker) })
	}
	t.Run("secured", func(t *testing.T) { testSecured(t, k, certs) })
	t.Run("broker is killed", func(t *testing.T) { testBrokerRestart(t, k) })
}

func testEverything(t *testing.T, broker string) {
	cfg := testConfig(broker)
	cfg.Group = "every"
	var want []string
	for topic := range 3 {
		name := fmt.Sprintf("every-%d", topic)
		cfg.Topics = append(cfg.Topics, name)
		createTopic(t, broker, name, 4)
		for p := range 4 {
			lines := numbered(fmt.Sprintf("t%d-p%d", topic, p), 100)
			produce(t, broker, name, p, lines)
			want = append(want, lines...)
		}
	}
	reg := prometheus.NewRegistry()
	r := read(t, open(t, cfg, Options{Registerer: reg}), true)
	r.wait(len(want))
	got := r.texts()
	for _, w := range want {
		if got[w] != 1 {
			t.Fatalf("%q read %d times", w, got[w])
		}
	}
	if r.again != 0 {
		t.Errorf("%d records came twice", r.again)
	}
	next := map[string]int64{}
	for _, rec := range r.order {
		if rec.Offset != next[rec.Stream] {
			t.Fatalf("offset %d of %s came when %d was due", rec.Offset, rec.Stream, next[rec.Stream])
		}
		next[rec.Stream]++
		if rec.Time.IsZero() {
			t.Fatal("a record has no time")
		}
	}
	for _, topic := range cfg.Topics {
		if c := committed(t, broker, cfg.Group, topic, 4); !slices.Equal(c, []int64{100, 100, 100, 100}) {
			t.Errorf("committed of %s: %v", topic, c)
		}
	}
	eventually(t, func() bool { return testutil.CollectAndCount(r.s.metrics.lag) == 12 }, func() string { return "lag of 12 partitions" })
	if lag := testutil.ToFloat64(r.s.metrics.lag.WithLabelValues("every-0", "0")); lag != 0 {
		t.Errorf("lag = %v after everything was read", lag)
	}
	r.close()
	if n, err := testutil.GatherAndCount(reg); err != nil || n != 0 {
		t.Errorf("%d metrics left after Close (%v)", n, err)
	}
}

func testCommitAfterAck(t *testing.T, broker string) {
	cfg := testConfig(broker)
	cfg.Topics, cfg.Group = []string{"acked"}, "acked"
	createTopic(t, broker, "acked", 2)
	for p := range 2 {
		produce(t, broker, "acked", p, numbered(fmt.Sprintf("p%d", p), 120))
	}
	first := read(t, open(t, cfg, Options{}), false)
	first.wait(240)
	first.close()
	if c := committed(t, broker, cfg.Group, "acked", 2); !slices.Equal(c, []int64{-1, -1}) {
		t.Fatalf("committed %v though nothing was acknowledged", c)
	}
	second := read(t, open(t, cfg, Options{}), false)
	second.wait(240)
	for id := range first.ids() {
		if !second.ids()[id] {
			t.Fatal("a record came under another identity the second time")
		}
	}
	// Acknowledge the first batch of 50 of each partition: exactly those are gone for the next member.
	seen := map[string]bool{}
	for _, b := range second.batches {
		if stream := b.Records[0].Stream; !seen[stream] {
			seen[stream] = true
			if err := b.Ack(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	second.close()
	third := read(t, open(t, cfg, Options{}), true)
	third.wait(140)
	third.close()
	if third.count() != 140 {
		t.Errorf("%d records came, want the 140 not acknowledged", third.count())
	}
}

func testRebalance(t *testing.T, broker string) {
	cfg := testConfig(broker)
	cfg.Topics, cfg.Group = []string{"shared"}, "shared"
	createTopic(t, broker, "shared", 6)
	total := 0
	write := func(round int) {
		for p := range 6 {
			produce(t, broker, "shared", p, numbered(fmt.Sprintf("r%d-p%d", round, p), 60))
			total += 60
		}
	}
	owned := func(r *reading) int {
		r.s.mu.Lock()
		defer r.s.mu.Unlock()
		n := 0
		for _, p := range r.s.partitions {
			if p.owner != nil {
				n++
			}
		}
		return n
	}
	write(0)
	a := read(t, open(t, cfg, Options{}), true)
	a.wait(total)
	b := read(t, open(t, cfg, Options{}), true)
	eventually(t, func() bool { return owned(a) == 3 && owned(b) == 3 }, func() string { return fmt.Sprintf("a has %d, b has %d partitions", owned(a), owned(b)) })
	write(1)
	eventually(t, func() bool { return a.count()+b.count() >= total }, func() string { return fmt.Sprintf("%d+%d of %d", a.count(), b.count(), total) })
	if b.count() != 180 {
		t.Errorf("b read %d records, want its half of the second round", b.count())
	}
	a.close()
	eventually(t, func() bool { return owned(b) == 6 }, func() string { return fmt.Sprintf("b has %d partitions", owned(b)) })
	write(2)
	all := func() map[string]int {
		out := a.texts()
		for text, n := range b.texts() {
			out[text] += n
		}
		return out
	}
	eventually(t, func() bool { return len(all()) == total }, func() string { return fmt.Sprintf("%d of %d", len(all()), total) })
	b.close()
	if a.again+b.again != 0 {
		t.Errorf("%d records came twice within one member", a.again+b.again)
	}
	for text, n := range all() {
		if n != 1 {
			t.Errorf("%q was read %d times, though every batch was acknowledged before the partition moved", text, n)
		}
	}
}

// testLateAck acknowledges when a partition is another member's: neither an error, nor a step back. There are two
// partitions, since the member that was cut off joins again: of one alone, either member might become the owner.
func testLateAck(t *testing.T, broker string) {
	cfg := testConfig(broker)
	cfg.Topics, cfg.Group = []string{"late"}, "late"
	createTopic(t, broker, "late", 2)
	both := func(prefix string, n int) {
		for p := range 2 {
			produce(t, broker, "late", p, numbered(fmt.Sprintf("%s%d-", prefix, p), n))
		}
	}
	both("x", 100)
	a := read(t, open(t, cfg, Options{}), false)
	a.wait(200)
	cutOff(a.s)
	b := read(t, open(t, cfg, Options{}), true)
	b.wait(100)
	both("y", 10)
	eventually(t, func() bool { return a.count()+b.count() >= 320 }, func() string { return fmt.Sprintf("%d, %d", a.count(), b.count()) })
	a.ackAll()
	for p, c := range committed(t, broker, cfg.Group, "late", 2) {
		if c < 100 {
			t.Errorf("partition %d: committed %d, a late acknowledgement went back", p, c)
		}
	}
	a.close()
	b.wait(110)
	b.ackAll()
	b.close()
	if c := committed(t, broker, cfg.Group, "late", 2); c[0] != 110 || c[1] != 110 {
		t.Errorf("committed %v, want 110 of each", c)
	}
	if a.again+b.again != 0 {
		t.Errorf("%d records came twice within one member", a.again+b.again)
	}
}

// cutOff breaks all of a source's connections, as a network would; the source makes new ones.
func cutOff(s *Source) {
	s.conns.mu.Lock()
	defer s.conns.mu.Unlock()
	for c := range s.conns.open {
		_ = c.Conn.Close()
	}
}

func testPositions(t *testing.T, broker string) {
	cfg := testConfig(broker)
	cfg.Topics, cfg.Group = []string{"floor"}, "floor"
	createTopic(t, broker, "floor", 2)
	for p := range 2 {
		produce(t, broker, "floor", p, numbered(fmt.Sprintf("p%d", p), 100))
	}
	r := read(t, open(t, cfg, Options{Positions: map[string]string{"floor/0": "90"}}), true)
	r.wait(110)
	r.close()
	if r.count() != 110 {
		t.Errorf("%d records, want 10 of partition 0 and 100 of partition 1", r.count())
	}
	// What the group has is further than what is given now: the group's counts.
	r = read(t, open(t, cfg, Options{Positions: map[string]string{"floor/0": "10", "floor/1": "20"}}), true)
	produce(t, broker, "floor", 1, []string{"new"})
	r.wait(1)
	r.close()
	if r.count() != 1 {
		t.Errorf("%d records, want the new one only", r.count())
	}
	if _, err := New(cfg, Options{Positions: map[string]string{"floor/0": "x"}}); err == nil || !strings.Contains(err.Error(), `position "x" is not an offset`) {
		t.Errorf("error = %v", err)
	}
}

func testFromEnd(t *testing.T, broker string) {
	cfg := testConfig(broker)
	cfg.TopicPattern, cfg.Group, cfg.From = "end-[0-9]", "end", FromEnd
	createTopic(t, broker, "end-1", 2)
	produce(t, broker, "end-1", 0, numbered("old", 20))
	first := read(t, open(t, cfg, Options{}), false)
	eventually(t, func() bool { return slices.Equal(committed(t, broker, "end", "end-1", 2), []int64{20, 0}) }, func() string { return "the end was not committed" })
	first.close() // before anything was acknowledged: what comes now must not be lost
	produce(t, broker, "end-1", 0, numbered("between", 5))
	createTopic(t, broker, "end-2", 1)
	produce(t, broker, "end-2", 0, numbered("new-topic", 7))
	second := read(t, open(t, cfg, Options{}), true)
	second.wait(12)
	second.close()
	for text := range second.texts() {
		if strings.HasPrefix(text, "old") {
			t.Errorf("%q is from before the start", text)
		}
	}
}

func testDiscovery(t *testing.T, broker string) {
	cfg := testConfig(broker)
	cfg.TopicPattern, cfg.Group = "found-.*", "found"
	r := read(t, open(t, cfg, Options{}), true) // nothing matches yet
	createTopic(t, broker, "found-a", 1)
	createTopic(t, broker, "not-found-a", 1)
	produce(t, broker, "not-found-a", 0, []string{"must not be read"})
	produce(t, broker, "found-a", 0, numbered("a", 10))
	r.wait(10)
	createTopic(t, broker, "found-b", 1)
	produce(t, broker, "found-b", 0, numbered("b", 10))
	r.wait(20)
	res, err := adminClient(broker).CreatePartitions(t.Context(), &kafkago.CreatePartitionsRequest{
		Topics: []kafkago.TopicPartitionsConfig{{Name: "found-b", Count: 3}},
	})
	if err != nil || res.Errors["found-b"] != nil {
		t.Fatal(err, res.Errors)
	}
	eventually(t, func() bool {
		return strings.Contains(kcat(t, "", "-L", "-b", broker, "-t", "found-b"), `with 3 partitions`)
	}, func() string { return "no third partition" })
	produce(t, broker, "found-b", 2, numbered("b2", 10))
	r.wait(30)
	r.close()
	if r.count() != 30 || r.again != 0 {
		t.Errorf("%d records, %d twice; want 30 once", r.count(), r.again)
	}
}

func testRetention(t *testing.T, broker string) {
	cfg := testConfig(broker)
	cfg.Topics, cfg.Group = []string{"expired"}, "expired"
	createTopic(t, broker, "expired", 1)
	produce(t, broker, "expired", 0, numbered("a", 50))
	first := read(t, open(t, cfg, Options{}), true)
	first.wait(50)
	first.close()
	produce(t, broker, "expired", 0, numbered("b", 50))
	deleteRecords(t, broker, "expired", 80)
	var logs lockedText
	second := read(t, open(t, cfg, Options{Logger: slog.New(slog.NewTextHandler(&logs, nil))}), true)
	second.wait(20)
	if n := testutil.ToFloat64(second.s.metrics.expired); n != 30 {
		t.Errorf("%v messages counted as expired, want 30", n)
	}
	second.close()
	if !strings.Contains(logs.String(), "deleted by the topic's retention") || !strings.Contains(logs.String(), "messages=30") {
		t.Errorf("the loss is not told: %s", logs.String())
	}
}

func testTopicAnew(t *testing.T, broker string) {
	cfg := testConfig(broker)
	cfg.Topics, cfg.Group = []string{"anew"}, "anew"
	createTopic(t, broker, "anew", 1)
	produce(t, broker, "anew", 0, []string{"one"})
	var logs lockedText
	r := read(t, open(t, cfg, Options{Positions: map[string]string{"anew/0": "100"}, Logger: slog.New(slog.NewTextHandler(&logs, nil))}), true)
	eventually(t, func() bool { return strings.Contains(logs.String(), "deleted and made anew") }, logs.String)
	r.close()
	if r.count() != 0 {
		t.Error("records before the position were read")
	}
}

// testBrokerRestart reads on when the broker comes back after it was killed, with nothing lost.
func testBrokerRestart(t *testing.T, k *testserver.KafkaServer) {
	cfg := testConfig(k.Broker)
	cfg.Topics, cfg.Group = []string{"restart"}, "restart"
	createTopic(t, k.Broker, "restart", 3)
	r := read(t, open(t, cfg, Options{}), true)
	for round := range 2 {
		for p := range 3 {
			produce(t, k.Broker, "restart", p, numbered(fmt.Sprintf("r%d-p%d", round, p), 40))
		}
		r.wait(120 * (round + 1))
		if round == 0 {
			k.Kill()
			k.Start()
		}
	}
	eventually(t, func() bool {
		return slices.Equal(committed(t, k.Broker, cfg.Group, "restart", 3), []int64{80, 80, 80})
	}, func() string { return fmt.Sprint(committed(t, k.Broker, cfg.Group, "restart", 3)) })
	if r.again != 0 {
		t.Errorf("%d records came twice within one process", r.again)
	}
	r.close()
}

// TestUnreachable says clearly, and again, that no broker answers; Close ends it at once.
func TestUnreachable(t *testing.T) {
	before := runtime.NumGoroutine()
	var logs lockedText
	cfg := testConfig("127.0.0.1:1")
	cfg.Topics = []string{"x"}
	s, err := New(cfg, Options{Source: "test", Logger: slog.New(slog.NewTextHandler(&logs, nil))})
	if err != nil {
		t.Fatal(err)
	}
	blocked := make(chan error, 1)
	go func() {
		_, err := s.Read(context.Background())
		blocked <- err
	}()
	eventually(t, func() bool {
		return strings.Count(logs.String(), "brokers not reached, trying again") >= 2 && strings.Contains(logs.String(), "127.0.0.1:1")
	}, logs.String)
	begun := time.Now()
	s.Close()
	if d := time.Since(begun); d > 3*time.Second {
		t.Errorf("Close took %v", d)
	}
	if err := <-blocked; !errors.Is(err, io.EOF) {
		t.Errorf("Read gave %v after Close, want io.EOF", err)
	}
	noLeak(t, before)
}

// testCloseLeavesNothing closes a source that is in the middle of everything.
func testCloseLeavesNothing(t *testing.T, broker string) {
	createTopic(t, broker, "leak", 8)
	for p := range 8 {
		produce(t, broker, "leak", p, numbered("x", 500))
	}
	before := runtime.NumGoroutine()
	for range 3 {
		cfg := testConfig(broker)
		cfg.Topics = []string{"leak"}
		s, err := New(cfg, Options{Source: "test"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		s.Close() // with batches under way that nobody takes
		if d := time.Since(begun); d > 3*time.Second {
			t.Errorf("Close took %v", d)
		}
	}
	noLeak(t, before)
}

func noLeak(t *testing.T, before int) {
	t.Helper()
	eventually(t, func() bool { return runtime.NumGoroutine() <= before+1 }, func() string {
		buf := make([]byte, 1<<20)
		return string(buf[:runtime.Stack(buf, true)])
	})
}
