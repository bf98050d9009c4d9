package testserver

import (
	"fmt"
	"strings"
)

// KafkaSecurity is a listener with TLS and SASL PLAIN.
type KafkaSecurity struct {
	// CertificatePEM and KeyPEM (PKCS #8) are the broker's, for 127.0.0.1.
	CertificatePEM, KeyPEM string
	Username, Password     string
}

// add puts the listener into the broker's settings.
func (k *KafkaSecurity) add(settings map[string]string, address string) {
	oneLine := func(pem string) string { return strings.ReplaceAll(strings.TrimSpace(pem), "\n", "\\n") }
	for name, value := range map[string]string{
		"listeners": "SECURED://" + address, "advertised.listeners": "SECURED://" + address,
		"listener.security.protocol.map": "SECURED:SASL_SSL",
	} {
		settings[name] += "," + value
	}
	settings["ssl.keystore.type"] = "PEM"
	settings["ssl.keystore.certificate.chain"] = oneLine(k.CertificatePEM)
	settings["ssl.keystore.key"] = oneLine(k.KeyPEM)
	settings["listener.name.secured.sasl.enabled.mechanisms"] = "PLAIN"
	settings["listener.name.secured.plain.sasl.jaas.config"] = fmt.Sprintf(
		"org.apache.kafka.common.security.plain.PlainLoginModule required username=%q password=%q user_%s=%q;", k.Username, k.Password, k.Username, k.Password)
}
