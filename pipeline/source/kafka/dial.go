package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-msk-iam-sasl-signer-go/signer"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

const dialTimeout = 10 * time.Second

func newDialer(cfg *Config) (*kafkago.Dialer, error) {
	d := &kafkago.Dialer{ClientID: "auditwarden", Timeout: dialTimeout, DualStack: true, KeepAlive: time.Minute}
	var err error
	if cfg.TLS != nil {
		if d.TLS, err = cfg.TLS.client(); err != nil {
			return nil, err
		}
	}
	if cfg.SASL != nil {
		if d.SASLMechanism, err = cfg.SASL.mechanism(); err != nil {
			return nil, err
		}
	}
	return d, nil
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
	if len(challenge) > 0 {
		return false, nil, fmt.Errorf("broker refused the Amazon MSK token")
	}
	return true, nil, nil
}
