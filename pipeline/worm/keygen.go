package worm

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/auditwarden/auditwarden/pipeline"
)

// GenerateKey makes a pair of Ed25519 keys for signing checkpoints, in the text form of golang.org/x/mod/sumdb/note.
// The name appears in each signature; it must hold neither spaces nor "+".
func GenerateKey(name string) (private pipeline.Secret, public string, err error) {
	if name == "" || strings.ContainsAny(name, "+ \t\r\n") {
		return "", "", fmt.Errorf("key name %q must not be empty nor hold spaces or +", name)
	}
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return "", "", fmt.Errorf("generate key: %w", err)
	}
	return pipeline.Secret(skey), vkey, nil
}

// PublicKey derives the public key from a private one.
func PublicKey(private pipeline.Secret) (string, error) {
	errKey := errors.New("it is not a private key as the key generator prints it")
	// PRIVATE+KEY+<name>+<hash>+<base64 of the algorithm's byte and the seed>
	f := strings.SplitN(private.Reveal(), "+", 5)
	if len(f) != 5 {
		return "", errKey
	}
	raw, err := base64.StdEncoding.DecodeString(f[4])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return "", errKey
	}
	public, ok := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	if !ok {
		return "", errKey
	}
	v, err := note.NewEd25519VerifierKey(f[2], public)
	if err != nil {
		return "", errKey
	}
	return v, nil
}
