package kafka

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/auditwarden/auditwarden/pipeline"
)

type lockedText struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func deleteRecords(t *testing.T, broker, topic string, before int64) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(broker))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	req := kmsg.NewPtrDeleteRecordsRequest()
	req.TimeoutMillis = 10000
	part := kmsg.NewDeleteRecordsRequestTopicPartition()
	part.Offset = before
	top := kmsg.NewDeleteRecordsRequestTopic()
	top.Topic, top.Partitions = topic, append(top.Partitions, part)
	req.Topics = append(req.Topics, top)
	if _, err := req.RequestWith(t.Context(), client); err != nil {
		t.Fatal(err)
	}
}

// testMessages reads what producers send in their different ways.
func testMessages(t *testing.T, broker string) {
	one := func(t *testing.T, topic string, change func(*Config)) *reading {
		cfg := testConfig(broker)
		cfg.Topics, cfg.Group = []string{topic}, topic
		if change != nil {
			change(&cfg)
		}
		return read(t, open(t, cfg, Options{}), true)
	}
	t.Run("headers and key", func(t *testing.T) {
		createTopic(t, broker, "headers", 1)
		kcat(t, "the-key\tvalue\n", "-P", "-b", broker, "-t", "headers", "-p", "0", "-K", "\t", "-H", "host=db-1", "-H", "env=prod", "-H", "long="+strings.Repeat("x", 5000))
		r := one(t, "headers", nil)
		r.wait(1)
		m := r.order[0].Meta
		if m["kafka.key"] != "the-key" || m["kafka.header.host"] != "db-1" || m["kafka.header.env"] != "prod" || len(m["kafka.header.long"]) != maxHeaderBytes {
			t.Errorf("metadata = %.200v", m)
		}
	})
	for _, codec := range []string{"gzip", "snappy", "lz4", "zstd"} {
		t.Run(codec, func(t *testing.T) {
			createTopic(t, broker, codec, 1)
			lines := numbered(strings.Repeat("compressible ", 20), 3000)
			produce(t, broker, codec, 0, lines, "-z", codec)
			r := one(t, codec, nil)
			r.wait(len(lines))
			for i, rec := range r.order {
				if string(rec.Raw) != lines[i] {
					t.Fatalf("record %d is %.60q", i, rec.Raw)
				}
			}
			// Resume in the middle of a compressed batch.
			cfg := testConfig(broker)
			cfg.Topics, cfg.Group = []string{codec}, codec+"-again"
			half := read(t, open(t, cfg, Options{Positions: map[string]string{codec + "/0": "1501"}}), true)
			half.wait(1499)
			if first := half.order[0].Offset; first != 1501 {
				t.Errorf("resumed at %d", first)
			}
		})
	}
	t.Run("large", func(t *testing.T) {
		createTopic(t, broker, "large", 1)
		file := filepath.Join(t.TempDir(), "large")
		want := bytes.Repeat([]byte("0123456789abcdef"), 5<<20/16)
		if err := os.WriteFile(file, want, 0o600); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			kcat(t, "", "-P", "-b", broker, "-t", "large", "-p", "0", "-X", "message.max.bytes=20000000", file)
		}
		produce(t, broker, "large", 0, []string{"after"})
		r := one(t, "large", func(c *Config) { c.FetchBytes = 1 << 16 }) // far smaller than a message
		r.wait(4)
		if !bytes.Equal(r.order[0].Raw, want) || string(r.order[3].Raw) != "after" {
			t.Errorf("%d bytes, then %.20q", len(r.order[0].Raw), r.order[3].Raw)
		}
		cut := read(t, open(t, func() Config {
			c := testConfig(broker)
			c.Topics, c.Group, c.MaxRecordBytes = []string{"large"}, "large-cut", 1<<20
			return c
		}(), Options{}), true)
		cut.wait(4)
		if rec := cut.order[0]; !rec.Truncated || len(rec.Raw) != 1<<20 || rec.Size != int64(len(want)) {
			t.Errorf("cut to %d bytes, size %d, truncated %v", len(rec.Raw), rec.Size, rec.Truncated)
		}
	})
	t.Run("several lines, tombstones and JSON", func(t *testing.T) {
		createTopic(t, broker, "mixed", 1)
		send := func(value string) { kcat(t, value, "-P", "-b", broker, "-t", "mixed", "-p", "0", "-D", "\x01") }
		send("first\n\tcontinued\r\nthird\n")
		send("{\n \"message\": \"x\"\n}")
		kcat(t, "k\t\n", "-P", "-Z", "-K", "\t", "-b", broker, "-t", "mixed", "-p", "0") // no value at all
		send("\x00\xff\xfe poison")
		r := one(t, "mixed", nil)
		r.wait(6)
		type rec struct {
			raw, key string
			line     int
			size     int64
		}
		want := []rec{{"first", "0#0", 1, 6}, {"\tcontinued\r", "0#1", 2, 12}, {"third", "0#2", 3, 6}, {"{\n \"message\": \"x\"\n}", "", 0, 19}, {"", "", 0, 0}, {"\x00\xff\xfe poison", "", 0, 10}}
		for i, w := range want {
			if g := r.order[i]; string(g.Raw) != w.raw || g.Key != w.key || g.Line != w.line || g.Size != w.size {
				t.Errorf("record %d: %q key %q line %d size %d, want %+v", i, g.Raw, g.Key, g.Line, g.Size, w)
			}
		}
	})
	t.Run("a message of more lines than a batch", func(t *testing.T) {
		createTopic(t, broker, "manylines", 1)
		kcat(t, strings.Join(numbered("line", 333), "\n"), "-P", "-b", broker, "-t", "manylines", "-p", "0", "-D", "\x01")
		r := one(t, "manylines", nil)
		r.wait(333)
		for i, b := range r.batches {
			if len(b.Records) > 50 {
				t.Errorf("batch %d has %d records", i, len(b.Records))
			}
			if last := i == len(r.batches)-1; (b.Ack != nil) != last {
				t.Errorf("batch %d of %d: may be acknowledged: %v", i, len(r.batches), b.Ack != nil)
			}
		}
	})
	t.Run("transactions", func(t *testing.T) { testTransactions(t, broker) })
}

// testTransactions: the marks that end transactions take offsets, and are no messages.
func testTransactions(t *testing.T, broker string) {
	createTopic(t, broker, "transactions", 1)
	client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.TransactionalID("tx"), kgo.DefaultProduceTopic("transactions"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for i := range 3 {
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		if err := client.ProduceSync(t.Context(), kgo.StringRecord(fmt.Sprintf("tx-%d", i))).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if err := client.EndTransaction(t.Context(), kgo.TryCommit); err != nil {
			t.Fatal(err)
		}
	}
	cfg := testConfig(broker)
	cfg.Topics, cfg.Group = []string{"transactions"}, "transactions"
	r := read(t, open(t, cfg, Options{}), true)
	r.wait(3)
	produce(t, broker, "transactions", 0, []string{"plain"})
	r.wait(4)
	if got := r.texts(); len(got) != 4 || got["plain"] != 1 || got["tx-2"] != 1 {
		t.Errorf("records: %v", got)
	}
}

// FuzzRecords: whatever a message holds, its records' bytes add up to it, put together they are it, and identities differ.
func FuzzRecords(f *testing.F) {
	for _, seed := range []string{"", "\n", "a", "a\n", "a\nb", "a\n\nb\n", "{\n}", " [\n", "\r\n\r\n", "\n\n\n", "\x00\xff\n\xfe"} {
		f.Add([]byte(seed), true, uint8(2))
	}
	f.Fuzz(func(t *testing.T, value []byte, split bool, batch uint8) {
		cfg := Default()
		cfg.SplitLines, cfg.BatchRecords = split, int(batch)+1
		s := &Source{cfg: cfg, name: "fuzz"}
		m := &message{offset: 7, value: value}
		var all []pipeline.Record
		for done := false; !done; {
			var part []pipeline.Record
			part, done = s.records(nil, "t/0", m)
			if len(part) > cfg.BatchRecords || len(part) == 0 && !done {
				t.Fatalf("%d records at once", len(part))
			}
			all = append(all, part...)
		}
		if len(all) == 0 {
			t.Fatal("a message without a record would not be accounted for")
		}
		ids := map[pipeline.RecordID]bool{}
		var joined []byte
		var size int64
		for i := range all {
			ids[all[i].ID()] = true
			size += all[i].Size
			joined = append(joined, all[i].Raw...)
			if all[i].Size > int64(len(all[i].Raw)) {
				joined = append(joined, '\n')
			}
		}
		if size != int64(len(value)) || len(ids) != len(all) || !bytes.Equal(joined, value) {
			t.Fatalf("%d records, %d ids, %d of %d bytes: %q from %q", len(all), len(ids), size, len(value), joined, value)
		}
	})
}
