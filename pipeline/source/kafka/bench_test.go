package kafka

import (
	"bytes"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/auditwarden/auditwarden/pipeline/testserver"
)

// BenchmarkRead reads 400,000 lines of 250 bytes from 4 partitions of a broker on the same machine, to nowhere, and
// acknowledges every batch: one line a message, and 20 lines a message.
func BenchmarkRead(b *testing.B) {
	k := testserver.KafkaWith(b, quick)
	for _, perMessage := range []int{1, 20} {
		for _, codec := range []string{"none", "lz4"} {
			b.Run(fmt.Sprintf("%d lines a message, %s", perMessage, codec), func(b *testing.B) { benchRead(b, k.Broker, perMessage, codec) })
		}
	}
}

func benchRead(b *testing.B, broker string, perMessage int, codec string) {
	const lines = 400_000
	topic := fmt.Sprintf("bench-%d-%s", perMessage, codec)
	benchTopic(b, broker, topic, perMessage, codec, lines)
	before := cpuTime(b)
	n := 0
	for b.Loop() {
		cfg := Default()
		cfg.Brokers, cfg.Topics, cfg.Group = []string{broker}, []string{topic}, fmt.Sprint(topic, "-", time.Now().UnixNano())
		s, err := New(cfg, Options{Source: "bench"})
		if err != nil {
			b.Fatal(err)
		}
		for got := 0; got < lines; {
			batch, err := s.Read(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			got += len(batch.Records)
			n += len(batch.Records)
			if batch.Ack != nil {
				if err := batch.Ack(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		}
		_ = s.Close()
	}
	cpu := cpuTime(b) - before
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "lines/s")
	b.ReportMetric(cpu.Seconds()/float64(n)*1e6, "cpu-s/Mlines")
}

func benchTopic(b *testing.B, broker, topic string, perMessage int, codec string, lines int) {
	b.Helper()
	codecs := map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "lz4": kgo.Lz4Compression()}
	client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.ProducerBatchCompression(codecs[codec]), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	createTopic(b, broker, topic, 4)
	line := strings.Repeat("2026-11-22 10:00:00.000 UTC AUDIT: SESSION,READ,select ", 5)[:249]
	value := bytes.TrimSuffix(bytes.Repeat([]byte(line+"\n"), perMessage), []byte("\n"))
	for i := range lines / perMessage {
		client.Produce(b.Context(), &kgo.Record{Topic: topic, Partition: int32(i % 4), Value: value}, nil)
	}
	if err := client.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// cpuTime is what the process has used: unlike the wall clock, it does not depend on who else is at work.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
