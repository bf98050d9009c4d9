package endtoend

import (
	"bytes"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"
)

// faultLines are the lines of a fault test: which there are, and what must become of each, is known by number.
type faultLines struct {
	total int
	base  time.Time
	blank bool // some lines are blank: they are skipped

	written atomic.Int64 // how many the source has, or nearly
}

var faultStatements = []string{
	"select id, note from orders where id = %d", "update orders set note = ''x'' where id = %d",
	"insert into orders values (%d, ''a'')", "select count(*) from invoices where total > %d",
}

func (f *faultLines) garbage(i int) bool { return i%97 == 13 }
func (f *faultLines) skipped(i int) bool { return f.blank && i%211 == 7 }

// line is line i: an audit record whose query id is i, or one that no parser takes, or a blank one. The database's clock
// jumps now and then, by days and back.
func (f *faultLines) line(i int) []byte {
	switch {
	case f.skipped(i):
		return nil
	case f.garbage(i):
		return fmt.Appendf(nil, "no record of any format, marker %d", i)
	}
	at := f.base.Add(time.Duration(i) * 10 * time.Millisecond)
	if i/5000%4 == 3 {
		at = at.Add(-72 * time.Hour)
	}
	text := fmt.Sprintf(faultStatements[i%len(faultStatements)], i)
	return fmt.Appendf(nil, "%s,db-1,clerk%d,10.0.0.%d,%d,%d,QUERY,shop,'%s',0", at.Format("20060102 15:04:05"), i%5, i%7, 40+i%11, i,
		bytes.ReplaceAll([]byte(text), []byte("''"), []byte(`\'`)))
}

// marker gives back the number of a line; blank lines have none.
func (f *faultLines) marker(line []byte) (int, bool) {
	if i := bytes.LastIndex(line, []byte("marker ")); i >= 0 {
		n, err := strconv.Atoi(string(line[i+len("marker "):]))
		return n, err == nil
	}
	parts := bytes.SplitN(line, []byte(","), 7)
	if len(parts) < 7 {
		return 0, false
	}
	n, err := strconv.Atoi(string(parts[5]))
	return n, err == nil
}

// expected counts the lines by what must become of them.
func (f *faultLines) expected() (events, unparsed, skipped uint64) {
	for i := range f.total {
		switch {
		case f.skipped(i):
			skipped++
		case f.garbage(i):
			unparsed++
		default:
			events++
		}
	}
	return events, unparsed, skipped
}
