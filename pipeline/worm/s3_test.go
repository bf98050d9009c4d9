package worm

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/testserver"
)

// locked starts a gateway with a bucket under Object Lock.
func locked(tb testing.TB) (*testserver.S3Server, Config) {
	tb.Helper()
	srv := testserver.S3(tb)
	srv.CreateBucket("evidence", true)
	return srv, bucketConfig(srv, "evidence")
}

func bucketConfig(srv *testserver.S3Server, bucket string) Config {
	c := Default()
	c.Bucket, c.Region, c.Endpoint, c.PathStyle = bucket, srv.Region, srv.Endpoint, true
	c.AccessKeyID, c.SecretAccessKey = srv.AccessKey, pipeline.Secret(srv.SecretKey)
	c.Prefix = "audit"
	c.RequestTimeout = 10 * time.Second
	return c
}

func TestBucketRoundTrip(t *testing.T) {
	_, cfg := locked(t)
	var acked int
	a, next := logLines("file:a", 0, 100)
	b, _ := logLines("file:a", next, 50)
	odd := oddRecords()
	archive(t, cfg, batch(&acked, a...), batch(&acked, odd...))
	archive(t, cfg, batch(&acked, a...), batch(&acked, odd...), batch(&acked, b...))
	mustEqual(t, readBack(t, cfg), describeAll(a, odd, b))
	r, err := Verify(t.Context(), cfg, VerifyOptions{})
	if err != nil || !r.OK() || !r.Immutable || r.Sources[0].Records != uint64(150+len(odd)) {
		t.Errorf("report %+v, error %v", r, err)
	}
	got, err := openArchive(t, cfg).Extract(t.Context(), testSource, "file:a", b[0].Offset)
	if err != nil || !bytes.Equal(got.Record.Raw, b[0].Raw) {
		t.Errorf("got %+v, error %v", got, err)
	}
}

// TestNobodyCanAlterIt tries, with the bucket owner's own credentials, everything that would destroy evidence.
func TestNobodyCanAlterIt(t *testing.T) {
	srv, cfg := locked(t)
	var acked int
	a, _ := logLines("file:a", 0, 100)
	archive(t, cfg, batch(&acked, a...))
	c := srv.Client()
	key := aws.String(keysOf(cfg.Prefix, testSource).segment(0))
	head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &cfg.Bucket, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	version := head.VersionId
	days := time.Until(aws.ToTime(head.ObjectLockRetainUntilDate)).Hours() / 24
	if head.ObjectLockMode != types.ObjectLockModeCompliance || days < 364 || days > 366 {
		t.Fatalf("locked in mode %q for %.1f days", head.ObjectLockMode, days)
	}
	retain := func(mode types.ObjectLockRetentionMode, until time.Time) error {
		_, err := c.PutObjectRetention(t.Context(), &s3.PutObjectRetentionInput{
			Bucket: &cfg.Bucket, Key: key, VersionId: version, BypassGovernanceRetention: aws.Bool(true),
			Retention: &types.ObjectLockRetention{Mode: mode, RetainUntilDate: &until},
		})
		return err
	}
	for _, tc := range []struct {
		name string
		do   func() error
	}{
		{"delete the version", func() error {
			_, err := c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &cfg.Bucket, Key: key, VersionId: version})
			return err
		}},
		{"delete the version, bypassing governance", func() error {
			_, err := c.DeleteObject(t.Context(), &s3.DeleteObjectInput{
				Bucket: &cfg.Bucket, Key: key, VersionId: version, BypassGovernanceRetention: aws.Bool(true)})
			return err
		}},
		{"overwrite as the archive does", func() error {
			_, err := c.PutObject(t.Context(), &s3.PutObjectInput{
				Bucket: &cfg.Bucket, Key: key, Body: strings.NewReader("forged"), IfNoneMatch: aws.String("*")})
			return err
		}},
		{"shorten the retention", func() error { return retain(types.ObjectLockRetentionModeCompliance, time.Now().Add(time.Hour)) }},
		{"end the retention", func() error { return retain(types.ObjectLockRetentionModeCompliance, time.Now().Add(-time.Hour)) }},
		{"change to governance mode", func() error {
			return retain(types.ObjectLockRetentionModeGovernance, aws.ToTime(head.ObjectLockRetainUntilDate))
		}},
		{"suspend versioning", func() error {
			_, err := c.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: &cfg.Bucket,
				VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusSuspended}})
			return err
		}},
		{"delete the bucket", func() error {
			_, err := c.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: &cfg.Bucket})
			return err
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := tc.do(); err == nil {
				t.Error("it succeeded")
			} else {
				t.Log(err)
			}
		})
	}
	mustEqual(t, readBack(t, cfg), describeAll(a))
	verified(t, cfg)
}

// TestHidingIsSeen does what S3 allows in spite of the lock: a delete marker, and a newer version on top of the old one.
// Neither changes what is read, and both are reported.
func TestHidingIsSeen(t *testing.T) {
	srv, cfg := locked(t)
	var acked int
	a, next := logLines("file:a", 0, 100)
	b, next := logLines("file:a", next, 100)
	d, next := logLines("file:a", next, 100)
	archive(t, cfg, batch(&acked, a...), batch(&acked, b...), batch(&acked, d...))
	k := keysOf(cfg.Prefix, testSource)
	c := srv.Client()
	if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: &cfg.Bucket, Key: aws.String(k.segment(1)), Body: strings.NewReader("forged")}); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{k.segment(2), k.checkpoint(2)} {
		if _, err := c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &cfg.Bucket, Key: &key}); err != nil {
			t.Fatal(err)
		}
	}
	mustEqual(t, readBack(t, cfg), describeAll(a, b, d))
	e, _ := logLines("file:a", next, 100)
	archive(t, cfg, batch(&acked, d...), batch(&acked, e...)) // goes on after the hidden segment
	mustEqual(t, readBack(t, cfg), describeAll(a, b, d, e))
	r, err := Verify(t.Context(), cfg, VerifyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"segment 1 was overwritten: it has 2 versions, the first of which is read",
		"segment 2 was deleted: a delete marker hides it",
		"checkpoint 2 was deleted: a delete marker hides it",
	}
	if got := r.Sources[0].Problems; strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("problems %q, want %q", got, want)
	}
}

// TestPages lists in small pages, whose bounds fall between versions of one key.
func TestPages(t *testing.T) {
	srv, cfg := locked(t)
	a := openArchive(t, cfg)
	b, ok := a.st.(*bucket)
	if !ok {
		t.Fatal("not a bucket")
	}
	b.page = 2
	var want []listed
	for i := range 4 {
		key := keysOf("p", "s").segment(uint64(i))
		for v := range 1 + i%2 {
			if _, err := srv.Client().PutObject(t.Context(), &s3.PutObjectInput{
				Bucket: &cfg.Bucket, Key: &key, Body: strings.NewReader(fmt.Sprint(v))}); err != nil {
				t.Fatal(err)
			}
		}
		if i >= 2 {
			if _, err := srv.Client().DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &cfg.Bucket, Key: &key}); err != nil {
				t.Fatal(err)
			}
		}
		want = append(want, listed{key: key, versions: 1 + i%2, deleted: i >= 2})
	}
	var got []listed
	if err := b.list(t.Context(), keysOf("p", "s").segments(), func(o listed) error { got = append(got, o); return nil }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for i, w := range want {
		if o, err := b.get(t.Context(), w.key); err != nil || string(o.body) != "0" {
			t.Errorf("the first version of %s: %q, %v", w.key, o.body, err)
		}
		next, err := b.next(t.Context(), keysOf("p", "s").segments(), w.key)
		if err != nil || i < 3 && next != want[i+1].key || i == 3 && next != "" {
			t.Errorf("after %s comes %q, error %v", w.key, next, err)
		}
	}
	if last, ok, err := a.lastSegment(t.Context(), keysOf("p", "s")); err != nil || !ok || last != 3 {
		t.Errorf("last is %d, %v, %v", last, ok, err)
	}
}

func TestOpenErrors(t *testing.T) {
	srv, good := locked(t)
	srv.CreateBucket("plain", false)
	for _, tc := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"no Object Lock", func(c *Config) { c.Bucket = "plain" },
			"open archive: bucket plain has no Object Lock, so nothing in it would be immutable: create another bucket with Object Lock enabled and set archive.bucket to it"},
		{"no such bucket", func(c *Config) { c.Bucket = "nowhere" },
			"open archive: bucket nowhere does not exist at " + srv.Endpoint + ": check archive.bucket, archive.region and archive.endpoint"},
		{"wrong secret", func(c *Config) { c.SecretAccessKey = "wrong" },
			"open archive: read the Object Lock configuration of bucket evidence: S3 does not accept the credentials (SignatureDoesNotMatch): check archive.access_key_id and its secret"},
		{"nobody there", func(c *Config) { c.Endpoint = "http://127.0.0.1:1" },
			"open archive: read the Object Lock configuration of bucket evidence: cannot reach http://127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := good
			tc.change(&cfg)
			_, err := Open(t.Context(), cfg, testOptions(t))
			if err == nil || err.Error() != tc.want {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}

func TestAccessDenied(t *testing.T) {
	srv, cfg := locked(t)
	_ = srv
	cfg.Endpoint = faulty(t, cfg.Endpoint, func(r *http.Request) int {
		if r.Method == http.MethodPut {
			return http.StatusForbidden
		}
		return 0
	})
	var acked int
	a, _ := logLines("file:a", 0, 1)
	c := openChain(t, openArchive(t, cfg))
	err := c.Run(t.Context(), &feed{batches: []pipeline.Batch{batch(&acked, a...)}})
	want := "write segment audit/orders-db/segments/000000000000.zst to the archive: write to bucket evidence: access denied (AccessDenied): the policy in docs/archive.md lists what the archive needs"
	if err == nil || err.Error() != want || acked != 0 {
		t.Errorf("got  %v, %d acknowledged\nwant %s", err, acked, want)
	}
}

// faulty puts a proxy before the service that answers with the status that fault gives, if it gives one. A negative
// status means: carry it out, but answer with its absolute value.
func faulty(tb testing.TB, endpoint string, fault func(*http.Request) int) string {
	tb.Helper()
	u, err := url.Parse(endpoint)
	if err != nil {
		tb.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(u)
		r.Out.Host = r.In.Host // the signature covers it
	}}
	names := map[int]string{403: "AccessDenied", 409: "ConditionalRequestConflict", 500: "InternalError", 503: "SlowDown"}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := fault(r)
		if status < 0 {
			proxy.ServeHTTP(discard{http.Header{}}, r)
			status = -status
		}
		if status == 0 {
			proxy.ServeHTTP(w, r)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>injected</Message></Error>", names[status])
	}))
	tb.Cleanup(srv.Close)
	return srv.URL
}

type discard struct{ h http.Header }

func (d discard) Header() http.Header       { return d.h }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

// TestFaults answers every other request with an error, some after carrying it out: the archive is the same as without.
func TestFaults(t *testing.T) {
	srv := testserver.S3(t)
	for _, status := range []int{500, 503, 409, -500, -503} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			bucket := fmt.Sprint("evidence", status+1000)
			srv.CreateBucket(bucket, true)
			cfg := bucketConfig(srv, bucket)
			clean := cfg
			var n atomic.Int64
			cfg.Endpoint = faulty(t, cfg.Endpoint, func(r *http.Request) int {
				if r.Method == http.MethodPut && n.Add(1)%2 == 1 {
					return status
				}
				return 0
			})
			var acked int
			var all []pipeline.Record
			var batches []pipeline.Batch
			var off int64
			for range 5 {
				var l []pipeline.Record
				l, off = logLines("file:a", off, 100)
				all = append(all, l...)
				batches = append(batches, batch(&acked, l...))
			}
			archive(t, cfg, batches...)
			mustEqual(t, readBack(t, clean), describeAll(all))
			if r := verified(t, clean); r.Segments != 5 || acked != 5 {
				t.Errorf("%d segments, %d batches acknowledged, want 5", r.Segments, acked)
			}
		})
	}
}

// TestOutage stops the service in the middle. The archive stops reading, waits, and goes on when the service is back.
func TestOutage(t *testing.T) {
	srv, cfg := locked(t)
	cfg.SegmentBytes = 1 << 10
	var acked int
	src := &outage{srv: srv}
	var all []pipeline.Record
	var off int64
	for range 6 {
		var l []pipeline.Record
		l, off = logLines("file:a", off, 50)
		all = append(all, l...)
		src.batches = append(src.batches, batch(&acked, l...))
	}
	opts := testOptions(t)
	var failures int
	var last error
	opts.Healthy = func(source string, err error) {
		if last = err; err != nil {
			failures++
		}
		if source != testSource {
			t.Errorf("told of source %q", source)
		}
	}
	a, err := Open(t.Context(), cfg, opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := openChain(t, a).Run(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	if failures == 0 || last != nil {
		t.Errorf("told of %d failures, at last %v; want some, and nil", failures, last)
	}
	if src.readWhileDown > 1 {
		t.Errorf("%d batches were read during the outage", src.readWhileDown)
	}
	mustEqual(t, readBack(t, cfg), describeAll(all))
	verified(t, cfg)
}

// outage stops the service at the third batch, and starts it again after a while.
type outage struct {
	feed
	srv           *testserver.S3Server
	reads         int
	down          atomic.Bool
	readWhileDown int
}

func (o *outage) Read(ctx context.Context) (pipeline.Batch, error) {
	if o.down.Load() {
		o.readWhileDown++
	}
	if o.reads++; o.reads == 3 {
		o.srv.Stop()
		o.down.Store(true)
		time.AfterFunc(300*time.Millisecond, func() {
			o.down.Store(false)
			o.srv.Start()
		})
	}
	return o.feed.Read(ctx)
}

// TestWhatIsAskedOfS3 looks at a put as it goes over the wire.
func TestWhatIsAskedOfS3(t *testing.T) {
	_, cfg := locked(t)
	var seen atomic.Pointer[http.Header]
	cfg.Endpoint = faulty(t, cfg.Endpoint, func(r *http.Request) int {
		if r.Method == http.MethodPut {
			h := r.Header.Clone()
			seen.Store(&h)
		}
		return 0
	})
	cfg.KMSKeyID = "arn:aws:kms:eu-central-1:111122223333:key/archive"
	cfg.RetentionDays = 10
	b, err := newBucket(t.Context(), cfg, func() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) })
	if err != nil {
		t.Fatal(err)
	}
	_ = b.put(t.Context(), "key", []byte("body")) // the service knows no such encryption key
	for name, want := range map[string]string{
		"If-None-Match":                               "*",
		"X-Amz-Checksum-Sha256":                       "Iw2DWNyOiJC0xY3utikS7i8gNXrpKlzIYbmOaP4xrLU=",
		"X-Amz-Object-Lock-Mode":                      "COMPLIANCE",
		"X-Amz-Object-Lock-Retain-Until-Date":         "2026-12-02T10:00:00Z",
		"X-Amz-Server-Side-Encryption":                "aws:kms",
		"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": cfg.KMSKeyID,
	} {
		if got := seen.Load().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}
