package testserver

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// S3Server is a running versitygw on a folder, with versioning and Object Lock available.
type S3Server struct {
	unit
	Endpoint  string // http://127.0.0.1:PORT, for path-style requests
	Region    string
	AccessKey string
	SecretKey string
	Dir       string // one folder a bucket, for tests that damage what is stored
}

// S3 starts a gateway of its own for the test, without buckets.
func S3(tb testing.TB) *S3Server {
	tb.Helper()
	gateway := installed(tb, "versitygw", "bin", "versitygw")
	dir, err := os.MkdirTemp("", "aw-s3-") // not TempDir: it may fail to remove files of other owners' making
	if err != nil {
		tb.Fatalf("make a folder for versitygw: %v", err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &S3Server{Region: "us-east-1", AccessKey: "test-access", SecretKey: "test-secret-key", Dir: filepath.Join(dir, "objects")}
	versions := filepath.Join(dir, "versions")
	for _, d := range []string{s.Dir, versions} {
		if err := os.Mkdir(d, 0o700); err != nil {
			tb.Fatalf("make a folder for versitygw: %v", err)
		}
	}
	var address string
	s.unit = unit{tb: tb, signal: syscall.SIGTERM, launch: func() (*process, error) {
		cmd := exec.Command(gateway, "--port", address, "--region", s.Region, "--quiet", "posix", "--versioning-dir", versions, s.Dir)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+s.AccessKey, "ROOT_SECRET_KEY="+s.SecretKey)
		p, err := spawn("versitygw", cmd, syscall.SIGKILL)
		return launched(p, err, func(p *process) error { return p.ready(s.probe) })
	}}
	s.begin(1, func(ports []int) {
		address = hostPort(ports[0])
		s.Endpoint = "http://" + address
	})
	return s
}

func (s *S3Server) probe(ctx context.Context) error {
	if _, err := s.Client().ListBuckets(ctx, &s3.ListBucketsInput{}); err != nil {
		return fmt.Errorf("list buckets: %w", err)
	}
	return nil
}

// Client is an S3 client with the gateway's own credentials. It does not retry, so that tests see each answer.
func (s *S3Server) Client() *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: aws.String(s.Endpoint),
		Region:       s.Region,
		Credentials:  credentials.NewStaticCredentialsProvider(s.AccessKey, s.SecretKey, ""),
		UsePathStyle: true,
		Retryer:      aws.NopRetryer{},
	})
}

// CreateBucket makes a bucket, with versioning and Object Lock if asked for.
func (s *S3Server) CreateBucket(name string, objectLock bool) {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_, err := s.Client().CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name, ObjectLockEnabledForBucket: &objectLock})
	if err != nil {
		s.tb.Fatalf("create bucket %s: %v", name, err)
	}
}
