package kafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/testserver"
)

// quick are settings of a broker that lets dead members go soon.
var quick = testserver.KafkaOptions{Settings: map[string]string{
	"group.min.session.timeout.ms": "500", "message.max.bytes": "20000000", "auto.create.topics.enable": "false",
}}

func adminClient(broker string) *kafkago.Client {
	return &kafkago.Client{Addr: kafkago.TCP(broker), Timeout: 20 * time.Second, Transport: &kafkago.Transport{MetadataTTL: 200 * time.Millisecond}}
}

func createTopic(t testing.TB, broker, name string, partitions int) {
	t.Helper()
	var err error
	eventually(t, func() bool {
		var res *kafkago.CreateTopicsResponse
		res, err = adminClient(broker).CreateTopics(context.Background(), &kafkago.CreateTopicsRequest{
			Topics: []kafkago.TopicConfig{{Topic: name, NumPartitions: partitions, ReplicationFactor: 1}},
		})
		if err == nil {
			err = res.Errors[name]
		}
		return err == nil || errors.Is(err, kafkago.TopicAlreadyExists)
	}, func() string { return fmt.Sprintf("create topic %s: %v", name, err) })
	// Elections take a moment; until then the topic has no leader.
	eventually(t, func() bool {
		var conn *kafkago.Conn
		if conn, err = kafkago.DialLeader(context.Background(), "tcp", broker, name, partitions-1); err != nil {
			return false
		}
		return conn.Close() == nil
	}, func() string { return fmt.Sprintf("topic %s has no leader: %v", name, err) })
}

// kcat runs kcat, a client that shares nothing with ours, and gives what it prints.
func kcat(t *testing.T, input string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("kcat")
	if err != nil {
		t.Fatalf("%v: 'make servers' installs it (Debian package kcat)", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stdin = strings.NewReader(input)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("kcat %v: %v\n%s", args, err, errs.String())
	}
	return out.String()
}

// produce writes one message a line.
func produce(t *testing.T, broker, topic string, partition int, lines []string, more ...string) {
	t.Helper()
	args := append([]string{"-P", "-b", broker, "-t", topic, "-p", fmt.Sprint(partition)}, more...)
	kcat(t, strings.Join(lines, "\n")+"\n", args...)
}

func numbered(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s-%d", prefix, i)
	}
	return out
}

func testConfig(broker string) Config {
	c := Default()
	c.Brokers = []string{broker}
	c.SessionTimeout, c.DiscoverInterval, c.BatchRecords = 2*time.Second, 300*time.Millisecond, 50
	return c
}

func open(t *testing.T, cfg Config, opts Options) *Source {
	t.Helper()
	if opts.Source == "" {
		opts.Source = "test"
	}
	if testing.Verbose() && opts.Logger == nil {
		opts.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	s, err := New(cfg, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// reading collects what a source gives, in a goroutine, until the source is closed.
type reading struct {
	t    *testing.T
	s    *Source
	ack  bool
	done chan struct{}

	mu      sync.Mutex
	records map[pipeline.RecordID]pipeline.Record
	order   []pipeline.Record
	again   int // delivered more than once
	batches []pipeline.Batch
}

func read(t *testing.T, s *Source, ack bool) *reading {
	r := &reading{t: t, s: s, ack: ack, done: make(chan struct{}), records: map[pipeline.RecordID]pipeline.Record{}}
	go func() {
		defer close(r.done)
		for {
			b, err := s.Read(context.Background())
			if err != nil {
				return
			}
			r.take(b)
		}
	}()
	return r
}

func (r *reading) take(b pipeline.Batch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, rec := range b.Records {
		id := rec.ID()
		if _, ok := r.records[id]; ok {
			r.again++
		}
		r.records[id] = rec
		r.order = append(r.order, rec)
	}
	r.batches = append(r.batches, b)
	if r.ack && b.Ack != nil {
		if err := b.Ack(context.Background()); err != nil {
			r.t.Errorf("acknowledge: %v", err)
		}
	}
}

func (r *reading) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.records)
}

func (r *reading) ids() map[pipeline.RecordID]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[pipeline.RecordID]bool{}
	for id := range r.records {
		out[id] = true
	}
	return out
}

func (r *reading) texts() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]int{}
	for _, rec := range r.records {
		out[string(rec.Raw)]++
	}
	return out
}

// wait waits until n different records have come.
func (r *reading) wait(n int) {
	r.t.Helper()
	eventually(r.t, func() bool { return r.count() >= n }, func() string { return fmt.Sprintf("%d of %d records", r.count(), n) })
}

// ackAll acknowledges what was read, in order.
func (r *reading) ackAll() {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.batches {
		if b.Ack == nil {
			continue
		}
		if err := b.Ack(context.Background()); err != nil {
			r.t.Errorf("acknowledge: %v", err)
		}
	}
	r.batches = nil
}

func (r *reading) close() {
	r.s.Close()
	<-r.done
}

func eventually(t testing.TB, ok func() bool, tell func() string) {
	t.Helper()
	deadline := time.Now().Add(40 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", tell())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// committed are the group's offsets of a topic, by partition; -1 where there is none.
func committed(t *testing.T, broker, group, topic string, partitions int) []int64 {
	t.Helper()
	ids := make([]int, partitions)
	for i := range ids {
		ids[i] = i
	}
	var res *kafkago.OffsetFetchResponse
	var err error
	eventually(t, func() bool { // a client that has just begun may not know the brokers yet
		res, err = adminClient(broker).OffsetFetch(t.Context(), &kafkago.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: ids}})
		return err == nil && res.Error == nil
	}, func() string { return fmt.Sprint("ask for offsets: ", err) })
	out := make([]int64, partitions)
	for _, p := range res.Topics[topic] {
		out[p.Partition] = p.CommittedOffset
	}
	return out
}
