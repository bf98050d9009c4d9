package clickhouse

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	chgo "github.com/ClickHouse/clickhouse-go/v2"
)

// ClickHouse's error codes that a person can act on.
const (
	codeUnknownDatabase = 81
	codeUnknownUser     = 192
	codeWrongPassword   = 193
	codeAuthFailed      = 516
	codeNoSpace         = 243
	codeTableExists     = 57
	codeReadOnly        = 164
	codeAccessDenied    = 497
)

// connError is an error with a text of our own; the cause stays reachable for errors.Is and errors.As.
type connError struct {
	text  string
	cause error
}

func (e *connError) Error() string { return e.text }
func (e *connError) Unwrap() error { return e.cause }

// finalError says all there is to say; nothing is put to it.
type finalError string

func (e finalError) Error() string { return string(e) }

// timeout is the cause of a deadline of ours.
type timeout string

func (e timeout) Error() string { return string(e) }
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }

// scrubber says in one sentence what is wrong with the connection, naming the addresses and never the password.
func scrubber(opts *chgo.Options) func(error) error {
	where := strings.Join(opts.Addr, ", ")
	proto := "native protocol"
	if opts.Protocol == chgo.HTTP {
		proto = "HTTP"
	}
	if opts.TLS != nil {
		proto += " over TLS"
	}
	hide := hider(opts.Auth.Password)
	return func(err error) error {
		var done finalError
		if err == nil || errors.As(err, &done) {
			return err
		}
		return &connError{text: explain(err, opts, where, proto, hide), cause: err}
	}
}

// hider takes a password out of texts that others wrote.
func hider(password string) func(string) string {
	if password == "" {
		return func(s string) string { return s }
	}
	const hidden = "<secret>"
	return strings.NewReplacer(password, hidden, url.QueryEscape(password), hidden, url.PathEscape(password), hidden).Replace
}

func explain(err error, opts *chgo.Options, where, proto string, hide func(string) string) string {
	var ex *chgo.Exception
	if errors.As(err, &ex) {
		switch ex.Code {
		case codeUnknownUser, codeWrongPassword, codeAuthFailed:
			return fmt.Sprintf("ClickHouse at %s refuses user %q: wrong user or password in the DSN", where, opts.Auth.Username)
		case codeUnknownDatabase:
			return fmt.Sprintf("ClickHouse at %s has no database %q: create it, or set create_database", where, opts.Auth.Database)
		case codeNoSpace:
			return fmt.Sprintf("ClickHouse at %s has no space left on its disk", where)
		case codeReadOnly, codeAccessDenied:
			return fmt.Sprintf("ClickHouse at %s does not let user %q do this: %s", where, opts.Auth.Username, hide(firstLine(ex.Message)))
		}
		return fmt.Sprintf("ClickHouse at %s: %s (code %d)", where, hide(firstLine(ex.Message)), ex.Code)
	}
	var (
		op      *net.OpError
		dns     *net.DNSError
		record  tls.RecordHeaderError
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		status  *chgo.HTTPError
	)
	var reason string
	switch {
	case errors.As(err, &status) && (status.StatusCode == http.StatusUnauthorized || status.StatusCode == http.StatusForbidden):
		return fmt.Sprintf("ClickHouse at %s refuses user %q: wrong user or password in the DSN", where, opts.Auth.Username)
	case strings.Contains(err.Error(), "Unknown setting client_protocol_version"):
		return fmt.Sprintf("ClickHouse at %s is much too old, at least %s is needed: upgrade the server, or use the embedded engine", where, MinVersion)
	case errors.As(err, &record), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return fmt.Sprintf("ClickHouse at %s does not speak TLS on this port: use http:// (or clickhouse:// without secure), or the TLS port", where)
	case strings.Contains(err.Error(), "malformed HTTP"), strings.Contains(err.Error(), "readLoopPeekFail"):
		// The second is what Go's client says when the other side speaks before it is asked.
		return fmt.Sprintf("what answers at %s does not speak HTTP: check host and port, or use clickhouse:// for the native protocol", where)
	case errors.As(err, &unknown), errors.As(err, &host):
		return fmt.Sprintf("ClickHouse at %s shows a certificate that is not trusted: %s; set tls.ca_file or tls.server_name", where, hide(innermost(err)))
	case errors.As(err, &dns):
		reason = "host " + dns.Name + " is not known"
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		reason = "no answer in time"
	case errors.As(err, &op):
		reason = op.Err.Error()
	default:
		return fmt.Sprintf("ClickHouse at %s (%s): %s", where, proto, hide(firstLine(innermost(err))))
	}
	return fmt.Sprintf("cannot reach ClickHouse at %s (%s): %s", where, proto, reason)
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

func innermost(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}

// firstLine cuts a server's message: what follows may quote the query.
func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if i := strings.Index(s, ": While executing"); i > 0 {
		s = s[:i]
	}
	if len(s) > 400 {
		s = s[:400] + "…"
	}
	return strings.TrimSpace(s)
}

func quoteName(s string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(s) + "`"
}

func quoteString(s string) string {
	return "'" + strings.NewReplacer("\\", "\\\\", "'", "\\'").Replace(s) + "'"
}
