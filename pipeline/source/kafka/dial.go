package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-msk-iam-sasl-signer-go/signer"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

const (
	clientID       = "auditwarden"
	dialTimeout    = 10 * time.Second
	requestTimeout = 30 * time.Second
)

// connections are all that a source has open, so that Close need not wait for a broker that does not answer: the library
// gives no other way to break off a request of a group's member.
type connections struct {
	dialer net.Dialer
	mu     sync.Mutex
	open   map[*tracked]struct{}
	closed bool
}

type tracked struct {
	net.Conn
	all *connections
}

func newConnections() *connections {
	return &connections{dialer: net.Dialer{KeepAlive: 30 * time.Second, Timeout: dialTimeout}, open: map[*tracked]struct{}{}}
}

var errClosed = errors.New("source is closed")

func (c *connections) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := c.dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	t := &tracked{Conn: conn, all: c}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errors.Join(errClosed, conn.Close())
	}
	c.open[t] = struct{}{}
	return t, nil
}

func (t *tracked) Close() error {
	t.all.mu.Lock()
	delete(t.all.open, t)
	t.all.mu.Unlock()
	return t.Conn.Close()
}

// close closes all connections and refuses new ones.
func (c *connections) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for t := range c.open {
		_ = t.Conn.Close() // nothing was written that matters
	}
	clear(c.open)
}

// security gives what to protect connections with; nil where the configuration asks for nothing.
func (c *Config) security() (tlsConfig *tls.Config, mechanism sasl.Mechanism, err error) {
	if c.TLS != nil {
		if tlsConfig, err = c.TLS.client(); err != nil {
			return nil, nil, err
		}
	}
	if c.SASL != nil {
		if mechanism, err = c.SASL.mechanism(); err != nil {
			return nil, nil, fmt.Errorf("set up sasl: %w", err)
		}
	}
	return tlsConfig, mechanism, nil
}

func (c *TLS) client() (*tls.Config, error) {
	out := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.ServerName}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read tls.ca_file: %w", err)
		}
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read tls.ca_file: %s holds no certificate in PEM form", c.CAFile)
		}
	}
	if c.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read tls.cert_file: %w", err)
		}
		out.Certificates = []tls.Certificate{cert}
	}
	return out, nil
}

func (c *SASL) mechanism() (sasl.Mechanism, error) {
	switch c.Mechanism {
	case Plain:
		return plain.Mechanism{Username: c.Username, Password: c.Password.Reveal()}, nil
	case ScramSHA256:
		return scram.Mechanism(scram.SHA256, c.Username, c.Password.Reveal())
	case ScramSHA512:
		return scram.Mechanism(scram.SHA512, c.Username, c.Password.Reveal())
	case MSKIAM:
		return mskIAM{region: c.Region}, nil
	}
	return nil, fmt.Errorf("sasl.mechanism %q is not known", c.Mechanism)
}

// mskIAM logs in to Amazon MSK with a token signed by the process's AWS credentials (SASL OAUTHBEARER, RFC 7628).
type mskIAM struct{ region string }

func (mskIAM) Name() string { return "OAUTHBEARER" }

func (m mskIAM) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	token, _, err := signer.GenerateAuthToken(ctx, m.region)
	if err != nil {
		return nil, nil, fmt.Errorf("sign Amazon MSK token: %w", err)
	}
	return bearer{}, []byte("n,,\x01auth=Bearer " + token + "\x01\x01"), nil
}

type bearer struct{}

// Next is called with the broker's answer: empty if it agrees, else a JSON object that says why not.
func (bearer) Next(_ context.Context, challenge []byte) (bool, []byte, error) {
	if len(challenge) == 0 {
		return true, nil, nil
	}
	var answer struct {
		Status string `json:"status"`
	}
	if err := json.Unmarshal(challenge, &answer); err != nil || answer.Status == "" {
		return false, nil, errors.New("broker refused the Amazon MSK token without saying why")
	}
	return false, nil, fmt.Errorf("broker refused the Amazon MSK token: %.40q; check the credentials, the region and the machine's clock", answer.Status)
}
