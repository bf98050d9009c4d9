package embedded

import (
	"strings"

	"github.com/ClickHouse/ch-go/proto"
)

// displayName is what the server calls itself.
const displayName = "auditwarden"

// helloQuery is the first thing clickhouse-go asks.
const helloQuery = "SELECT displayName(), version(), revision(), timezone()"

func isHello(c *call) bool {
	return c.revision > 0 && c.format == "Native" && strings.TrimSpace(c.text) == helloQuery
}

// hello answers it as a Native block at the client's revision. It reports revision 0, because that is the only one at
// which the engine's Native output, which carries no block info, is read right; there is no other way to tell the driver.
func (s *Server) hello(revision int) []byte {
	var name, version, zone proto.ColStr
	var number proto.ColUInt32
	name.Append(displayName)
	version.Append(s.engineVersion)
	number.Append(0)
	zone.Append(s.engineZone)
	input := proto.Input{
		{Name: "displayName()", Data: name}, {Name: "version()", Data: version},
		{Name: "revision()", Data: number}, {Name: "timezone()", Data: zone},
	}
	block := proto.Block{Info: proto.BlockInfo{BucketNum: -1}, Columns: len(input), Rows: 1}
	var b proto.Buffer
	if err := block.EncodeBlock(&b, revision, input); err != nil {
		return nil // cannot happen: all columns have one row
	}
	return b.Buf
}
