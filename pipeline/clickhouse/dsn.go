package clickhouse

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	chgo "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/auditwarden/auditwarden/pipeline"
)

var compressions = map[string]chgo.CompressionMethod{
	"auto": chgo.CompressionLZ4,
	"none": chgo.CompressionNone,
	"lz4":  chgo.CompressionLZ4,
	"zstd": chgo.CompressionZSTD,
}

// readDSN gives the DSN itself, from the file if one is named.
func (c *Config) readDSN() (pipeline.Secret, error) {
	if c.DSNFile == "" {
		return c.DSN, nil
	}
	b, err := os.ReadFile(c.DSNFile)
	if err != nil {
		return "", fmt.Errorf("read dsn_file: %w", err)
	}
	return pipeline.Secret(strings.TrimSpace(string(b))), nil
}

// parseDSN turns the DSN and the rest of the configuration into the driver's options. Its errors hold no part of the DSN
// but the scheme.
func parseDSN(dsn pipeline.Secret, c *Config) (*chgo.Options, error) {
	text := dsn.Reveal()
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		return nil, errors.New("must begin with http://, https:// or clickhouse://")
	}
	switch scheme {
	case "http", "clickhouse":
	case "https":
		if !strings.Contains(rest, "secure=") {
			text += map[bool]string{true: "&", false: "?"}[strings.Contains(rest, "?")] + "secure=true"
		}
	default:
		return nil, errors.New("must begin with http://, https:// or clickhouse://")
	}
	opts, err := chgo.ParseDSN(text)
	if err != nil {
		// The driver's message may quote the DSN.
		return nil, errors.New("cannot be read: want " + scheme + "://user:password@host:port/database; " +
			"write special characters of the password as %XX")
	}
	for i, addr := range opts.Addr {
		if opts.Addr[i], err = withPort(addr, scheme, opts.TLS != nil); err != nil {
			return nil, err
		}
	}
	if opts.Auth.Database == "" {
		opts.Auth.Database = "default"
	}
	if opts.Auth.Username == "" {
		opts.Auth.Username = "default"
	}
	if err := c.TLS.apply(opts); err != nil {
		return nil, err
	}
	opts.DialTimeout = c.DialTimeout
	opts.ReadTimeout = max(c.InsertTimeout, c.QueryTimeout)
	opts.MaxOpenConns = c.MaxConns
	opts.MaxIdleConns = c.MaxConns
	if opts.Compression == nil {
		if m := c.compression(opts.Addr); m != chgo.CompressionNone {
			opts.Compression = &chgo.Compression{Method: m, Level: 1}
		}
	}
	// Names from the logs are written into queries, at most some thousands of them; the server's own limits are 256 KiB and 50,000.
	opts.Settings["max_query_size"], opts.Settings["max_ast_elements"], opts.Settings["max_expanded_ast_elements"] = 16<<20, 1_000_000, 5_000_000
	if c.Cluster != "" {
		// A subquery over a Distributed table is refused otherwise.
		opts.Settings["distributed_product_mode"] = "global"
	}
	opts.ClientInfo.Products = append(opts.ClientInfo.Products, struct{ Name, Version string }{"auditwarden", ""})
	return opts, nil
}

func withPort(addr, scheme string, secure bool) (string, error) {
	if _, _, err := net.SplitHostPort(addr); err == nil {
		return addr, nil
	}
	if addr == "" || strings.Contains(addr, "/") {
		return "", errors.New("names no host: want " + scheme + "://user:password@host:port/database")
	}
	port := map[bool]map[string]string{
		false: {"http": "8123", "https": "8443", "clickhouse": "9000"},
		true:  {"http": "8443", "https": "8443", "clickhouse": "9440"},
	}[secure][scheme]
	return net.JoinHostPort(strings.Trim(addr, "[]"), port), nil
}

func (c *Config) compression(addrs []string) chgo.CompressionMethod {
	if c.Compression != "auto" {
		return compressions[c.Compression]
	}
	for _, a := range addrs {
		host, _, _ := net.SplitHostPort(a)
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return chgo.CompressionLZ4
		}
	}
	return chgo.CompressionNone
}

func (t *TLSConfig) apply(opts *chgo.Options) error {
	if *t == (TLSConfig{}) {
		return nil
	}
	if opts.TLS == nil {
		return errors.New("tls is set, but the DSN asks for no TLS: begin it with https://, or add ?secure=true to clickhouse://")
	}
	opts.TLS.MinVersion = tls.VersionTLS12
	opts.TLS.InsecureSkipVerify = opts.TLS.InsecureSkipVerify || t.InsecureSkipVerify
	if t.ServerName != "" {
		opts.TLS.ServerName = t.ServerName
	}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return fmt.Errorf("read tls.ca_file: %w", err)
		}
		opts.TLS.RootCAs = x509.NewCertPool()
		if !opts.TLS.RootCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("tls.ca_file %s holds no certificate in PEM", t.CAFile)
		}
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return fmt.Errorf("read tls.cert_file, tls.key_file: %w", err)
		}
		opts.TLS.Certificates = []tls.Certificate{pair}
	}
	return nil
}
