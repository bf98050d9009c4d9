package statement

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/auditwarden/auditwarden/pipeline"
)

const maxExplainLine = 16 << 20

// ExplainLines reads {"sql":…,"dialect":…} lines and writes one [Explanation] a line, in the same order. A bad line
// gives a line with its error; only a failure to read or write ends the work early.
func ExplainLines(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a := New(Default(), Options{})
	workers := max(2, runtime.GOMAXPROCS(0))
	queue := make(chan chan []byte, 64*workers)
	jobs := make(chan func(), workers)
	for range workers {
		go func() {
			for job := range jobs {
				job()
			}
		}()
	}
	var readErr error
	go func() {
		defer close(queue)
		defer close(jobs)
		readErr = a.readLines(ctx, in, queue, jobs)
	}()
	w := bufio.NewWriterSize(out, 1<<16)
	for done := range queue {
		if _, err := w.Write(<-done); err != nil {
			cancel()
			for range queue { // let the reader finish
			}
			return fmt.Errorf("write explanation: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write explanation: %w", err)
	}
	return readErr
}

// readLines hands every line to a worker and, in order, the place of its answer to the writer.
func (a *Analyser) readLines(ctx context.Context, in io.Reader, queue chan<- chan []byte, jobs chan<- func()) error {
	r := bufio.NewReaderSize(in, 1<<16)
	for {
		line, long, err := readLine(r)
		if len(line) > 0 || long { // a blank line is answered too: the n-th answer is to the n-th line
			done := make(chan []byte, 1)
			select {
			case queue <- done:
			case <-ctx.Done():
				return ctx.Err()
			}
			jobs <- func() { done <- a.explainLine(line, long) }
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read statements: %w", err)
		}
	}
}

// readLine reads one line of bounded length; of a longer one it says so and skips the rest.
func readLine(r *bufio.Reader) (line []byte, long bool, err error) {
	for {
		piece, err := r.ReadSlice('\n')
		if len(line)+len(piece) <= maxExplainLine {
			line = append(line, piece...)
		} else {
			long = true
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, long, err
		}
	}
}

func (a *Analyser) explainLine(line []byte, long bool) []byte {
	var q struct {
		SQL     *string `json:"sql"`
		Dialect string  `json:"dialect"`
	}
	ex := Explanation{Tables: []string{}, Functions: []string{}, Signals: []string{}}
	switch err := json.Unmarshal(line, &q); {
	case long:
		ex.Error = fmt.Sprintf("the line is longer than %d bytes", maxExplainLine)
	case err != nil:
		ex.Error = "the line is not a JSON object with sql and dialect"
	case q.SQL == nil:
		ex.Error = `the line has no "sql"`
	default:
		engine, known := engines[q.Dialect]
		if !known {
			ex.Error = `the dialect must be "postgresql", "mysql" or "mariadb"`
			break
		}
		ex = a.Explain(engine, *q.SQL)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(ex); err != nil {
		return []byte(`{"error":"the explanation cannot be written as JSON"}` + "\n")
	}
	return buf.Bytes()
}

// engines maps the dialects' names; none means PostgreSQL.
var engines = map[string]pipeline.Engine{
	"": pipeline.PostgreSQL, "postgresql": pipeline.PostgreSQL, "postgres": pipeline.PostgreSQL, "pg": pipeline.PostgreSQL,
	"mysql": pipeline.MySQL, "mariadb": pipeline.MariaDB,
}
