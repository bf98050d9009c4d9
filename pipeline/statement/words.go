package statement

import "strings"

// word is the class of a word that the form must know.
type word uint8

const (
	wordNone      word = iota
	wordDML            // begins a statement whose literals are replaced
	wordVerb           // begins a statement, and may also stand elsewhere
	wordAndOr          // AND OR
	wordLogic          // NOT XOR WHERE HAVING ON
	wordLike           // LIKE and its kin
	wordBy             // ORDER BY, GROUP BY
	wordCase           // opens a bracket of its own
	wordEnd            // closes it
	wordBranch         // WHEN THEN ELSE: begins a new expression
	wordJoin           // JOIN UNION EXCEPT INTERSECT
	wordChain          // joins two operands: IS COLLATE …
	wordIn             // IN
	wordValues         // VALUES
	wordHeavy          // a function whose numbers tell how much work it is
	wordSetting        // a function whose strings name settings
	wordFloat          // a type whose argument the grammar checks
	wordSeparator      // SEPARATOR, as in GROUP_CONCAT
	wordFile           // OUTFILE, DUMPFILE: a file's name follows
)

// words maps lower-case words to their class.
var words = map[string]word{
	"select": wordDML, "insert": wordDML, "update": wordDML, "delete": wordDML, "with": wordDML, "merge": wordDML,
	"explain": wordVerb, "replace": wordVerb, "values": wordValues, "call": wordVerb, "table": wordVerb,
	"and": wordAndOr, "or": wordAndOr, "not": wordLogic, "xor": wordLogic, "where": wordLogic, "having": wordLogic,
	"on": wordLogic, "like": wordLike, "ilike": wordLike, "rlike": wordLike, "regexp": wordLike, "by": wordBy,
	"case": wordCase, "end": wordEnd, "when": wordBranch, "then": wordBranch, "else": wordBranch,
	"union": wordJoin, "except": wordJoin, "intersect": wordJoin, "join": wordJoin, "straight_join": wordJoin, "is": wordChain,
	"isnull": wordChain, "notnull": wordChain, "collate": wordChain, "at": wordChain, "between": wordChain,
	"in": wordIn, "similar": wordChain, "escape": wordChain, "div": wordChain, "mod": wordChain,
	"sounds": wordChain, "binary": wordChain, "interval": wordChain, "any": wordChain, "all": wordChain,
	"generate_series": wordHeavy, "benchmark": wordHeavy, "repeat": wordHeavy, "rpad": wordHeavy, "lpad": wordHeavy,
	"space": wordHeavy, "set_config": wordSetting, "float": wordFloat, "separator": wordSeparator, "outfile": wordFile, "dumpfile": wordFile,
}

const longestWord = len("generate_series")

// wordTable holds the words by their first and last letter and length: most names need no further look.
var wordTable = func() (t [512][]wordEntry) {
	for w, class := range words {
		at := wordSlot(w)
		t[at] = append(t[at], wordEntry{w, class})
	}
	return t
}()

type wordEntry struct {
	text  string
	class word
}

func wordSlot(w string) uint {
	return (uint(w[0]|0x20)*37 + uint(w[len(w)-1]|0x20)*11 + uint(len(w))*101) % 512
}

func lookup(raw string) word {
	if len(raw) > longestWord {
		return wordNone
	}
	entries := wordTable[wordSlot(raw)]
	for i := range entries {
		if e := &entries[i]; len(e.text) == len(raw) && foldedPrefix(raw, e.text) {
			return e.class
		}
	}
	return wordNone
}

// stripped tells which statements, besides plain DML, have their literals replaced.
func stripped(raw string) bool { return !strings.EqualFold(raw, "table") }

// trimTemp cuts the running number off the name of a temporary table, so that each does not become a shape of its own.
func trimTemp(name string) string {
	if len(name) < 8 || name[len(name)-1] < '0' {
		return name
	}
	body := name
	quote := ""
	if c := name[0]; c == '"' || c == '`' {
		body, quote = name[:len(name)-1], name[len(name)-1:]
	}
	i := len(body)
	for i > 0 && body[i-1] >= '0' && body[i-1] <= '9' {
		i--
	}
	if len(body)-i < 4 || !hasTemp(body[:i]) {
		return name
	}
	return body[:i] + "0" + quote
}

func hasTemp(s string) bool {
	for i := 0; i+3 <= len(s); i++ {
		if s[i]|0x20 == 't' && (s[i+1]|0x20 == 'm' && s[i+2]|0x20 == 'p' || s[i+1]|0x20 == 'e' && s[i+2]|0x20 == 'm') {
			return true
		}
	}
	return false
}
