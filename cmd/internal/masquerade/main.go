// Command masquerade measures how well it is noticed that a role does another role's work, beside what others do.
//
//	go run ./cmd/internal/masquerade [-data DIR]
//
// The protocol is that of the literature: statements (here also windows of statements) of one role are given another
// role's name. FP is the share of untouched ones that are called odd, FN the share of renamed ones that are not. It runs on
// a simulated shop with six kinds of work and, with -data, on DIR/injection/dev-postgresql.jsonl.xz.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	data := flag.String("data", os.Getenv("DATA"), "`folder` with injection/dev-postgresql.jsonl.xz")
	tune := flag.Bool("tune", false, "also with other thresholds and windows")
	flag.Parse()
	var sets []*set
	for seed := range uint64(3) { // the numbers in use were chosen on the first
		sets = append(sets, simulated(seed+1))
	}
	if *data != "" {
		s, err := logged(*data)
		if err != nil {
			fmt.Fprintln(os.Stderr, "masquerade:", err)
			os.Exit(1)
		}
		sets = append(sets, s)
	}
	for _, s := range sets {
		s.report(os.Stdout, *tune)
	}
}
