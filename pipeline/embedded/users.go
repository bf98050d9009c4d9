package embedded

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/auditwarden/auditwarden/pipeline"
)

// The users. Writer may do everything and needs the password; the others may only read.
const (
	Writer  = "auditwarden"
	Analyst = "analyst"
	Guest   = "default" // the name that ClickHouse's tools use when none is given
)

// PasswordFile is the name, in the data folder, of the file with the writer's password.
const PasswordFile = "auditwarden.password"

// password reads the writer's password, and makes one the first time.
func password(folder string) (pipeline.Secret, error) {
	path := filepath.Join(folder, PasswordFile)
	b, err := os.ReadFile(path)
	if err == nil && len(strings.TrimSpace(string(b))) >= 16 {
		return pipeline.Secret(strings.TrimSpace(string(b))), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read password: %w", err)
	}
	made := make([]byte, 24)
	_, _ = rand.Read(made) // never fails
	secret := hex.EncodeToString(made)
	temporary := path + ".new"
	if err := os.WriteFile(temporary, []byte(secret+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("write password: %w", err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return "", fmt.Errorf("write password: %w", err)
	}
	return pipeline.Secret(secret), nil
}

// ReadPassword gives the writer's password of the engine on the folder, for a client on the same machine.
func ReadPassword(folder string) (pipeline.Secret, error) {
	b, err := os.ReadFile(filepath.Join(folder, PasswordFile))
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	return pipeline.Secret(strings.TrimSpace(string(b))), nil
}

// credentials are taken, in ClickHouse's order, from its headers, from basic authentication, or from the URL.
func credentials(r *http.Request) (user, key string) {
	user, key = r.Header.Get("X-ClickHouse-User"), r.Header.Get("X-ClickHouse-Key")
	if user != "" || key != "" {
		return user, key
	}
	if u, k, ok := r.BasicAuth(); ok {
		return u, k
	}
	q := r.URL.Query()
	return q.Get("user"), q.Get("password")
}

// authenticate gives the user's name, or an error that says nothing about which part was wrong.
func (s *Server) authenticate(r *http.Request) (string, error) {
	user, key := credentials(r)
	if user == "" {
		user = Guest
	}
	ok := false
	switch user {
	case Writer:
		ok = subtle.ConstantTimeCompare([]byte(key), []byte(s.password.Reveal())) == 1
	case Analyst, Guest:
		ok = key == "" && local(r)
	}
	if !ok {
		return "", exception(codeAuthenticationFailed, "AUTHENTICATION_FAILED",
			"Authentication failed: password is incorrect, or there is no user with such name")
	}
	return user, nil
}
