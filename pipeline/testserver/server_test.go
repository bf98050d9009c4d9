package testserver_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/auditwarden/auditwarden/pipeline/testserver"
)

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // it only ends what hangs
	t.Cleanup(cancel)
	return ctx
}

func TestS3KeepsWhatIsLocked(t *testing.T) {
	t.Parallel()
	ctx, server := within(t), testserver.S3(t)
	server.CreateBucket("locked", true)
	client := server.Client()
	put, err := client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String("locked"), Key: aws.String("a/b"), Body: bytes.NewReader([]byte("evidence")),
		ChecksumAlgorithm:         types.ChecksumAlgorithmSha256,
		ObjectLockMode:            types.ObjectLockModeCompliance,
		ObjectLockRetainUntilDate: aws.Time(time.Now().Add(time.Hour)),
	})
	if err != nil {
		t.Fatalf("put a locked object: %v", err)
	}
	_, err = client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String("locked"), Key: aws.String("a/b"), VersionId: put.VersionId})
	var refused smithy.APIError
	if !errors.As(err, &refused) || refused.ErrorCode() != "AccessDenied" {
		t.Errorf("delete a locked version: got %v, want AccessDenied", err)
	}
	_, err = client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("locked"), Key: aws.String("a/b"),
		Body: bytes.NewReader([]byte("forged")), IfNoneMatch: aws.String("*")})
	if !errors.As(err, &refused) || refused.ErrorCode() != "PreconditionFailed" {
		t.Errorf("put over it with If-None-Match: got %v, want PreconditionFailed", err)
	}

	server.Kill()
	server.Start()
	got, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("locked"), Key: aws.String("a/b"), VersionId: put.VersionId})
	if err != nil {
		t.Fatalf("get after a kill: %v", err)
	}
	defer func() { _ = got.Body.Close() }()
	if body, err := io.ReadAll(got.Body); err != nil || string(body) != "evidence" {
		t.Errorf("body: %q, %v", body, err)
	}
}

func TestMotoKeepsLogEvents(t *testing.T) {
	t.Parallel()
	ctx, client := within(t), testserver.Moto(t).Logs()
	group, stream := aws.String("/aws/rds/instance/orders/postgresql"), aws.String("orders.0")
	if _, err := client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: group}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: group, LogStreamName: stream}); err != nil {
		t.Fatal(err)
	}
	_, err := client.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: group, LogStreamName: stream,
		LogEvents: []logtypes.InputLogEvent{{Message: aws.String("one line"), Timestamp: aws.Int64(time.Now().UnixMilli())}}})
	if err != nil {
		t.Fatal(err)
	}
	found, err := client.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: group})
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Events) != 1 || aws.ToString(found.Events[0].Message) != "one line" {
		t.Errorf("events: got %v, want the one put", found.Events)
	}
}

func TestKafkaKeepsRecordsOverAKill(t *testing.T) {
	t.Parallel()
	ctx, broker := within(t), testserver.Kafka(t)
	client, err := kgo.NewClient(kgo.SeedBrokers(broker.Broker), kgo.AllowAutoTopicCreation(), kgo.DefaultProduceTopic("audit"),
		kgo.ConsumeTopics("audit"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.ProduceSync(ctx, kgo.StringRecord("before")).FirstErr(); err != nil {
		t.Fatalf("produce: %v", err)
	}
	broker.Restart()
	if err := client.ProduceSync(ctx, kgo.StringRecord("after")).FirstErr(); err != nil {
		t.Fatalf("produce after a restart: %v", err)
	}
	var got []string
	for len(got) < 2 {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatalf("got %q before the time was up", got)
		}
		fetches.EachRecord(func(r *kgo.Record) { got = append(got, string(r.Value)) })
	}
	if got[0] != "before" || got[1] != "after" {
		t.Errorf("records: got %q, want before, after", got)
	}
}
