package worm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// code is S3's error code, "" if err is none of its answers.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// status is the answer's HTTP status, 0 if there was none.
func status(err error) int {
	var re *smithyhttp.ResponseError
	if errors.As(err, &re) {
		return re.HTTPStatusCode()
	}
	return 0
}

// explain turns an error into one sentence that names the bucket and the mend, and marks it as permanent where trying
// again cannot help.
func (b *bucket) explain(what string, err error) error {
	what += " bucket " + b.cfg.Bucket
	switch c := code(err); {
	case c == "NoSuchBucket":
		return permanentError{fmt.Errorf("bucket %s does not exist at %s: check archive.bucket, archive.region and archive.endpoint",
			b.cfg.Bucket, b.where())}
	case c == "InvalidAccessKeyId" || c == "SignatureDoesNotMatch":
		return permanentError{fmt.Errorf("%s: S3 does not accept the credentials (%s): check archive.access_key_id and its secret", what, c)}
	case c == "RequestTimeTooSkewed":
		return awayError{fmt.Errorf("%s: this machine's clock differs too much from S3's", what)}
	case status(err) == 403:
		return permanentError{fmt.Errorf("%s: access denied (%s): the policy in docs/archive.md lists what the archive needs", what, orForbidden(c))}
	case status(err) == 409 || status(err) == 408 || status(err) == 429 || status(err) >= 500:
		return awayError{fmt.Errorf("%s: S3 answers %d %s", what, status(err), c)}
	case status(err) >= 300 && status(err) < 500:
		return permanentError{fmt.Errorf("%s: S3 answers %d %s: check archive.region, archive.endpoint and archive.path_style", what, status(err), c)}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return awayError{fmt.Errorf("%s: no answer from %s within %s", what, b.where(), b.cfg.RequestTimeout)}
	}
	unreached := fmt.Errorf("%s: cannot reach %s: %w", what, b.where(), rootCause(err))
	var op *net.OpError
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound || !errors.As(err, &op) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return unreached // a wrong name, no credentials, a certificate that is not trusted
	}
	return awayError{unreached}
}

// awayError says that S3 is not there for now.
type awayError struct{ error }

func (e awayError) Unwrap() error { return e.error }

// IsAway reports whether err says that S3 is not there for now, and not that something is set wrongly.
func IsAway(err error) bool {
	var away awayError
	return errors.As(err, &away)
}

func orForbidden(c string) string {
	if c == "" {
		return "403"
	}
	return c
}

func (b *bucket) where() string {
	if b.cfg.Endpoint != "" {
		return b.cfg.Endpoint
	}
	return "AWS S3, region " + b.cfg.Region
}

// rootCause takes the SDK's wrapping off an error: it repeats the request's URL several times.
func rootCause(err error) error {
	for {
		var op *smithy.OperationError
		var send *smithyhttp.RequestSendError
		var u *url.Error
		switch {
		case errors.As(err, &u):
			err = u.Err
		case errors.As(err, &send):
			err = send.Err
		case errors.As(err, &op):
			err = op.Err
		default:
			return err
		}
	}
}
