package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/auditwarden/auditwarden/pipeline/embedded"
	"github.com/auditwarden/auditwarden/pipeline/embedded/embeddedtest"
)

// TestMain makes the real main available to scripts, and to the processes that it starts itself.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"auditwarden": main})
}

// TestScripts drives the program as a person would; each script is a page of what it must say.
func TestScripts(t *testing.T) {
	library, err := embedded.FindLibrary("")
	if err != nil {
		t.Fatal(err)
	}
	documented, err := os.ReadFile(filepath.Join("..", "..", "docs", "rules.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(documented), "```yaml\n")
	example, _, _ = strings.Cut(example, "```\n")
	server := embeddedtest.Start(t)
	logs, err := filepath.Abs(filepath.Join("..", "..", "testdata", "logs"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("AUDITWARDEN_LIBCHDB", library)
			env.Setenv("LOGS", logs)
			env.Setenv("DSN", server.Database(t))
			return os.WriteFile(filepath.Join(env.WorkDir, "documented.yaml"), []byte(example), 0o600)
		},
	})
}
