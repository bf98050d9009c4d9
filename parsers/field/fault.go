package field

// Fault is why a record could not be parsed: a stable code for counting and a sentence for people. It never holds a
// part of the record.
type Fault struct {
	Reason   string // stable short code: "bad_csv"
	Sentence string
}

func (f *Fault) Error() string { return f.Sentence }
