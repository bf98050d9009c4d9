package worm

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// bucket keeps objects in S3 under Object Lock.
type bucket struct {
	cfg Config
	c   *s3.Client
	now func() time.Time

	page int32 // keys in one answer to a list; 0: as many as the service gives
}

func newBucket(ctx context.Context, cfg Config, now func() time.Time) (*bucket, error) {
	var opts []func(*config.LoadOptions) error
	if cfg.Region != "" {
		opts = append(opts, config.WithRegion(cfg.Region))
	}
	if cfg.AccessKeyID != "" {
		opts = append(opts, config.WithCredentialsProvider(
			credentials.NewStaticCredentialsProvider(cfg.AccessKeyID, cfg.SecretAccessKey.Reveal(), "")))
	}
	loaded, err := config.LoadDefaultConfig(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("load AWS settings: %w", err)
	}
	if loaded.Region == "" && cfg.Endpoint != "" {
		loaded.Region = "us-east-1" // what compatible services expect when they have no regions
	}
	client := s3.NewFromConfig(loaded, func(o *s3.Options) {
		o.UsePathStyle = cfg.PathStyle
		o.Retryer = aws.NopRetryer{} // the archive waits and tries again by itself, and says so
		if cfg.Endpoint != "" {
			o.BaseEndpoint = aws.String(cfg.Endpoint)
		}
	})
	return &bucket{cfg: cfg, c: client, now: now}, nil
}

func (b *bucket) immutable() bool { return b.cfg.Mode == Compliance }

func (b *bucket) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, b.cfg.RequestTimeout, fmt.Errorf("no answer within %s", b.cfg.RequestTimeout))
}

// check makes sure that the bucket is there, versioned and under Object Lock.
func (b *bucket) check(ctx context.Context) error {
	ctx, cancel := b.limited(ctx)
	defer cancel()
	lock, err := b.c.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: &b.cfg.Bucket})
	if code(err) == "ObjectLockConfigurationNotFoundError" ||
		err == nil && (lock.ObjectLockConfiguration == nil || lock.ObjectLockConfiguration.ObjectLockEnabled != types.ObjectLockEnabledEnabled) {
		return permanentError{fmt.Errorf("bucket %s has no Object Lock, so nothing in it would be immutable: "+
			"create another bucket with Object Lock enabled and set archive.bucket to it", b.cfg.Bucket)}
	}
	if err != nil {
		return b.explain("read the Object Lock configuration of", err)
	}
	v, err := b.c.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: &b.cfg.Bucket})
	if err != nil {
		return b.explain("read the versioning of", err)
	}
	if v.Status != types.BucketVersioningStatusEnabled {
		return permanentError{fmt.Errorf("bucket %s has versioning %q, which Object Lock needs: enable it", b.cfg.Bucket, v.Status)}
	}
	return nil
}

func (b *bucket) put(ctx context.Context, key string, body []byte) error {
	ctx, cancel := b.limited(ctx)
	defer cancel()
	sum := sha256.Sum256(body)
	until := b.now().UTC().AddDate(0, 0, b.cfg.RetentionDays).Truncate(time.Second)
	in := &s3.PutObjectInput{
		Bucket: &b.cfg.Bucket, Key: &key, Body: bytes.NewReader(body), ContentLength: aws.Int64(int64(len(body))),
		IfNoneMatch:               aws.String("*"),
		ChecksumSHA256:            aws.String(base64.StdEncoding.EncodeToString(sum[:])),
		ObjectLockMode:            types.ObjectLockMode(b.cfg.Mode),
		ObjectLockRetainUntilDate: &until,
	}
	if b.cfg.KMSKeyID != "" {
		in.ServerSideEncryption, in.SSEKMSKeyId = types.ServerSideEncryptionAwsKms, &b.cfg.KMSKeyID
	}
	_, err := b.c.PutObject(ctx, in)
	if code(err) == "PreconditionFailed" || status(err) == 412 {
		return errExists
	}
	if err != nil {
		return b.explain("write to", err)
	}
	return nil
}

// get reads the oldest version: a newer one, or a delete marker, cannot hide what was written first.
func (b *bucket) get(ctx context.Context, key string) (stored, error) {
	ctx, cancel := b.limited(ctx)
	defer cancel()
	version, err := b.oldest(ctx, key)
	if err != nil {
		return stored{}, err
	}
	out, err := b.c.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.cfg.Bucket, Key: &key, VersionId: &version})
	if err != nil {
		return stored{}, b.explain("read from", err)
	}
	defer func() { _ = out.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(out.Body, maxObjectBytes+1))
	if err != nil {
		return stored{}, b.explain("read from", err)
	}
	if len(body) > maxObjectBytes {
		return stored{}, permanentError{fmt.Errorf("object %s is larger than %d bytes", key, maxObjectBytes)}
	}
	return stored{body: body, mode: b.mode(ctx, key, version, out)}, nil
}

// mode is the Object Lock's mode of a version: what the answer says, or where it does not, what S3 says when asked.
func (b *bucket) mode(ctx context.Context, key, version string, out *s3.GetObjectOutput) string {
	if out.ObjectLockMode != "" {
		return string(out.ObjectLockMode)
	}
	r, err := b.c.GetObjectRetention(ctx, &s3.GetObjectRetentionInput{Bucket: &b.cfg.Bucket, Key: &key, VersionId: &version})
	if err != nil || r.Retention == nil {
		return "" // not locked, or we may not know: the verifier reports it
	}
	return string(r.Retention.Mode)
}

// maxObjectBytes is more than any object of ours has.
const maxObjectBytes = 2 * maxSegmentBytes

func (b *bucket) oldest(ctx context.Context, key string) (version string, err error) {
	err = b.versions(ctx, key, "", 0, func(v versionOf) bool {
		if v.key != key {
			return false
		}
		if !v.marker {
			version = v.id
		}
		return true
	})
	if err == nil && version == "" {
		err = errMissing
	}
	return version, err
}

func (b *bucket) next(ctx context.Context, prefix, marker string) (key string, err error) {
	ctx, cancel := b.limited(ctx)
	defer cancel()
	err = b.versions(ctx, prefix, marker, 1, func(v versionOf) bool {
		key = v.key
		return false
	})
	return key, err
}

func (b *bucket) list(ctx context.Context, prefix string, visit func(listed) error) error {
	var cur listed
	var failed error
	flush := func() bool {
		if cur.key != "" {
			failed = visit(cur)
		}
		return failed == nil
	}
	err := b.versions(ctx, prefix, "", 0, func(v versionOf) bool {
		if v.key != cur.key {
			if !flush() {
				return false
			}
			cur = listed{key: v.key}
		}
		if v.marker {
			cur.deleted = true
		} else {
			cur.versions++
		}
		return true
	})
	if err == nil && failed == nil {
		flush()
	}
	return errors.Join(err, failed)
}

type versionOf struct {
	key, id string
	marker  bool
	at      time.Time
}

// versions visits the versions and delete markers of the keys that begin with prefix and come after marker, by key and
// then from new to old, until visit returns false.
func (b *bucket) versions(ctx context.Context, prefix, marker string, limit int32, visit func(versionOf) bool) error {
	in := &s3.ListObjectVersionsInput{Bucket: &b.cfg.Bucket, Prefix: &prefix}
	if marker != "" {
		// Services differ on whether the marker itself is listed: this one sorts just behind it.
		in.KeyMarker = aws.String(marker + "!")
	}
	if limit = cmp.Or(limit, b.page); limit > 0 {
		in.MaxKeys = &limit
	}
	var last versionOf
	for {
		pageCtx, cancel := b.limited(ctx)
		out, err := b.c.ListObjectVersions(pageCtx, in)
		cancel()
		if err != nil {
			return b.explain("list", err)
		}
		for _, v := range merged(out) {
			if v.key == last.key && v.id == last.id {
				continue // some services begin a page with the end of the one before
			}
			if last = v; !visit(v) {
				return nil
			}
		}
		if !aws.ToBool(out.IsTruncated) || out.NextKeyMarker == nil {
			return nil
		}
		if aws.ToString(in.KeyMarker) == *out.NextKeyMarker && aws.ToString(in.VersionIdMarker) == aws.ToString(out.NextVersionIdMarker) {
			return permanentError{fmt.Errorf("list bucket %s: the service gives the same page again and again", b.cfg.Bucket)}
		}
		in.KeyMarker, in.VersionIdMarker = out.NextKeyMarker, out.NextVersionIdMarker
	}
}

// merged brings versions and delete markers, which come as two lists, into one order.
func merged(out *s3.ListObjectVersionsOutput) []versionOf {
	all := make([]versionOf, 0, len(out.Versions)+len(out.DeleteMarkers))
	for _, v := range out.Versions {
		all = append(all, versionOf{aws.ToString(v.Key), aws.ToString(v.VersionId), false, aws.ToTime(v.LastModified)})
	}
	i := 0
	for _, m := range out.DeleteMarkers {
		d := versionOf{aws.ToString(m.Key), aws.ToString(m.VersionId), true, aws.ToTime(m.LastModified)}
		for i < len(all) && all[i].before(d) {
			i++
		}
		all = append(all, versionOf{})
		copy(all[i+1:], all[i:])
		all[i] = d
	}
	return all
}

func (v versionOf) before(o versionOf) bool {
	if v.key != o.key {
		return v.key < o.key
	}
	return v.at.After(o.at)
}

func (b *bucket) folders(ctx context.Context, prefix string) ([]string, error) {
	var names []string
	in := &s3.ListObjectVersionsInput{Bucket: &b.cfg.Bucket, Prefix: &prefix, Delimiter: aws.String("/")}
	for {
		pageCtx, cancel := b.limited(ctx)
		out, err := b.c.ListObjectVersions(pageCtx, in)
		cancel()
		if err != nil {
			return nil, b.explain("list", err)
		}
		for _, p := range out.CommonPrefixes {
			names = append(names, strings.TrimSuffix(strings.TrimPrefix(aws.ToString(p.Prefix), prefix), "/"))
		}
		if !aws.ToBool(out.IsTruncated) || out.NextKeyMarker == nil {
			return names, nil
		}
		in.KeyMarker, in.VersionIdMarker = out.NextKeyMarker, out.NextVersionIdMarker
	}
}
