package main

import (
	"fmt"
	"slices"
	"strings"
)

// probing are the error codes that benign statements of the log do not cause and probing does: syntax, text that is no
// number, several rows as one value, division by zero, ORDER BY beyond the columns, no such function.
var probing = map[string]bool{"42601": true, "22P02": true, "21000": true, "22012": true, "42P10": true, "42883": true}

// campaigns writes how many statements of each campaign went by until the first alert.
func campaigns(sb *strings.Builder, rows []row) {
	ordered := slices.ContainsFunc(rows, func(r row) bool { return r.Time != "" })
	if !ordered {
		return
	}
	sb.WriteString("| campaigns, in the order of the log | found | statements until the first alert: median | 90 % | worst |\n|---|---|---|---|---|\n")
	ways := []struct {
		name  string
		alert func(row) bool
	}{
		{"`suspicious` alone", func(r row) bool { return own(r) >= 0.5 }},
		{"error codes alone", func(r row) bool { return probing[r.SQLState] }},
		{"either", func(r row) bool { return own(r) >= 0.5 || probing[r.SQLState] }},
	}
	for _, w := range ways {
		firsts, total := firstAlerts(rows, w.alert)
		if len(firsts) == 0 {
			fmt.Fprintf(sb, "| %s | 0 of %d | | | |\n", w.name, total)
			continue
		}
		fmt.Fprintf(sb, "| %s | %d of %d | %d | %d | %d |\n", w.name, len(firsts), total, firsts[len(firsts)/2],
			firsts[min(len(firsts)*9/10, len(firsts)-1)], firsts[len(firsts)-1])
	}
	sb.WriteString("\n")
}

// firstAlerts gives, sorted, the place of the first alert in each campaign that has one. The requests with which a tool
// begins count as statements.
func firstAlerts(rows []row, alert func(row) bool) (firsts []int, total int) {
	seen, found := map[string]int{}, map[string]bool{}
	for _, r := range rows {
		if !r.attack() {
			continue
		}
		seen[r.Campaign]++
		if !found[r.Campaign] && alert(r) {
			found[r.Campaign] = true
			firsts = append(firsts, seen[r.Campaign])
		}
	}
	slices.Sort(firsts)
	return firsts, len(seen)
}
