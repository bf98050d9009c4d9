package detect

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Row is one entry of the catalogue of detections that the rules are held to.
type Row struct {
	ID      string // D1 …
	Name    string
	Without string // why there is no rule for it; empty where there is
	Note    string // what a rule for it leaves out
}

// Catalogue lists what the best systems detect on the audit logs of PostgreSQL and MySQL, as far as we know.
func Catalogue() []Row { return slices.Clone(catalogue) }

const (
	needsAddresses = "needs a feed of addresses"
	needsPlaces    = "needs a feed of places"
	controlPlane   = "the cloud's control plane, whose logs are not read"
)

var catalogue = []Row{
	{ID: "D1", Name: "Brute force, one account"},
	{ID: "D2", Name: "Brute force from one address"},
	{ID: "D3", Name: "Password spray"},
	{ID: "D4", Name: "Success after brute force"},
	{ID: "D5", Name: "Failed login of an administrator"},
	{ID: "D6", Name: "Failed login from a public address"},
	{ID: "D7", Name: "Unusual successful login"},
	{ID: "D8", Name: "Tor or known malicious address", Without: needsAddresses},
	{ID: "D9", Name: "Principal not seen for 60 days"},
	{ID: "D10", Name: "Network not seen before", Note: "by network (/24, /64), not by data centre"},
	{ID: "D11", Name: "Unusual or harmful program"},
	{ID: "D12", Name: "First host or address for a user and database"},
	{ID: "D13", Name: "Account in other hands"},
	{ID: "D14", Name: "Impossible travel", Without: needsPlaces},
	{ID: "D15", Name: "Off-hours activity"},
	{ID: "D16", Name: "Decoy touched"},
	{ID: "D17", Name: "Grant of high privilege"},
	{ID: "D18", Name: "Over-privileged grant"},
	{ID: "D19", Name: "Grant to PUBLIC"},
	{ID: "D20", Name: "Massive grants"},
	{ID: "D21", Name: "Rights changed by whoever does not do so"},
	{ID: "D22", Name: "Role created, dropped, enabled"},
	{ID: "D23", Name: "Superuser writes user tables"},
	{ID: "D24", Name: "Row security weakened"},
	{ID: "D25", Name: "Hop to another role's rights"},
	{ID: "D26", Name: "COPY … PROGRAM"},
	{ID: "D27", Name: "Server spawned a shell", Without: "needs events of the host; AW-ACC-001 sees the statement"},
	{ID: "D28", Name: "Native code loaded"},
	{ID: "D29", Name: "Risky extension or language"},
	{ID: "D30", Name: "Malicious stored code, trigger, event"},
	{ID: "D31", Name: "Start-up persistence"},
	{ID: "D32", Name: "Commands of the operating system in SQL"},
	{ID: "D33", Name: "Outbound connection from SQL"},
	{ID: "D34", Name: "File of the server read"},
	{ID: "D35", Name: "File of the server written"},
	{ID: "D36", Name: "Auditing switched off or narrowed"},
	{ID: "D37", Name: "Audit stream stopped", Without: controlPlane + "; AW-TMP-007 sees the silence"},
	{ID: "D38", Name: "Silence or gap", Note: "silence of a source; gaps within one session's line numbers are not looked for"},
	{ID: "D39", Name: "Parameter changed"},
	{ID: "D40", Name: "Server stopped or restarted"},
	{ID: "D41", Name: "Log file downloaded", Without: controlPlane},
	{ID: "D42", Name: "Unusual number of rows read"},
	{ID: "D43", Name: "Unusual number of rows changed"},
	{ID: "D44", Name: "Large result, fixed limits", Note: "rows returned or changed; rows scanned are not in an audit log"},
	{ID: "D45", Name: "Unusual result size of a user", Note: "rows; bytes are not in an audit log"},
	{ID: "D46", Name: "Daily volume of a user"},
	{ID: "D47", Name: "Low and slow"},
	{ID: "D48", Name: "Dump tool"},
	{ID: "D49", Name: "Staged, exported, removed"},
	{ID: "D50", Name: "First access to a table or database"},
	{ID: "D51", Name: "Does what its peers do not"},
	{ID: "D52", Name: "First kind of operation"},
	{ID: "D53", Name: "Unknown fingerprint of an application"},
	{ID: "D54", Name: "Injection: always true"},
	{ID: "D55", Name: "Injection: timing"},
	{ID: "D56", Name: "Injection: UNION, catalogue"},
	{ID: "D57", Name: "Injection: stacked statements"},
	{ID: "D58", Name: "Injection: errors"},
	{ID: "D59", Name: "Injection: data in errors"},
	{ID: "D60", Name: "Injection: obfuscation"},
	{ID: "D61", Name: "Stored script for a browser"},
	{ID: "D62", Name: "Permission denied again and again"},
	{ID: "D63", Name: "Password tables read"},
	{ID: "D64", Name: "Destructive DDL"},
	{ID: "D65", Name: "UPDATE or DELETE without WHERE"},
	{ID: "D66", Name: "Flood of statements"},
	{ID: "D67", Name: "Ransom"},
	{ID: "D68", Name: "Password in the text"},
	{ID: "D69", Name: "Snapshot shared, exported, made public", Without: controlPlane},
	{ID: "D70", Name: "Export or restore to elsewhere", Without: controlPlane},
}

// documentCatalogue writes which rules stand for each row, and how many cases make them fire or must not.
func documentCatalogue(b *bytes.Buffer, rules []Rule) {
	b.WriteString("\n## The catalogue\n\nWhat the best systems detect on such logs, and which rules stand for it; *cases* counts those that must fire and those that must not.\n\n| row | what | rules | cases |\n|---|---|---|---|\n")
	for _, row := range catalogue {
		var ids []string
		fire, quiet := 0, 0
		for i := range rules {
			r := &rules[i]
			if !slices.Contains(r.Catalogue, row.ID) {
				continue
			}
			ids = append(ids, fmt.Sprintf("[%s](#%s)", r.ID, anchor(r)))
			for _, c := range r.Tests {
				if c.Fires {
					fire++
				} else {
					quiet++
				}
			}
		}
		by, cases := strings.Join(ids, ", "), fmt.Sprintf("%d / %d", fire, quiet)
		if row.Without != "" {
			by, cases = "none: "+row.Without, ""
		}
		if row.Note != "" {
			by += " (" + row.Note + ")"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", row.ID, row.Name, by, cases)
	}
}
