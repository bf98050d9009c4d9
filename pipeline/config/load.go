package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"

	"github.com/goccy/go-yaml"

	"github.com/auditwarden/auditwarden/pipeline"
)

// maxFileBytes bounds a configuration file.
const maxFileBytes = 4 << 20

// Load reads, decodes, resolves and validates the file called path. The error lists every problem found, one a line,
// each with the file's name and either its line or the path of its key; it never holds a secret.
func Load(path string, getenv func(string) (string, bool)) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read configuration %s: %w", path, err)
	}
	if len(data) > maxFileBytes {
		return nil, fmt.Errorf("read configuration %s: larger than %d MiB", path, maxFileBytes>>20)
	}
	c, problems := Decode(data, getenv)
	if err := problems.Err(); err != nil {
		return nil, &FileError{Path: path, Problems: problems}
	}
	return c, nil
}

// FileError lists what is wrong with one configuration file.
type FileError struct {
	Path     string
	Problems pipeline.Problems
}

func (e *FileError) Error() string {
	var b bytes.Buffer
	for i, p := range e.Problems {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s: %s", e.Path, p.Error())
	}
	return b.String()
}

// Decode turns YAML into a validated Config over [Default]. getenv looks up what ${NAME} in a secret stands for.
func Decode(data []byte, getenv func(string) (string, bool)) (*Config, pipeline.Problems) {
	c := Default()
	var problems pipeline.Problems
	if err := decodeStrict(data, &c); err != nil {
		problems.Add("", "%s", decodeMessage(err))
		// What is wrong beside that is worth telling too, if the rest can be read at all.
		c = Default()
		if err := yaml.NewDecoder(bytes.NewReader(data)).Decode(&c); err != nil {
			return nil, problems
		}
	}
	c.setDefaults()
	expandSecrets(&c, getenv, &problems)
	problems = append(problems, c.Validate()...)
	readSecrets(&c, &problems)
	return &c, problems
}

func decodeStrict(data []byte, c *Config) error {
	var content any
	if err := yaml.NewDecoder(bytes.NewReader(data)).Decode(&content); content == nil && (err == nil || errors.Is(err, io.EOF)) {
		return nil // an empty document would empty c
	}
	dec := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict())
	if err := dec.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	var more any
	if err := dec.Decode(&more); err == nil {
		return errors.New("a second YAML document follows: one file holds one configuration")
	}
	return nil
}

var goField = regexp.MustCompile(` into Go struct field [A-Za-z.]+ of type (\S+)`)

// decodeMessage is the decoder's complaint with its line and without the lines around it, which may hold secrets.
func decodeMessage(err error) string {
	var ye yaml.Error
	if !errors.As(err, &ye) {
		return err.Error()
	}
	msg := goField.ReplaceAllString(ye.GetMessage(), " as $1")
	if tok := ye.GetToken(); tok != nil && tok.Position != nil {
		return fmt.Sprintf("line %d, column %d: %s", tok.Position.Line, tok.Position.Column, msg)
	}
	return msg
}
