package testserver

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

// MotoServer is a running moto: Amazon's APIs, CloudWatch Logs among them, in memory. It is an imitation: limits,
// quotas and throttling of the real service are not those of this one, and a restart forgets everything.
type MotoServer struct {
	unit
	Endpoint  string
	Region    string
	AccessKey string
	SecretKey string
	CLI       string // the aws command, to be run with Environ
}

// Moto starts a server of its own for the test.
func Moto(tb testing.TB) *MotoServer {
	tb.Helper()
	bin := installed(tb, "moto", "moto-"+motoVersion, "bin", "moto_server")
	m := &MotoServer{Region: "us-east-1", AccessKey: "test", SecretKey: "test", CLI: installed(tb, "the aws command", "moto-"+motoVersion, "bin", "aws")}
	var port int
	m.unit = unit{tb: tb, signal: syscall.SIGTERM, launch: func() (*process, error) {
		cmd := exec.Command(bin, "-H", loopback, "-p", strconv.Itoa(port))
		cmd.Dir = filepath.Dir(bin)
		p, err := spawn("moto", cmd, syscall.SIGKILL)
		return launched(p, err, func(p *process) error { return p.ready(m.probe) })
	}}
	m.begin(1, func(ports []int) {
		port = ports[0]
		m.Endpoint = "http://" + hostPort(port)
	})
	return m
}

// Environ is the environment in which the aws command knows its credentials, and none of the machine's.
func (m *MotoServer) Environ() []string {
	return append(os.Environ(), "AWS_ACCESS_KEY_ID="+m.AccessKey, "AWS_SECRET_ACCESS_KEY="+m.SecretKey, "AWS_SESSION_TOKEN=", "AWS_DEFAULT_REGION="+m.Region,
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_EC2_METADATA_DISABLED=true")
}

func (m *MotoServer) probe(ctx context.Context) error {
	if _, err := m.Logs().DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{}); err != nil {
		return fmt.Errorf("describe log groups: %w", err)
	}
	return nil
}

// Logs is a CloudWatch Logs client for the server. It does not retry.
func (m *MotoServer) Logs() *cloudwatchlogs.Client {
	return cloudwatchlogs.New(cloudwatchlogs.Options{
		BaseEndpoint: aws.String(m.Endpoint),
		Region:       m.Region,
		Credentials:  credentials.NewStaticCredentialsProvider(m.AccessKey, m.SecretKey, ""),
		Retryer:      aws.NopRetryer{},
	})
}
