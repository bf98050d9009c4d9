// Package statement understands one SQL text: its fingerprint, normal form, kinds, tables, functions, and the signals
// that detection reads.
//
// It guarantees that no literal of the text survives in what it gives back, that every text gets a fingerprint and a
// normal form (lexical ones where no grammar accepts it), that the cached answer equals the uncached one, and that any
// bytes at all are handled in bounded time and memory. It does not execute, resolve names, or know any schema; it does
// not know who sent the statement: that is for detection.
//
// The way of a text: the lexer splits it; [form] writes the canonical text, in which literals of ordinary statements
// are replaced by fixed ones of the same class; the canonical text is the cache key, and on a miss it is what the grammar
// parses and the rules judge. So the answer depends on the key alone. What does depend on a literal's content (a payload
// inside it) is probed apart, for every text.
package statement
