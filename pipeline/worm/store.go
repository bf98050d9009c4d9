package worm

import (
	"context"
	"errors"
)

// store keeps objects that are never changed.
type store interface {
	// check makes sure that what is put will be kept; its error is for a person.
	check(ctx context.Context) error
	// put creates an object. It MUST be durable and locked when put returns nil. errExists: something has that key.
	put(ctx context.Context, key string, body []byte) error
	// get reads the first version ever written under the key. errMissing: there is none.
	get(ctx context.Context, key string) (stored, error)
	// next gives the first key after marker that begins with prefix, "" if there is none. Deleted keys count.
	next(ctx context.Context, prefix, marker string) (string, error)
	// list visits the objects whose keys begin with prefix, in the order of their keys.
	list(ctx context.Context, prefix string, visit func(listed) error) error
	// folders lists the names below prefix.
	folders(ctx context.Context, prefix string) ([]string, error)
	immutable() bool
}

// stored is what a get gives.
type stored struct {
	body []byte
	mode string // of the Object Lock it is under; empty if it is not
}

// listed is one key.
type listed struct {
	key      string
	versions int  // how many were written under it; more than one is a sign of tampering
	deleted  bool // a delete marker hides it
}

var (
	errExists  = errors.New("object exists")
	errMissing = errors.New("no such object")
)

// permanent marks an error that trying again cannot mend.
type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

func isPermanent(err error) bool {
	var p permanentError
	return errors.As(err, &p)
}
