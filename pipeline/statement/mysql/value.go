package mysql

import (
	"strconv"

	mysqltype "github.com/pingcap/tidb/pkg/parser/mysql"
	"github.com/pingcap/tidb/pkg/parser/test_driver"

	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

func itoa(n int) string { return strconv.Itoa(n) }

func value(v *test_driver.ValueExpr) *tree.Node {
	n := &tree.Node{Kind: tree.Literal, Type: tree.String}
	switch v.Kind() {
	case test_driver.KindNull:
		n.Kind, n.Type = tree.Null, tree.NoType
	case test_driver.KindInt64:
		n.Type, n.Text = tree.Int, strconv.FormatInt(v.GetInt64(), 10)
		if v.Type.GetFlag()&mysqltype.IsBooleanFlag != 0 {
			n.Kind, n.Type, n.Text = tree.Bool, tree.NoType, "false"
			if v.GetInt64() != 0 {
				n.Text = "true"
			}
		}
	case test_driver.KindUint64:
		n.Type, n.Text = tree.Int, strconv.FormatUint(v.GetUint64(), 10)
	case test_driver.KindFloat32, test_driver.KindFloat64, test_driver.KindMysqlDecimal:
		n.Type, n.Text = tree.Float, "1.5"
	case test_driver.KindBinaryLiteral, test_driver.KindMysqlBit:
		n.Type, n.Text = tree.Hex, v.GetString()
	default:
		n.Text = v.GetString()
	}
	return n
}
