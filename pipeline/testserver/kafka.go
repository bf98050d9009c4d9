package testserver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// KafkaServer is a running Apache Kafka: one node that is broker and controller (KRaft), without TLS or passwords.
type KafkaServer struct {
	unit
	Broker        string // 127.0.0.1:PORT, the bootstrap address
	SecuredBroker string // where KafkaOptions.Secured listens with SASL …
	MutualBroker  string // … and with certificates
}

const kafkaClusterID = "AAAAAAAAAAAAAAAAAAAAAQ" // 16 bytes, base64url

// KafkaOptions change the broker's settings.
type KafkaOptions struct {
	Settings map[string]string // of server.properties, over the usual ones
	// Secured adds listeners with TLS, SASL and certificates; Broker is still the one without any.
	Secured *KafkaSecurity
}

// Kafka starts a broker of its own for the test. Topics are created on first use, with one partition.
func Kafka(tb testing.TB) *KafkaServer {
	tb.Helper()
	return KafkaWith(tb, KafkaOptions{})
}

// KafkaWith is [Kafka] with other settings.
func KafkaWith(tb testing.TB, opts KafkaOptions) *KafkaServer {
	tb.Helper()
	java := binary(tb, "java")
	classpath := filepath.Join(installed(tb, "Apache Kafka", "kafka-"+kafkaVersion, "libs"), "*")
	dir := tb.TempDir()
	config := filepath.Join(dir, "server.properties")
	k := &KafkaServer{}
	k.unit = unit{tb: tb, signal: syscall.SIGTERM, launch: func() (*process, error) {
		cmd := exec.Command(java, "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", classpath, "kafka.Kafka", config)
		cmd.Dir = dir
		p, err := spawn("Kafka", cmd, syscall.SIGKILL)
		return launched(p, err, func(p *process) error { return p.ready(k.probe) })
	}}
	k.begin(4, func(ports []int) {
		k.Broker = hostPort(ports[0])
		data := filepath.Join(dir, fmt.Sprintf("data-%d", ports[1]))
		settings := kafkaSettings(k.Broker, hostPort(ports[1]), data)
		format := []string{"-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", classpath, "kafka.tools.StorageTool", "format", "-t", kafkaClusterID, "-c", config}
		if opts.Secured != nil {
			k.SecuredBroker, k.MutualBroker = hostPort(ports[2]), hostPort(ports[3])
			opts.Secured.add(settings, k.SecuredBroker, k.MutualBroker)
			format = append(format, opts.Secured.format()...)
		}
		maps.Copy(settings, opts.Settings)
		if err := os.WriteFile(config, []byte(kafkaConfig(settings)), 0o600); err != nil {
			tb.Fatalf("write Kafka's configuration: %v", err)
		}
		run(tb, exec.Command(java, format...))
	})
	return k
}

func kafkaSettings(broker, controller, data string) map[string]string {
	return map[string]string{
		"process.roles":                            "broker,controller",
		"node.id":                                  "1",
		"controller.quorum.voters":                 "1@" + controller,
		"listeners":                                "PLAINTEXT://" + broker + ",CONTROLLER://" + controller,
		"advertised.listeners":                     "PLAINTEXT://" + broker,
		"controller.listener.names":                "CONTROLLER",
		"listener.security.protocol.map":           "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
		"log.dirs":                                 data,
		"offsets.topic.replication.factor":         "1",
		"offsets.topic.num.partitions":             "1",
		"transaction.state.log.replication.factor": "1",
		"transaction.state.log.min.isr":            "1",
		"group.initial.rebalance.delay.ms":         "0",
		"num.partitions":                           "1",
		"log.cleaner.dedupe.buffer.size":           "2097152",
	}
}

func kafkaConfig(settings map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&b, "%s=%s\n", name, settings[name])
	}
	return b.String()
}

// probe asks for the cluster's metadata: the broker is there when it lists itself.
func (k *KafkaServer) probe(ctx context.Context) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(k.Broker))
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	defer client.Close()
	answer, err := kmsg.NewPtrMetadataRequest().RequestWith(ctx, client)
	if err != nil {
		return fmt.Errorf("ask for metadata: %w", err)
	}
	if len(answer.Brokers) == 0 {
		return errors.New("no broker is registered yet")
	}
	return nil
}
