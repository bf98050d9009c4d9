package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/auditwarden/auditwarden/pipeline/embedded"
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
			return nil
		},
	})
}
