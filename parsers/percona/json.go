package percona

import (
	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/jsonscan"
)

// ReadJSON reads the object under "audit_record".
func ReadJSON(b []byte, a *field.Arena, r *Record) error {
	s := jsonscan.Walk(b)
	for {
		key, v, ok := s.Next()
		if !ok {
			return s.Err
		}
		r.Set(field.String(key), field.String(v.Text(a)))
	}
}
