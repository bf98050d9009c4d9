package detect

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sort"
	"strings"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/pipeline"
)

// wellKnown superusers, by the names that products give them.
var wellKnown = map[string]RoleKind{
	"postgres": Superuser, "root": Superuser, "rdsadmin": Superuser, "rds_superuser": Superuser, "cloudsqladmin": Superuser,
	"cloudsqlsuperuser": Superuser, "azure_superuser": Superuser, "azuresu": Superuser, "alloydbadmin": Superuser,
	"alloydbsuperuser": Superuser, "mariadb.sys": Superuser, "mysql.sys": Superuser, "mysql.session": Superuser,
}

const (
	interactivePattern = `(?i)^(psql|pgadmin|dbeaver|datagrip|heidisql|mysql$|mariadb$|mysql workbench|mysqlworkbench|tableplus|navicat|toad|sqlectron|beekeeper|pgcli|mycli|adminer|phpmyadmin)`
	dumpPattern        = `(?i)^(pg_dump|pg_dumpall|pg_basebackup|mysqldump|mariadb-dump|mydumper|mysqlpump|mariabackup|pgbackrest|barman|xtrabackup)`
	// Names that ordinary programs have too (Ory Hydra, Medusa's shops) count only where nothing else stands beside them.
	attackToolPattern = `(?i)(^|[^a-z])(sqlmap|jsql|jsql-injection|havij|sqlninja|bbqsql|ghauri|metasploit|msfconsole|msfvenom|crackmapexec|netexec|patator|ncrack|nmap|thc-hydra)([^a-z]|$)`
	privatePattern    = `(?i)^(10[.]|127[.]|169[.]254[.]|192[.]168[.]|172[.](1[6-9]|2[0-9]|3[01])[.]|100[.](6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])[.]|::1$|f[cd][0-9a-f]{2}:|fe80:|::ffff:(10|127|192[.]168)[.])`
)

// injectedScore is from which score a statement with a payload in a literal is suspicious for its structure too: a payload
// alone weighs a half at most, and what remains of the score then is at least a half.
const injectedScore = 0.75

func matchGlob(column, glob string) string { return baseline.Glob(column, glob) }

func anyGlob(column string, globs []string) string { return baseline.AnyGlob(column, globs) }

// roleKindExpr gives the kind of the role in column; what is declared goes before what is well known.
func (c *Config) roleKindExpr(column string) string {
	names := make([]string, 0, len(c.RoleKinds))
	for n := range c.RoleKinds {
		names = append(names, n)
	}
	// Names before globs, longer globs before shorter ones.
	sort.Slice(names, func(i, j int) bool {
		gi, gj := strings.ContainsAny(names[i], "*?["), strings.ContainsAny(names[j], "*?[")
		if gi != gj {
			return gj
		}
		if len(names[i]) != len(names[j]) {
			return len(names[i]) > len(names[j])
		}
		return names[i] < names[j]
	})
	var b strings.Builder
	b.WriteString("multiIf(")
	for _, n := range names {
		fmt.Fprintf(&b, "%s, %s, ", matchGlob(column, n), baseline.Quote(string(c.RoleKinds[n])))
	}
	var known []string
	for n := range wellKnown {
		known = append(known, n)
	}
	sort.Strings(known)
	fmt.Fprintf(&b, "%s IN (%s), '%s', '')", column, baseline.Quoted(known), Superuser)
	return b.String()
}

// view is a sub-query over the scope's events, once each, with the columns that rules may use besides those of events.
func (c *Config) view(s baseline.Scope) string {
	return fmt.Sprintf(`SELECT *,
        %s AS role_kind,
        role_kind = 'superuser' AS is_super,
        role_kind IN ('application', 'service') AS is_app,
        match(application, %s) AS interactive,
        match(application, %s) AS dump_tool,
        match(application, %s) AS attack_tool,
        suspicious AND (score >= %v OR NOT has(signals, 'literal_payload')) AS injected,
        (isIPv4String(client) OR isIPv6String(client)) AND NOT match(client, %s) AS public_client,
        arrayFilter(t -> %s, tables) AS sensitive_tables,
        arrayFilter(t -> %s, tables) AS decoy_tables,
        %s AS decoy_role,
        %s AS shared,
        notEmpty(tables) AND arrayAll(t -> match(t, '(?i)^(pg_catalog|information_schema|pg_toast|mysql|performance_schema|sys)[.]|^pg_'), tables) AS only_catalogue,
        toInt64(ifNull(rows, 0)) AS row_count
    FROM events FINAL
    WHERE %s AND NOT repeat`,
		c.roleKindExpr("role"), baseline.Quote(interactivePattern), baseline.Quote(dumpPattern), baseline.Quote(attackToolPattern),
		injectedScore, baseline.Quote(privatePattern), anyGlob("t", c.SensitiveTables), anyGlob("t", c.DecoyTables), anyGlob("role", c.DecoyRoles), anyGlob("role", c.SharedRoles), s.Where())
}

// except is the predicate of the exceptions that apply to a rule; "" if none does.
func (c *Config) except(rule string) string {
	var parts []string
	for _, x := range c.Exceptions {
		if x.Rule != "" && !anyRule([]Rule{{ID: rule}}, x.Rule) {
			continue
		}
		parts = append(parts, x.predicate())
	}
	return strings.Join(parts, " OR ")
}

func (x Exception) predicate() string {
	parts := []string{"1"}
	for _, f := range [...]struct{ column, glob string }{
		{"cluster", x.Cluster}, {"database", x.Database}, {"role", x.Role}, {"application", x.Application}, {"fingerprint", x.Fingerprint},
	} {
		if f.glob != "" {
			parts = append(parts, matchGlob(f.column, f.glob))
		}
	}
	if x.Client != "" {
		if prefix, err := netip.ParsePrefix(x.Client); err == nil {
			parts = append(parts, fmt.Sprintf("(isIPv4String(client) OR isIPv6String(client)) AND isIPAddressInRange(if(isIPv4String(client) OR isIPv6String(client), CAST(client, 'String'), '::'), %s)", baseline.Quote(prefix.Masked().String())))
		} else {
			parts = append(parts, matchGlob("client", x.Client))
		}
	}
	if !x.Until.IsZero() {
		parts = append(parts, "event_time <= "+baseline.Time(x.Until))
	}
	return "(" + strings.Join(parts, " AND ") + ")"
}

// ranks of severities as stored in hits.
func level(s pipeline.Severity) int { return s.Rank() }

func (r *Rule) levelExpr() string {
	if len(r.Raise) == 0 {
		return fmt.Sprintf("toUInt8(%d)", level(r.Severity))
	}
	var b strings.Builder
	b.WriteString("toUInt8(multiIf(")
	for _, x := range r.Raise {
		fmt.Fprintf(&b, "%s, %d, ", x.When, level(x.To))
	}
	fmt.Fprintf(&b, "%d))", level(r.Severity))
	return b.String()
}

func (r *Rule) subjectExpr() string {
	if r.Subject == "" {
		return "''"
	}
	return "CAST(" + r.Subject + ", 'String')"
}

// matcher is one predicate whose matches are stored as hits under a name: a rule's id, or id#n for a sequence's steps.
type matcher struct{ name, match, level, subject string }

func (c *Config) matchers(rules []Rule) []matcher {
	var out []matcher
	for i := range rules {
		r := &rules[i]
		add := func(name, match string) {
			m := "(" + match + ")"
			if len(r.Engines) > 0 {
				var engines []string
				for _, e := range r.Engines {
					engines = append(engines, string(e))
				}
				m = "engine IN (" + baseline.Quoted(engines) + ") AND " + m
			}
			if x := c.except(r.ID); x != "" {
				m += " AND NOT (" + x + ")"
			}
			out = append(out, matcher{name, m, r.levelExpr(), r.subjectExpr()})
		}
		switch r.Kind {
		case OnSignal, OnThreshold:
			add(r.ID, r.Match)
		case OnSequence:
			for n, s := range r.Steps {
				add(stepName(r.ID, n), s.Match)
			}
		}
	}
	return out
}

func stepName(id string, n int) string { return fmt.Sprintf("%s#%d", id, n) }

// match stores the scope's matches of all rules in one pass.
func (d *Detector) match(ctx context.Context, rules []Rule, s baseline.Scope) error {
	if len(d.cfg.matchers(rules)) == 0 {
		return nil
	}
	err := d.exec(ctx, "match rules", d.cfg.matchSQL(rules, s, d.hits))
	if err == nil {
		return nil
	}
	if own := slices.DeleteFunc(slices.Clone(rules), func(r Rule) bool { return r.origin.builtin }); len(own) > 0 {
		if wrong := CheckSQL(ctx, d.conn, d.cfg, own); wrong != nil { // they are matched all at once: say which it was
			return fmt.Errorf("match rules: %w", wrong)
		}
	}
	return err
}

func (c *Config) matchSQL(rules []Rule, s baseline.Scope, into string) string {
	var arms []string
	for _, m := range c.matchers(rules) {
		arms = append(arms, fmt.Sprintf("if(%s, (%s, %s, %s), ('', toUInt8(0), ''))", m.match, baseline.Quote(m.name), m.level, m.subject))
	}
	return fmt.Sprintf(`INSERT INTO %s (rule, cluster, database, role, client, application, bucket, fingerprint, outcome, subject, first, last, events, level, score, rows, signals, numbers)
SELECT h.1, cluster, database, role, client, application, toStartOfMinute(toDateTime(event_time, 'UTC')), fingerprint, outcome, h.3,
    min((event_time, CAST(record_id, 'String'), event_index, CAST(kind, 'String'))), max(event_time),
    uniqExactState(cityHash64(record_id, event_index)), max(h.2), max(score), max(row_count),
    groupUniqArrayArray(arrayMap(x -> CAST(x, 'String'), signals)), (0, 0, 0)
FROM
(
    SELECT *, arrayJoin(m) AS h
    FROM (SELECT *, arrayFilter(x -> x.1 != '', [%s]) AS m FROM (%s))
)
GROUP BY h.1, cluster, database, role, client, application, toStartOfMinute(toDateTime(event_time, 'UTC')), fingerprint, outcome, h.3`,
		into, strings.Join(arms, ",\n        "), c.view(s))
}

// suspectExpr is true of events that must not teach.
func (c *Config) suspectExpr(rules []Rule) string {
	var parts []string
	for i := range rules {
		if rules[i].Suspect && rules[i].Kind == OnSignal {
			parts = append(parts, "("+rules[i].Match+")")
		}
	}
	return strings.Join(parts, " OR ")
}

// suspects are the ids of the rules whose matches keep a client from teaching for a while.
func suspects(rules []Rule) []string {
	var ids []string
	for i := range rules {
		if rules[i].Suspect {
			ids = append(ids, rules[i].ID)
		}
	}
	slices.Sort(ids)
	return ids
}
