// Package field holds the few things every format's parser needs to take text out of a record: strings that alias the
// record instead of copying it, an arena for those that must be rewritten (unescaped), integers, UTF-8 repair, and the
// error a parser returns.
//
// It guarantees that nothing here changes its input, that strings handed out are never overwritten, and that a Fault
// holds no part of a record. It knows no format.
package field
