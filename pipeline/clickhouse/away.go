package clickhouse

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"

	chgo "github.com/ClickHouse/clickhouse-go/v2"
)

// awayCodes are answers of a server, or of a cluster behind it, that cannot work for now.
var awayCodes = []int32{
	159, // TIMEOUT_EXCEEDED
	202, // TOO_MANY_SIMULTANEOUS_QUERIES
	203, // NO_FREE_CONNECTION
	209, // SOCKET_TIMEOUT
	210, // NETWORK_ERROR
	225, // NO_ZOOKEEPER
	236, // ABORTED: it shuts down
	241, // MEMORY_LIMIT_EXCEEDED
	242, // TABLE_IS_READ_ONLY: a replica without its keeper
	279, // ALL_CONNECTION_TRIES_FAILED
	394, // QUERY_WAS_CANCELLED
	519, // ALL_REPLICAS_LOST
	999, // KEEPER_EXCEPTION
}

// IsAway reports whether err says that ClickHouse is not there for now: not reached, starting or ending, overloaded. Wrong
// addresses, credentials and certificates, and statements that it refuses, are not for waiting.
func IsAway(err error) bool {
	var (
		final  finalError
		ex     *chgo.Exception
		status *chgo.HTTPError
		dns    *net.DNSError
		netErr net.Error
	)
	switch {
	case errors.As(err, &final):
		return false
	case errors.As(err, &ex):
		return slices.Contains(awayCodes, ex.Code)
	case errors.As(err, &status):
		// 500 is how a server answers to what it does not understand, too.
		return status.StatusCode > http.StatusNotImplemented || status.StatusCode == http.StatusTooManyRequests
	case errors.As(err, &dns):
		return !dns.IsNotFound
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return true
	}
	var op *net.OpError
	return errors.As(err, &op) && op.Op != "remote error" || errors.As(err, &netErr) && netErr.Timeout()
}
