package app

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// sortFindings puts the severest first, then the earliest.
func sortFindings(alerts []pipeline.Alert) {
	slices.SortFunc(alerts, func(a, b pipeline.Alert) int {
		return cmp.Or(cmp.Compare(b.Severity.Rank(), a.Severity.Rank()), a.FirstSeen.Compare(b.FirstSeen), cmp.Compare(a.ID, b.ID))
	})
}

const minute = "2006-01-02 15:04"

// WriteText prints the report for a person. Texts from the log are printed on one line each, control characters removed.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\nLines     %d read = %d in events + %d unparsed + %d skipped: %s\n",
		r.Lines.In, r.Lines.Events, r.Lines.Unparsed, r.Lines.Skipped, balanceText(r.Lines.Balanced()))
	if r.Lines.Twice > 0 {
		fmt.Fprintf(&b, "          %d lines were read twice after an interruption, and count once\n", r.Lines.Twice)
	}
	if r.From.Unix() > 0 { // no events: the earliest of none is 1970
		fmt.Fprintf(&b, "Period    %s to %s UTC, by the databases' clocks\n", r.From.Format(minute), r.To.Format(minute))
	}
	r.writeRoles(&b)
	r.writeStatements(&b)
	r.writeFindings(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func balanceText(ok bool) string {
	if ok {
		return "every line is accounted for"
	}
	return "THE ACCOUNT DOES NOT BALANCE"
}

func (r *Report) writeRoles(b *strings.Builder) {
	fmt.Fprintf(b, "\nRoles\n")
	t := tabwriter.NewWriter(b, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "  CLUSTER\tROLE\tEVENTS\tSTATEMENTS\tSHAPES\tTABLES\tCLIENTS\tFAILED\tLAST SEEN")
	for _, l := range r.Roles {
		fmt.Fprintf(t, "  %s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", Clean(l.Cluster, 30), Clean(l.Role, 30), l.Events, l.Statements, l.Shapes, l.Tables,
			l.Clients, l.Errors, l.Last.Format(minute))
	}
	t.Flush() // into a strings.Builder, which does not fail
}

func (r *Report) writeStatements(b *strings.Builder) {
	fmt.Fprintf(b, "\nMost frequent statements\n")
	for _, s := range r.Statements {
		fmt.Fprintf(b, "  %9d  %s  %s  (%s)\n", s.Events, s.Fingerprint, Clean(s.Normalized, 90), Clean(strings.Join(s.Roles, ", "), 40))
	}
}

func (r *Report) writeFindings(b *strings.Builder) {
	fmt.Fprintf(b, "\nFindings: %d\n", len(r.Findings))
	for _, a := range r.Findings {
		fmt.Fprintf(b, "  %-8s  %s  %-12s  %s\n", a.Severity, a.FirstSeen.UTC().Format(time.DateTime), a.Rule, Clean(a.Summary, 300))
	}
}

// Clean makes text from a log fit for a terminal: one line, no control characters, at most n runes.
func Clean(text string, n int) string {
	out := make([]rune, 0, min(len(text), n))
	for _, c := range text {
		if len(out) == n {
			out[n-1] = '…'
			break
		}
		switch {
		case c == '\n' || c == '\t' || c == '\r':
			c = ' '
		case c < ' ' || c >= 0x7f && c < 0xa0 || c >= 0x200b && c <= 0x200f || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069:
			c = '�'
		}
		out = append(out, c)
	}
	return string(out)
}
