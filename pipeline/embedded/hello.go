package embedded

import (
	"github.com/ClickHouse/ch-go/proto"
)

// helloQuery is the first thing clickhouse-go asks.
const helloQuery = "SELECT displayName(), version(), revision(), timezone()"

// hello answers it as a Native block at the client's revision. It reports revision 0, because that is the only one at
// which the engine's Native output, which carries no block info, is read right; there is no other way to tell the driver.
func (s *Server) hello(revision int) []byte {
	var name, version, zone proto.ColStr
	var number proto.ColUInt32
	name.Append("auditwarden")
	version.Append(s.engineVersion)
	number.Append(0)
	zone.Append(s.engineZone)
	input := proto.Input{
		{Name: "displayName()", Data: name}, {Name: "version()", Data: version},
		{Name: "revision()", Data: number}, {Name: "timezone()", Data: zone},
	}
	block := proto.Block{Info: proto.BlockInfo{BucketNum: -1}, Columns: 4, Rows: 1}
	var b proto.Buffer
	if err := block.EncodeBlock(&b, revision, input); err != nil {
		return nil
	}
	return b.Buf
}
