package statement

import (
	"github.com/auditwarden/auditwarden/pipeline/statement/lexer"
)

// Limits of what is parsed by a grammar; see docs/statements.md for how they were found.
const (
	maxNesting       = 200   // brackets, CASE … END
	maxChainPostgres = 1_000 // operators and joining words in a row, through all levels
	maxChainMySQL    = 4_000
	maxProbes        = 64 // literals looked into per text
)

// fact is something about the text that its canonical form does not show.
type fact uint8

const (
	factGluedComments   fact = 1 << iota // empty or tiny comments stand where white space would, at least twice
	factExecComment                      // an executable comment wraps the words of a query
	factTruncated                        // a comment swallows what looks like the rest of the statement
	factTrailingComment                  // the text ends in a line comment, or in an unclosed block comment
	factUnterminated                     // the text ends inside a string, a quoted name or a block comment
	factTooDeep                          // beyond the limits of nesting or of chains
	factBad                              // bytes that start no token
)

// form is the canonical form of one text.
type form struct {
	text    []byte // canonical text, then a zero byte and the facts: the cache key
	size    int    // length of the canonical text proper
	facts   fact
	probes  []string // literals with characters that a payload needs
	kept    []string // literals of statements that keep theirs, searched for commands only
	dialect lexer.Dialect
	chain   chain
}

func (f *form) canonical() string { return string(f.text[:f.size]) }

type lit struct {
	kind  lexer.Kind
	start int
	end   int
}

// former holds the state of one pass.
type former struct {
	*form
	src       string
	strip     bool // literals of this statement are replaced
	first     bool // no token of this statement yet
	prev      lexer.Token
	prevWord  word // what the previous token is, if a word that matters
	last      lit  // the literal before the comparison operator just read
	compare   bool // the previous token compares, and a literal stands before it
	heavy     int  // depth of the bracket that holds a heavy function's arguments, or 0
	heavyNext bool
	keep      int // likewise for functions whose literals are names of settings
	keepNext  bool
	truth     bool // the previous token opens a bracket in which a condition begins
	comments  commentFacts
	fold      fold
}

// reset empties f and keeps its memory.
func (f *form) reset(d lexer.Dialect) {
	clear(f.probes)
	clear(f.kept)
	f.text, f.size, f.facts, f.dialect = f.text[:0], 0, 0, d
	f.probes, f.kept = f.probes[:0], f.kept[:0]
	f.chain.reset(d)
}

// make fills f from src.
func (f *form) make(src string) {
	p := former{form: f, src: src, first: true, strip: true}
	sc := lexer.New(src, f.dialect)
	for {
		t := sc.Next()
		if t.Kind == lexer.Comment {
			p.comment(t)
			continue
		}
		if t.Kind == lexer.EOF {
			break
		}
		if end := p.withheld(t); end > 0 {
			p.masked(t)
			sc.SkipTo(end)
			continue
		}
		p.token(t)
	}
	p.finish()
}

func (p *former) finish() {
	if p.fold.on && !p.fold.brackets {
		p.fold.end(p)
	}
	p.comments.close(p)
	for len(p.text) > 0 && (p.text[len(p.text)-1] == ';' || p.text[len(p.text)-1] == ' ') {
		p.text = p.text[:len(p.text)-1]
	}
	if p.chain.over {
		p.facts |= factTooDeep
	}
	p.size = len(p.text)
	p.text = append(p.text, 0, byte(p.facts))
}

func (p *former) token(t lexer.Token) {
	p.comments.between(p, t)
	if t.Is(lexer.Unterminated) {
		p.facts |= factUnterminated
	}
	raw := p.src[t.Start:t.End]
	if t.Kind == lexer.Punct {
		p.fold.before(p, raw[0])
	} else {
		p.fold.other(p)
	}
	if t.Is(lexer.Spaced) && len(p.text) > 0 {
		p.text = append(p.text, ' ')
	}
	w := wordNone
	switch t.Kind {
	case lexer.Word:
		w = p.word(raw)
	case lexer.Quoted:
		p.text = append(p.text, trimTemp(raw)...)
		p.first = false
	case lexer.String, lexer.Int, lexer.Float, lexer.Hex, lexer.Bit:
		p.literal(t, raw)
		p.first = false
	case lexer.Punct:
		p.punct(raw)
	case lexer.Bad:
		p.facts |= factBad
		p.text = append(p.text, raw...)
	default:
		p.text = append(p.text, raw...)
		p.first = false
		if t.Kind == lexer.Op {
			p.chain.link()
		}
	}
	p.compare = p.last.kind != 0 && (t.Kind == lexer.Op && comparison(raw) || w == wordLike)
	if !p.compare && !literalKind(t.Kind) {
		p.last = lit{}
	}
	p.heavyNext = t.Kind == lexer.Word && w == wordHeavy
	p.keepNext = t.Kind == lexer.Word && w == wordSetting
	p.prev, p.prevWord = t, w
}

func literalKind(k lexer.Kind) bool {
	return k == lexer.String || k == lexer.Int || k == lexer.Float || k == lexer.Hex || k == lexer.Bit
}

func comparison(op string) bool {
	switch op {
	case "=", "<", ">", "<>", "!=", "<=", ">=", "<=>", "~", "!~", "==":
		return true
	}
	return false
}

func (p *former) word(raw string) word {
	w := lookup(raw)
	if p.first {
		p.first = false
		p.strip = w == wordDML || w == wordValues || w == wordVerb && stripped(raw)
	}
	p.text = append(p.text, trimTemp(raw)...)
	p.chain.word(w)
	if w == wordValues {
		p.fold.begin(p, false)
	}
	return w
}

func (p *former) punct(raw string) {
	p.text = append(p.text, raw...)
	switch raw[0] {
	case '(', '[':
		p.truth = p.prevWord == wordLogic || p.prevWord == wordAndOr || p.truth && p.prev.Kind == lexer.Punct && p.src[p.prev.Start] == '('
		p.chain.open()
		if p.prevWord == wordIn && raw[0] == '(' {
			p.fold.begin(p, true)
		}
		if p.heavyNext && p.heavy == 0 {
			p.heavy = p.chain.depth
		}
		if p.keepNext && p.keep == 0 {
			p.keep = p.chain.depth
		}
	case ')', ']':
		if p.chain.depth == p.heavy {
			p.heavy = 0
		}
		if p.chain.depth == p.keep {
			p.keep = 0
		}
		p.chain.close()
	case ',':
		p.chain.comma()
		p.fold.after(p)
	case ';':
		p.chain.statement()
		p.first = true
	}
}
