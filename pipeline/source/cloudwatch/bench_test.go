package cloudwatch

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// benchPage is one page as the service sends it: so many events of one second.
type benchPage struct{ perPage int }

const benchMessage = `2024-05-02 10:11:12 UTC:10.0.3.9(40112):shop_app@shop:[877]:LOG:  AUDIT: SESSION,12,1,READ,SELECT,TABLE,public.orders,` +
	`\"select id, customer, total from orders where customer = $1 and state in ($2, $3) order by id desc limit 20\",<none>`

func (p benchPage) write(w io.Writer, second int64, token string) {
	buf := make([]byte, 0, p.perPage*520+200)
	buf = append(buf, `{"events":[`...)
	for i := range p.perPage {
		if i > 0 {
			buf = append(buf, ',')
		}
		at := second*1000 + int64(i*1000/p.perPage)
		buf = fmt.Appendf(buf, `{"eventId":"%056d","ingestionTime":%d,"logStreamName":"orders-1.0","message":"`, second*100_000+int64(i), at)
		buf = append(buf, benchMessage...)
		buf = append(buf, `","timestamp":`...)
		buf = strconv.AppendInt(buf, at, 10)
		buf = append(buf, '}')
	}
	buf = append(buf, `],"searchedLogStreams":[]`...)
	if token != "" {
		buf = fmt.Appendf(buf, `,"nextToken":%q`, token)
	}
	buf = append(buf, '}')
	_, _ = w.Write(buf)
}

// benchServer has one page of events for every second from first on.
func benchServer(b *testing.B, perPage int, first, seconds int64) *httptest.Server {
	page := benchPage{perPage: perPage}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		time.Sleep(5 * time.Millisecond) // as if from afar
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if r.Header.Get("X-Amz-Target") == "Logs_20140328.DescribeLogGroups" {
			fmt.Fprintf(w, `{"logGroups":[{"logGroupName":"/aws/rds/a","creationTime":%d}]}`, (first-86400)*1000)
			return
		}
		var in struct {
			StartTime, EndTime int64
			NextToken          string
		}
		if json.Unmarshal(body, &in) != nil {
			return // the source was closed in the middle of a request
		}
		second := max(first, in.StartTime/1000)
		if in.NextToken != "" {
			second, _ = strconv.ParseInt(in.NextToken, 10, 64)
		}
		end := min(in.EndTime/1000, first+seconds-1)
		if second > end {
			_, _ = io.WriteString(w, `{"events":[],"searchedLogStreams":[]}`)
			return
		}
		token := ""
		if second < end {
			token = strconv.FormatInt(second+1, 10)
		}
		page.write(w, second, token)
	}))
	b.Cleanup(server.Close)
	return server
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkRead reads pages of 2,400 pgaudit lines (close to a megabyte each) from a server in the same process and throws them
// away; the CPU time includes the server's.
func BenchmarkRead(b *testing.B) {
	const perPage = 2400
	b.Setenv("AWS_ACCESS_KEY_ID", "test")
	b.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	b.Setenv("AWS_CONFIG_FILE", os.DevNull)
	pages := int64(b.N/perPage + 1)
	first := time.Now().Unix()/60*60 - 50*3600
	server := benchServer(b, perPage, first, pages)
	cfg := Default()
	cfg.Region, cfg.Prefixes, cfg.Endpoint, cfg.RequestsPerSecond = "eu-central-1", []string{"/aws/rds/"}, server.URL, 1000
	cfg.Start = time.Unix(first, 0).UTC().Format(time.RFC3339)
	begin := cpu()
	b.ResetTimer()
	source, err := New(cfg, Options{Source: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	n, bytes := 0, 0
	for n < int(pages)*perPage {
		batch, err := source.Read(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		n += len(batch.Records)
		for i := range batch.Records {
			bytes += len(batch.Records[i].Raw)
		}
		if err := batch.Ack(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.SetBytes(int64(bytes / n))
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric((cpu()-begin).Seconds()/float64(n)*1e6, "cpu-s/Mevent")
	source.Close()
}

// BenchmarkServer is the server's part of BenchmarkRead.
func BenchmarkServer(b *testing.B) {
	const perPage = 2400
	page := benchPage{perPage: perPage}
	begin := cpu()
	for i := range b.N/perPage + 1 {
		page.write(io.Discard, int64(i), "x")
	}
	b.ReportMetric((cpu()-begin).Seconds()/float64(b.N)*1e6, "cpu-s/Mevent")
}
