// Command quality measures how well statements are judged by themselves, beside detectors that others use.
//
//	go run ./pipeline/statement/quality [-data DIR] [-write FILE]
//
// It runs on the hand-made sets in testdata, which ship with the project. With -data it also reads labelled JSON lines
// (plain or .xz, below DIR or DIR/injection) with the fields dialect, label, sql and, of attacks, campaign, technique,
// stage, tamper and class. -write replaces the measured part of a document, between its two marks.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	data := flag.String("data", os.Getenv("DATA"), "directory with labelled statements")
	write := flag.String("write", "", "document whose measured part is replaced")
	root := flag.String("testdata", "pipeline/statement/quality/testdata", "directory with the hand-made sets")
	flag.Parse()
	if err := run(*root, *data, *write); err != nil {
		fmt.Fprintln(os.Stderr, "quality:", err)
		os.Exit(1)
	}
}

func run(root, data, write string) error {
	sets, err := handMade(root)
	if err != nil {
		return err
	}
	if data != "" {
		more, err := labelled(data)
		if err != nil {
			return err
		}
		sets = append(sets, more...)
	}
	var sb strings.Builder
	for i, s := range sets {
		neighbour := i ^ 1 // the sets come in pairs
		if neighbour >= len(sets) {
			neighbour = i - 1
		}
		report(&sb, s, sets[neighbour])
	}
	fmt.Print(sb.String())
	if write == "" {
		return nil
	}
	return replace(write, sb.String())
}

const (
	beginMark = "<!-- measured: begin -->\n"
	endMark   = "<!-- measured: end -->\n"
)

var errMarks = errors.New("the document has no place for the measured part")

// replace puts text between the marks of a document.
func replace(path, text string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read document: %w", err)
	}
	head, rest, ok := strings.Cut(string(b), beginMark)
	_, tail, ok2 := strings.Cut(rest, endMark)
	if !ok || !ok2 {
		return fmt.Errorf("%s: %w", path, errMarks)
	}
	if err := os.WriteFile(path, []byte(head+beginMark+text+endMark+tail), 0o644); err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	return nil
}
