package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

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
	var problems pipeline.Problems
	c, ok := decodeStrict(data, &problems)
	if !ok {
		return nil, problems
	}
	c.setDefaults()
	expandSecrets(&c, getenv, &problems)
	problems = append(problems, c.Validate()...)
	readSecrets(&c, &problems)
	return &c, problems
}

// maxUnknown bounds how many unknown keys are looked for.
const maxUnknown = 50

// decodeStrict decodes data over the defaults. Each unknown key is noted, taken out, and the rest decoded again, so that
// all are told at once; ok is false where the rest cannot be read.
func decodeStrict(data []byte, problems *pipeline.Problems) (c Config, ok bool) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		problems.Add("", "%s", decodeMessage(err))
		return c, false
	}
	c = Default()
	if len(file.Docs) > 1 {
		problems.Add("", "a second YAML document follows: one file holds one configuration")
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil || file.Docs[0].Body.Type() == ast.NullType {
		return c, true // an empty document would empty c
	}
	root := file.Docs[0].Body
	for range maxUnknown {
		c = Default()
		err := yaml.NodeToValue(root, &c, yaml.Strict())
		if err == nil {
			return c, true
		}
		problems.Add("", "%s", decodeMessage(err))
		var unknown *yaml.UnknownFieldError
		if !errors.As(err, &unknown) || !removeKey(root, unknown.GetToken()) {
			// Something of the wrong kind: what is wrong beside that is told too, if the rest can be read at all.
			c = Default()
			return c, yaml.NodeToValue(root, &c) == nil
		}
	}
	return c, false
}

// removeKey takes the key that stands at the token's place out of its mapping.
func removeKey(root ast.Node, at *token.Token) bool {
	v := &keyRemover{at: at}
	ast.Walk(v, root)
	return v.removed
}

type keyRemover struct {
	at      *token.Token
	removed bool
}

// Visit implements [ast.Visitor].
func (v *keyRemover) Visit(n ast.Node) ast.Visitor {
	m, ok := n.(*ast.MappingNode)
	if !ok || v.at == nil {
		return v
	}
	m.Values = slices.DeleteFunc(m.Values, func(e *ast.MappingValueNode) bool {
		p, q := e.Key.GetToken().Position, v.at.Position
		found := p.Line == q.Line && p.Column == q.Column
		v.removed = v.removed || found
		return found
	})
	return v
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
