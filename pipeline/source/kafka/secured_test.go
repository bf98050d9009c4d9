package kafka

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/testserver"
)

// authority issues certificates for 127.0.0.1.
type authority struct {
	pem  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{key: newKey(t)}
	a.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, a.cert, a.cert, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	a.pem = pemText("CERTIFICATE", der)
	return a
}

// issue gives a certificate and its key (PKCS #8), both as PEM.
func (a *authority) issue(t *testing.T, name string) (certPEM, keyPEM string) {
	t.Helper()
	key := newKey(t)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.ParseIP("127.0.0.1")}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pemText("CERTIFICATE", der), pemText("PRIVATE KEY", pkcs8)
}

// files writes the authority's certificate and a client's, and gives the settings that name them.
func (a *authority) files(t *testing.T, client string) *TLS {
	t.Helper()
	dir := t.TempDir()
	cert, key := a.issue(t, client)
	c := &TLS{CAFile: filepath.Join(dir, "ca.pem"), CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem")}
	for path, text := range map[string]string{c.CAFile: a.pem, c.CertFile: cert, c.KeyFile: key} {
		writeFile(t, path, text)
	}
	return c
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func pemText(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// testSecured reads over TLS with each way to log in, and wants each mistake named.
func testSecured(t *testing.T, k *testserver.KafkaServer, certs *authority) {
	createTopic(t, k.Broker, "secured", 1)
	produce(t, k.Broker, "secured", 0, numbered("x", 10))
	files := certs.files(t, "client")
	stranger := newAuthority(t).files(t, "client")
	caOnly := &TLS{CAFile: files.CAFile}
	login := func(mechanism string, password pipeline.Secret) *SASL {
		return &SASL{Mechanism: mechanism, Username: "reader", Password: password}
	}
	const right, wrong = "s3cret-password", "wr0ng-password"
	for _, tc := range []struct {
		name   string
		broker string
		tls    *TLS
		sasl   *SASL
		want   string // of the log; empty: it can read
	}{
		{"plain", k.SecuredBroker, caOnly, login(Plain, right), ""},
		{"scram 256", k.SecuredBroker, caOnly, login(ScramSHA256, right), ""},
		{"scram 512", k.SecuredBroker, caOnly, login(ScramSHA512, right), ""},
		{"client certificate", k.MutualBroker, files, nil, ""},
		{"plain, wrong password", k.SecuredBroker, caOnly, login(Plain, wrong), "SASL Authentication Failed"},
		{"scram 256, wrong password", k.SecuredBroker, caOnly, login(ScramSHA256, wrong), "SASL Authentication Failed"},
		{"scram 512, wrong password", k.SecuredBroker, caOnly, login(ScramSHA512, wrong), "SASL Authentication Failed"},
		{"scram, no such user", k.SecuredBroker, caOnly, &SASL{Mechanism: ScramSHA512, Username: "nobody", Password: right}, "SASL Authentication Failed"},
		{"mechanism that the broker does not have", k.SecuredBroker, caOnly, &SASL{Mechanism: MSKIAM, Region: "eu-central-1"}, "Unsupported SASL Mechanism"},
		{"no login", k.SecuredBroker, caOnly, nil, "broker closed the connection"},
		{"broker's authority is not known", k.SecuredBroker, &TLS{}, login(Plain, right), "certificate signed by unknown authority"},
		{"broker's name is another", k.SecuredBroker, &TLS{CAFile: files.CAFile, ServerName: "kafka.example.com"}, login(Plain, right), "kafka.example.com"},
		{"no client certificate", k.MutualBroker, caOnly, nil, "bad certificate"},
		{"client certificate of another authority", k.MutualBroker, &TLS{CAFile: files.CAFile, CertFile: stranger.CertFile, KeyFile: stranger.KeyFile}, nil, "tls:"},
		{"TLS to a listener without", k.Broker, caOnly, nil, "broker closed the connection"},
		{"no TLS to a listener with it", k.SecuredBroker, nil, login(ScramSHA256, right), "broker closed the connection"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := testConfig(tc.broker)
			cfg.Topics, cfg.Group, cfg.TLS, cfg.SASL = []string{"secured"}, "secured "+tc.name, tc.tls, tc.sasl
			if tc.want == "" {
				r := read(t, open(t, cfg, Options{}), true)
				r.wait(10)
				r.close()
				return
			}
			var logs lockedText
			s := open(t, cfg, Options{Logger: slog.New(slog.NewTextHandler(&logs, nil))})
			eventually(t, func() bool { return strings.Contains(logs.String(), "trying again") }, logs.String)
			s.Close()
			if strings.Contains(logs.String(), "-password") {
				t.Errorf("the log holds a password: %s", logs.String())
			}
			if !strings.Contains(logs.String(), tc.want) {
				t.Errorf("log does not say %q: %s", tc.want, logs.String())
			}
			if _, err := Ends(context.Background(), cfg); err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "-password") {
				t.Errorf("error does not say %q: %v", tc.want, err)
			}
		})
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
