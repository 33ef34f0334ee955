package page

import (
	"sync"

	"google.golang.org/grpc/codes"

	"github.com/kithcare/kith/pkg/fault"
)

// Part is what one call gives a page. A part that can't be had costs its own place on the page, with a sentence, and no
// more.
type Part[T any] struct {
	Value T
	Err   error
}

// Of makes a part of a call's answer.
func Of[T any](value T, err error) Part[T] { return Part[T]{Value: value, Err: err} }

// Together makes the calls of a page at the same time.
func Together(calls ...func()) {
	var all sync.WaitGroup
	for _, call := range calls {
		all.Go(call)
	}
	all.Wait()
}

// Hidden says whether there is nothing that the person may see: whatever does not exist looks the same.
func Hidden(err error) bool {
	return err != nil && fault.From(err).Code == codes.NotFound
}
