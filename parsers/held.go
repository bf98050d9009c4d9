package parsers

// lineCost is what a line held back costs at least, however short it is.
const lineCost = 32

// cost is how much a line held back counts, with its end.
func cost(line []byte) int { return max(len(line)+1, lineCost) }

// emptied gives room for lines to come; after a long record, new room.
func emptied(lines [][]byte) [][]byte {
	if cap(lines) > 1024 {
		return nil
	}
	clear(lines)
	return lines[:0]
}

// joined puts lines together again.
func (d *decoder) joined(lines [][]byte) []byte {
	size := len(lines)
	for _, line := range lines {
		size += len(line)
	}
	text := d.pg.Arena.Take(size)[:0]
	for i, line := range lines {
		if i > 0 {
			text = append(text, '\n')
		}
		text = append(text, line...)
	}
	return text
}
