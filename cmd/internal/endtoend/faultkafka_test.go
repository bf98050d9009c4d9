package endtoend

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/auditwarden/auditwarden/pipeline/testserver"
)

const faultPartitions = 4

// messageWriter sends lines as messages of one or several lines. The client is another than ours, and sends again
// without doubling (idempotence).
type messageWriter struct {
	lines  *faultLines
	client *kgo.Client
	topics []string
	rng    *rand.Rand
	bytes  int64
}

func (w *messageWriter) write(target *atomic.Int64) error {
	failed := make(chan error, 1)
	for i := 0; i < w.lines.total; {
		if int64(i) >= target.Load() {
			time.Sleep(5 * time.Millisecond)
			continue
		}
		var value []byte
		n := 1 + w.rng.IntN(4)
		for end := min(i+n, w.lines.total); i < end; i++ {
			if len(value) > 0 || bytes.HasSuffix(value, []byte("\n")) {
				value = append(value, '\n')
			}
			line := w.lines.line(i)
			if len(line) == 0 { // alone in its message: at a message's end it would be a terminator
				if len(value) > 0 {
					value = value[:len(value)-1]
					break
				}
				i++
				break
			}
			value = append(value, line...)
		}
		w.bytes += int64(len(value))
		w.lines.written.Store(int64(i))
		rec := &kgo.Record{Topic: w.topics[w.rng.IntN(len(w.topics))], Partition: int32(w.rng.IntN(faultPartitions)), Value: value}
		w.client.Produce(context.Background(), rec, func(_ *kgo.Record, err error) {
			if err != nil {
				select {
				case failed <- err:
				default:
				}
			}
		})
	}
	if err := w.client.Flush(context.Background()); err != nil {
		return err
	}
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// TestFaultKafka reads two topics in a group whose members come and go, from a broker that does too.
func TestFaultKafka(t *testing.T) {
	seed, lines, n := faultRun(t, 40_000, 40)
	f := newFaultSite(t, seed, lines)
	net := newWire(t, "")
	k := testserver.KafkaWith(t, testserver.KafkaOptions{Settings: map[string]string{
		"group.min.session.timeout.ms": "500", "advertised.listeners": "PLAINTEXT://" + net.address, "auto.create.topics.enable": "false",
	}})
	net.set(func() { net.backend = k.Broker })
	client, err := kgo.NewClient(kgo.SeedBrokers(net.address), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(5*time.Millisecond),
		kgo.ProducerBatchCompression(kgo.Lz4Compression()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	w := &messageWriter{lines: lines, client: client, topics: []string{"audit-orders", "audit-crm"}, rng: rand.New(rand.NewPCG(seed, 8))}
	for _, topic := range w.topics {
		create := kmsg.NewPtrCreateTopicsRequest()
		one := kmsg.NewCreateTopicsRequestTopic()
		one.Topic, one.NumPartitions, one.ReplicationFactor = topic, faultPartitions, 1
		create.Topics = append(create.Topics, one)
		if _, err := create.RequestWith(t.Context(), client); err != nil {
			t.Fatal(err)
		}
	}
	f.pace = time.Second // a group needs its time after each loss of a member
	restarts := 1 + n/40
	f.extra = []fault{
		{"ingest member added or removed", 5, 0, func() { f.second("ingest") }},
		{"archive member added or removed", 3, 0, func() { f.second("archive") }},
		{"broker away", 2, 0, func() { net.away(f.some(50*time.Millisecond, time.Second)) }},
		{"connections to the broker cut", 3, 0, func() { net.cut() }},
		{"slow network to the broker", 2, 0, func() { net.slow(20*time.Millisecond, f.some(100*time.Millisecond, time.Second)) }},
		{"broker killed", 1, restarts, func() {
			k.Kill()
			k.Start()
		}},
	}
	f.configure(fmt.Sprintf(`kafka: {brokers: [%q], topic_pattern: "audit-.*", session_timeout: 1s, discover_interval: 1s, batch_records: 1000}`, net.address))
	if _, _, err := client.ProducerID(t.Context()); err != nil { // asked for later, a cut connection would end the client
		t.Fatal(err)
	}
	f.disturb(n, w.write)
	f.settle(w.bytes)
}
