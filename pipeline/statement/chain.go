package statement

import "github.com/auditwarden/auditwarden/pipeline/statement/lexer"

// chain bounds from above how deep a tree a grammar can build from the tokens seen. Every operator and every word that
// joins two operands may add a level; so may every JOIN and UNION; brackets and CASE inherit the depth around them, and
// what stood in them may become the lowest operand of what follows. A comma or a branch begins a new expression, and so
// does AND or OR where the grammar keeps their operands in one flat list (PostgreSQL's).
type chain struct {
	limit int32
	flat  bool // AND and OR make flat lists
	depth int
	over  bool
	level [maxNesting + 1]level
}

// level is one bracket's state.
type level struct {
	base   int32 // depth around it
	run    int32 // depth of the expression at hand
	clause int32 // JOINs and UNIONs so far
	peak   int32 // greatest depth reached
	cased  bool  // opened by CASE
}

func (l *level) total() int32 { return l.run + l.clause }

func (l *level) renew() {
	l.peak = max(l.peak, l.total())
	l.run = l.base
}

func (c *chain) reset(d lexer.Dialect) {
	c.limit, c.flat = maxChainPostgres, d == lexer.PostgreSQL
	if d == lexer.MySQL {
		c.limit = maxChainMySQL
	}
	c.depth, c.over = 0, false
	c.level[0] = level{}
}

func (c *chain) at() *level { return &c.level[min(c.depth, maxNesting)] }

func (c *chain) link() {
	l := c.at()
	l.run++
	c.over = c.over || l.total() > c.limit
}

// join notes a JOIN, a UNION or the beginning of a query: expressions begin anew, but what was joined stays.
func (c *chain) join() {
	l := c.at()
	l.renew()
	l.clause++
	c.over = c.over || l.total() > c.limit
}

func (c *chain) comma() { c.at().renew() }

// statement notes the end of a statement.
func (c *chain) statement() {
	if c.depth == 0 {
		c.level[0] = level{}
	}
}

func (c *chain) open() { c.push(false) }

func (c *chain) push(cased bool) {
	around := c.at().total() + 1
	c.depth++
	if c.depth > maxNesting {
		c.over = true
		return
	}
	c.level[c.depth] = level{base: around, run: around, cased: cased}
	c.over = c.over || around > c.limit
}

func (c *chain) close() {
	for c.depth > 0 && c.at().cased {
		c.pop() // a CASE without its END
	}
	c.pop()
}

func (c *chain) pop() {
	if c.depth == 0 {
		return
	}
	l := c.at()
	deepest := max(l.peak, l.total())
	c.depth--
	if l = c.at(); deepest > l.total() {
		l.run = deepest - l.clause
	}
}

func (c *chain) word(w word) {
	switch w {
	case wordAndOr:
		if c.flat {
			c.comma()
		} else {
			c.link()
		}
	case wordLogic, wordLike, wordChain, wordIn:
		c.link()
	case wordJoin, wordDML:
		c.join()
	case wordCase:
		c.push(true)
	case wordBranch:
		c.comma()
	case wordEnd:
		if c.depth > 0 && c.at().cased {
			c.pop()
		}
	}
}
