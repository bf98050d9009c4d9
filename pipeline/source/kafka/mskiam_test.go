package kafka

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// mskBroker speaks as much of Kafka's protocol as logging in with IAM and asking for a topic's ends takes: Apache Kafka
// itself has no server side of Amazon's login.
type mskBroker struct {
	t       *testing.T
	ln      net.Listener
	port    int32
	region  string
	secrets map[string]aws.Credentials // by access key
	now     func() time.Time
	plainly bool // refuse as Amazon MSK does, with an error, instead of with a challenge as RFC 7628 has it

	mu      sync.Mutex
	logins  []string // access keys that were let in
	refused []string // why
}

func newMSKBroker(t *testing.T, certs *authority) *mskBroker {
	t.Helper()
	certPEM, keyPEM := certs.issue(t, "broker")
	cert, err := tls.X509KeyPair([]byte(certPEM), []byte(keyPEM))
	if err != nil {
		t.Fatal(err)
	}
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	b := &mskBroker{t: t, ln: ln, port: int32(ln.Addr().(*net.TCPAddr).Port), region: "eu-central-1", secrets: map[string]aws.Credentials{}, now: time.Now}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { b.serve(c) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		serving.Wait()
	})
	return b
}

// serve answers one connection until it breaks, or says something that only who is logged in may.
func (b *mskBroker) serve(c net.Conn) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(30 * time.Second)) // the test is over by then
	s := session{b: b}
	for {
		var size [4]byte
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return
		}
		body := make([]byte, min(binary.BigEndian.Uint32(size[:]), 1<<20))
		if _, err := io.ReadFull(c, body); err != nil {
			return
		}
		answer, err := s.answer(body)
		if err != nil {
			b.t.Errorf("a client of ours says what it must not: %v", err)
			return
		}
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}

// session is one connection.
type session struct {
	b         *mskBroker
	mechanism string
	in        bool
}

func (s *session) answer(body []byte) ([]byte, error) {
	if len(body) < 10 {
		return nil, errors.New("a request without a header")
	}
	key, version := int16(binary.BigEndian.Uint16(body)), int16(binary.BigEndian.Uint16(body[2:]))
	client := int(int16(binary.BigEndian.Uint16(body[8:])))
	rest := body[min(10+max(client, 0), len(body)):]
	req := kmsg.RequestForKey(key)
	if req == nil || version > mostVersions[key] {
		return nil, fmt.Errorf("request %d version %d is not offered", key, version)
	}
	req.SetVersion(version)
	if err := req.ReadFrom(rest); err != nil {
		return nil, fmt.Errorf("%s: %w", kmsg.NameForKey(key), err)
	}
	if !s.in && key != (&kmsg.ApiVersionsRequest{}).Key() && key != (&kmsg.SASLHandshakeRequest{}).Key() && key != (&kmsg.SASLAuthenticateRequest{}).Key() {
		return nil, fmt.Errorf("%s before the login", kmsg.NameForKey(key))
	}
	resp := s.respond(req)
	resp.SetVersion(version)
	out := append(make([]byte, 4), body[4:8]...) // size, correlation id
	out = resp.AppendTo(out)
	binary.BigEndian.PutUint32(out, uint32(len(out)-4))
	return out, nil
}

// mostVersions are those before the protocol's headers became flexible.
var mostVersions = map[int16]int16{2: 3, 3: 8, 17: 1, 18: 2, 36: 1}

func (s *session) respond(req kmsg.Request) kmsg.Response {
	switch req := req.(type) {
	case *kmsg.SASLHandshakeRequest:
		s.mechanism = req.Mechanism
		resp := kmsg.NewPtrSASLHandshakeResponse()
		resp.SupportedMechanisms = []string{"OAUTHBEARER"}
		if req.Mechanism != "OAUTHBEARER" {
			resp.ErrorCode = kerr.UnsupportedSaslMechanism.Code
		}
		return resp
	case *kmsg.SASLAuthenticateRequest:
		return s.authenticate(req.SASLAuthBytes)
	case *kmsg.MetadataRequest:
		resp := kmsg.NewPtrMetadataResponse()
		broker := kmsg.NewMetadataResponseBroker()
		broker.NodeID, broker.Host, broker.Port = 1, "127.0.0.1", s.b.port
		resp.Brokers, resp.ControllerID, resp.ClusterID = append(resp.Brokers, broker), 1, aws.String("msk")
		topic, partition := kmsg.NewMetadataResponseTopic(), kmsg.NewMetadataResponseTopicPartition()
		partition.Leader, partition.Replicas, partition.ISR = 1, []int32{1}, []int32{1}
		topic.Topic, topic.Partitions = aws.String("audit"), append(topic.Partitions, partition)
		resp.Topics = append(resp.Topics, topic)
		return resp
	case *kmsg.ListOffsetsRequest:
		resp := kmsg.NewPtrListOffsetsResponse()
		topic := kmsg.NewListOffsetsResponseTopic()
		topic.Topic = "audit"
		for _, asked := range req.Topics[0].Partitions {
			partition := kmsg.NewListOffsetsResponseTopicPartition()
			partition.Timestamp, partition.Offset = asked.Timestamp, 0
			if asked.Timestamp == -1 { // the end
				partition.Offset = 42
			}
			topic.Partitions = append(topic.Partitions, partition)
		}
		resp.Topics = append(resp.Topics, topic)
		return resp
	}
	resp := kmsg.NewPtrApiVersionsResponse()
	for key, most := range mostVersions {
		k := kmsg.NewApiVersionsResponseApiKey()
		k.ApiKey, k.MaxVersion = key, most
		resp.ApiKeys = append(resp.ApiKeys, k)
	}
	return resp
}

func (s *session) authenticate(payload []byte) kmsg.Response {
	resp := kmsg.NewPtrSASLAuthenticateResponse()
	key, err := s.b.verify(payload)
	if s.mechanism != "OAUTHBEARER" {
		err = errors.New("no handshake")
	}
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	switch {
	case err == nil:
		s.in = true
		s.b.logins = append(s.b.logins, key)
		resp.SessionLifetimeMillis = 900_000
	case s.b.plainly:
		s.b.refused = append(s.b.refused, err.Error())
		resp.ErrorCode, resp.ErrorMessage = kerr.SaslAuthenticationFailed.Code, aws.String("Access denied")
	default:
		s.b.refused = append(s.b.refused, err.Error())
		resp.SASLAuthBytes = []byte(`{"status":"invalid_token"}`)
	}
	return resp
}

// verify checks a login as Amazon would: a presigned request to the cluster's service, by somebody whose secret is known.
func (b *mskBroker) verify(payload []byte) (accessKey string, err error) {
	token, begins := strings.CutPrefix(string(payload), "n,,\x01auth=Bearer ")
	token, ends := strings.CutSuffix(token, "\x01\x01")
	if !begins || !ends {
		return "", errors.New("it is not the first message of OAUTHBEARER")
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	u, err := url.Parse(string(text))
	if err != nil {
		return "", errors.New("the token is no URL")
	}
	q := u.Query()
	if u.Scheme != "https" || u.Host != "kafka."+b.region+".amazonaws.com" || u.Path != "/" {
		return "", fmt.Errorf("signed for %s://%s%s", u.Scheme, u.Host, u.Path)
	}
	if q.Get("Action") != "kafka-cluster:Connect" || q.Get("X-Amz-Algorithm") != "AWS4-HMAC-SHA256" || q.Get("X-Amz-SignedHeaders") != "host" {
		return "", fmt.Errorf("signed action %q by %q over headers %q", q.Get("Action"), q.Get("X-Amz-Algorithm"), q.Get("X-Amz-SignedHeaders"))
	}
	signed, err := time.Parse("20060102T150405Z", q.Get("X-Amz-Date"))
	if err != nil {
		return "", errors.New("no date")
	}
	seconds, err := strconv.Atoi(q.Get("X-Amz-Expires"))
	if err != nil || seconds <= 0 || seconds > 900 {
		return "", fmt.Errorf("valid for %q seconds", q.Get("X-Amz-Expires"))
	}
	if now := b.now(); now.Before(signed.Add(-time.Minute)) || now.After(signed.Add(time.Duration(seconds)*time.Second)) {
		return "", errors.New("expired, or not valid yet")
	}
	scope := strings.Split(q.Get("X-Amz-Credential"), "/")
	if len(scope) != 5 || scope[1] != signed.Format("20060102") || scope[2] != b.region || scope[3] != "kafka-cluster" || scope[4] != "aws4_request" {
		return "", fmt.Errorf("scope %q", scope[1:])
	}
	creds, ok := b.secrets[scope[0]]
	if !ok {
		return "", errors.New("no such access key")
	}
	if q.Get("X-Amz-Security-Token") != creds.SessionToken {
		return "", errors.New("another session token")
	}
	return scope[0], checkSignature(q, u.Host, creds, signed, b.region)
}

// checkSignature computes the signature twice: by AWS's signer and from its specification.
func checkSignature(q url.Values, host string, creds aws.Credentials, signed time.Time, region string) error {
	have := q.Get("X-Amz-Signature")
	q.Del("X-Amz-Signature")
	q.Del("User-Agent") // is added after signing
	hash := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return hex.EncodeToString(sum[:])
	}
	unsigned := url.Values{"Action": q["Action"], "X-Amz-Expires": q["X-Amz-Expires"]}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://"+host+"/?"+unsigned.Encode(), nil)
	if err != nil {
		return err
	}
	again, _, err := v4.NewSigner().PresignHTTP(context.Background(), creds, req, hash(""), "kafka-cluster", region, signed)
	if err != nil {
		return err
	}
	if u, err := url.Parse(again); err != nil || u.Query().Get("X-Amz-Signature") != have {
		return errors.New("signature differs from the signer's")
	}
	canonical := strings.Join([]string{"GET", "/", strings.ReplaceAll(q.Encode(), "+", "%20"), "host:" + host + "\n", "host", hash("")}, "\n")
	scope := signed.Format("20060102") + "/" + region + "/kafka-cluster/aws4_request"
	toSign := strings.Join([]string{"AWS4-HMAC-SHA256", signed.Format("20060102T150405Z"), scope, hash(canonical)}, "\n")
	key := []byte("AWS4" + creds.SecretAccessKey)
	for _, part := range append(strings.Split(scope, "/"), toSign) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	if hex.EncodeToString(key) != have {
		return errors.New("signature differs from the specification's")
	}
	return nil
}

// TestMSKIAM logs in with AWS credentials, and is refused for each thing that may be wrong with them.
func TestMSKIAM(t *testing.T) {
	certs := newAuthority(t)
	for _, tc := range []struct {
		name    string
		env     map[string]string
		change  func(*mskBroker, *Config)
		refused string // by the broker, because
		want    string // of the error; empty: it is let in
	}{
		{name: "long-lived key"},
		{name: "session", env: map[string]string{"AWS_ACCESS_KEY_ID": "ASIASESSION", "AWS_SESSION_TOKEN": "token/with+signs=="}},
		{name: "wrong secret", env: map[string]string{"AWS_SECRET_ACCESS_KEY": "wr0ng-secret"}, refused: "signature differs", want: `refused the Amazon MSK token: "invalid_token"`},
		{name: "wrong secret, the way Amazon says it", env: map[string]string{"AWS_SECRET_ACCESS_KEY": "wr0ng-secret"},
			change: func(b *mskBroker, _ *Config) { b.plainly = true }, refused: "signature differs", want: "SASL Authentication Failed"},
		{name: "unknown key", env: map[string]string{"AWS_ACCESS_KEY_ID": "AKIANOBODY"}, refused: "no such access key", want: "refused the Amazon MSK token"},
		{name: "wrong session token", env: map[string]string{"AWS_ACCESS_KEY_ID": "ASIASESSION", "AWS_SESSION_TOKEN": "old"}, refused: "another session token", want: "refused the Amazon MSK token"},
		{name: "another region", change: func(_ *mskBroker, c *Config) { c.SASL.Region = "us-east-1" }, refused: "signed for https://kafka.us-east-1", want: "check the credentials, the region and the machine's clock"},
		{name: "clocks apart", change: func(b *mskBroker, _ *Config) { b.now = func() time.Time { return time.Now().Add(time.Hour) } }, refused: "expired", want: "check the credentials, the region and the machine's clock"},
		{name: "no credentials", env: map[string]string{"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, want: "sign Amazon MSK token"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for name, value := range map[string]string{
				"AWS_ACCESS_KEY_ID": "AKIAREADER", "AWS_SECRET_ACCESS_KEY": "right-secret", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
				"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
			} {
				t.Setenv(name, value)
			}
			for name, value := range tc.env {
				t.Setenv(name, value)
			}
			b := newMSKBroker(t, certs)
			b.secrets["AKIAREADER"] = aws.Credentials{AccessKeyID: "AKIAREADER", SecretAccessKey: "right-secret"}
			b.secrets["ASIASESSION"] = aws.Credentials{AccessKeyID: "ASIASESSION", SecretAccessKey: "right-secret", SessionToken: "token/with+signs=="}
			cfg := testConfig(fmt.Sprintf("127.0.0.1:%d", b.port))
			cfg.Topics, cfg.TLS, cfg.SASL = []string{"audit"}, &TLS{CAFile: certs.files(t, "client").CAFile}, &SASL{Mechanism: MSKIAM, Region: b.region}
			if tc.change != nil {
				tc.change(b, &cfg)
			}
			ends, err := Ends(t.Context(), cfg)
			b.mu.Lock()
			defer b.mu.Unlock()
			if tc.want == "" {
				if err != nil || ends["audit/0"] != (End{0, 42}) || len(b.logins) == 0 || b.logins[0] != os.Getenv("AWS_ACCESS_KEY_ID") || len(b.refused) > 0 {
					t.Errorf("ends %v, error %v, let in %v, refused %v", ends, err, b.logins, b.refused)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "-secret") || strings.Contains(err.Error(), "Signature") {
				t.Errorf("error does not say %q: %v", tc.want, err)
			}
			if len(b.logins) > 0 || (len(b.refused) > 0) != (tc.refused != "") || len(b.refused) > 0 && !strings.Contains(b.refused[0], tc.refused) {
				t.Errorf("let in %v, refused %v; want %q", b.logins, b.refused, tc.refused)
			}
		})
	}
}
