package statement

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline/statement/postgres"
	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// setConfig judges set_config(name, value, is_local) as the SET it stands for.
func (j *judge) setConfig(n *tree.Node) {
	if len(n.Args) < 2 || n.Args[0].Type != tree.String {
		return
	}
	var s tree.Statement
	postgres.SettingFacts(&s, strings.ToLower(n.Args[0].Text), strings.ToLower(n.Args[1].Text), false, "by set_config")
	switch strings.ToLower(n.Args[0].Text) {
	case "role", "session_authorization":
		s.Signal("set_role", "acts as another role from here on")
	case "row_security":
		s.Signal("rls_disabled", "switches row security for the session")
	}
	for _, sig := range s.Signals {
		j.found(sig.Name, 0, sig.Detail)
	}
}
