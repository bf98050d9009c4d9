package embedded

import (
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The engine's roles. Every session is the engine's user "default", which has no grants but these two roles; a session
// of an analyst gives up the first.
const (
	writerRole  = "auditwarden_writer"
	analystRole = "auditwarden_analyst"
)

// writeEngineConfig writes the engine's configuration beside the data and gives its path. That the engine is told of a
// file also keeps it from reading a config.xml in the working directory, the home directory or /etc.
func writeEngineConfig(cfg *Config, memory uint64) (string, error) {
	users := filepath.Join(cfg.Path, "auditwarden-users.xml")
	server := filepath.Join(cfg.Path, "auditwarden-engine.xml")
	if err := os.WriteFile(users, []byte(usersXML(&cfg.Analyst)), 0o600); err != nil {
		return "", fmt.Errorf("write engine's users: %w", err)
	}
	if err := os.WriteFile(server, []byte(serverXML(cfg, users, memory)), 0o600); err != nil {
		return "", fmt.Errorf("write engine's configuration: %w", err)
	}
	return server, nil
}

func serverXML(cfg *Config, users string, memory uint64) string {
	var b strings.Builder
	b.WriteString("<clickhouse>\n")
	fmt.Fprintf(&b, " <users_config>%s</users_config>\n", escape(users))
	b.WriteString(" <logger><console>false</console></logger>\n") // else the engine logs to standard error where that is a terminal
	fmt.Fprintf(&b, " <max_server_memory_usage>%d</max_server_memory_usage>\n", memory)
	fmt.Fprintf(&b, " <mark_cache_size>%d</mark_cache_size>\n", memory/16)
	fmt.Fprintf(&b, " <uncompressed_cache_size>0</uncompressed_cache_size>\n")
	if cfg.Fsync {
		b.WriteString(" <merge_tree><fsync_after_insert>1</fsync_after_insert><fsync_part_directory>1</fsync_part_directory></merge_tree>\n")
	}
	b.WriteString("</clickhouse>\n")
	return b.String()
}

func usersXML(a *AnalystConfig) string {
	var b strings.Builder
	b.WriteString("<clickhouse>\n <profiles><default/></profiles>\n <quotas><default/></quotas>\n <roles>\n")
	fmt.Fprintf(&b, "  <%s><grants><query>GRANT ALL ON *.* WITH GRANT OPTION</query></grants></%[1]s>\n", writerRole)
	fmt.Fprintf(&b, "  <%s><grants>\n", analystRole)
	for _, database := range a.Databases {
		fmt.Fprintf(&b, "   <query>GRANT SHOW, SELECT ON `%s`.*</query>\n", database)
		for _, table := range a.Hidden {
			fmt.Fprintf(&b, "   <query>REVOKE SELECT ON `%s`.`%s`</query>\n", database, table)
		}
	}
	fmt.Fprintf(&b, "  </grants></%s>\n </roles>\n", analystRole)
	b.WriteString(" <users><default><password/><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>\n")
	fmt.Fprintf(&b, "  <grants><query>GRANT %s, %s</query></grants>\n </default></users>\n</clickhouse>\n", writerRole, analystRole)
	return b.String()
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes all
	return b.String()
}

// machineMemory is the machine's memory in bytes, or 4 GiB if it cannot be told.
func machineMemory() uint64 {
	const unknown = 4 << 30
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return unknown
	}
	var kib uint64
	if _, err := fmt.Sscanf(string(b), "MemTotal: %d kB", &kib); err != nil {
		return unknown
	}
	return kib << 10
}
