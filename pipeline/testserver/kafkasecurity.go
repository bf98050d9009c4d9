package testserver

import (
	"fmt"
	"strings"
)

// KafkaSecurity adds a listener with TLS and SASL (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512), and one with TLS on which
// clients show a certificate.
type KafkaSecurity struct {
	// CertificatePEM and KeyPEM (PKCS #8) are the broker's, for 127.0.0.1.
	CertificatePEM, KeyPEM string
	// ClientCAPEM is the authority of the clients' certificates.
	ClientCAPEM string
	// Username and Password are known to all mechanisms.
	Username, Password string
}

// add puts the listeners into the broker's settings.
func (k *KafkaSecurity) add(settings map[string]string, sasl, mutual string) {
	oneLine := func(pem string) string { return strings.ReplaceAll(strings.TrimSpace(pem), "\n", "\\n") }
	listeners := "SECURED://" + sasl + ",MUTUAL://" + mutual
	for name, value := range map[string]string{
		"listeners": listeners, "advertised.listeners": listeners, "listener.security.protocol.map": "SECURED:SASL_SSL,MUTUAL:SSL",
	} {
		settings[name] += "," + value
	}
	settings["ssl.keystore.type"] = "PEM"
	settings["ssl.keystore.certificate.chain"] = oneLine(k.CertificatePEM)
	settings["ssl.keystore.key"] = oneLine(k.KeyPEM)
	settings["ssl.truststore.type"] = "PEM"
	settings["ssl.truststore.certificates"] = oneLine(k.ClientCAPEM)
	settings["listener.name.mutual.ssl.client.auth"] = "required"
	settings["listener.name.secured.sasl.enabled.mechanisms"] = "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"
	settings["listener.name.secured.plain.sasl.jaas.config"] = fmt.Sprintf(
		"org.apache.kafka.common.security.plain.PlainLoginModule required username=%q password=%q user_%s=%q;", k.Username, k.Password, k.Username, k.Password)
	for _, m := range []string{"scram-sha-256", "scram-sha-512"} {
		settings["listener.name.secured."+m+".sasl.jaas.config"] = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
	}
}

// format are the arguments with which the storage tool makes the user known to SCRAM.
func (k *KafkaSecurity) format() []string {
	var args []string
	for _, m := range []string{"SCRAM-SHA-256", "SCRAM-SHA-512"} {
		args = append(args, "--add-scram", fmt.Sprintf("%s=[name=%s,password=%s]", m, k.Username, k.Password))
	}
	return args
}
