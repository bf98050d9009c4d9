package statement

// chain bounds from above how deep a tree the grammar can build from the tokens seen: every operator and joining word
// may add one level, brackets inherit their surroundings, a comma or a branch begins anew.
type chain struct {
	limit int
	depth int
	over  bool
	run   [maxNesting + 1]int32 // longest run so far at each level
	kind  [maxNesting + 1]bool  // the level was opened by CASE
}

func (c *chain) link() {
	d := min(c.depth, maxNesting)
	c.run[d]++
	if int(c.run[d]) > c.limit {
		c.over = true
	}
}

func (c *chain) open() { c.push(false) }

func (c *chain) push(isCase bool) {
	c.depth++
	if c.depth > maxNesting {
		c.over = true
		return
	}
	c.run[c.depth] = c.run[c.depth-1] + 1
	c.kind[c.depth] = isCase
}

func (c *chain) close() {
	for c.depth > 0 && c.depth <= maxNesting && c.kind[c.depth] {
		c.pop() // a CASE without its END
	}
	c.pop()
}

func (c *chain) pop() {
	if c.depth == 0 {
		return
	}
	c.depth--
	if c.depth < maxNesting && c.run[c.depth+1] > c.run[c.depth] {
		c.run[c.depth] = c.run[c.depth+1]
	}
}

func (c *chain) comma() {
	if c.depth > maxNesting {
		return
	}
	c.run[c.depth] = 0
	if c.depth > 0 {
		c.run[c.depth] = c.run[c.depth-1] + 1
	}
}

func (c *chain) word(w word) {
	switch w {
	case wordLogic, wordLike, wordChain, wordDML:
		c.link()
	case wordCase:
		c.push(true)
	case wordBranch:
		c.comma()
	case wordEnd:
		if c.depth > 0 && c.depth <= maxNesting && c.kind[c.depth] {
			c.pop()
		}
	}
}
