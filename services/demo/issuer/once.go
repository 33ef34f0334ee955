package issuer

import (
	"errors"
	"sync"
	"time"
)

var (
	errTaken = errors.New("already used")
	errFull  = errors.New("too many at once")
)

// once keeps values until a time and gives each out at most once. It never holds more than limit, which bounds both
// memory and the rate of those who fill it.
type once[V any] struct {
	limit int
	mu    sync.Mutex
	held  map[string]entry[V]
}

type entry[V any] struct {
	value V
	until time.Time
}

func newOnce[V any](limit int) *once[V] {
	return &once[V]{limit: limit, held: map[string]entry[V]{}}
}

// put keeps value through until. It fails with errTaken while the key is held and with errFull at the limit.
func (o *once[V]) put(key string, value V, until, now time.Time) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if old, found := o.held[key]; found && !now.After(old.until) {
		return errTaken
	}
	if len(o.held) >= o.limit {
		o.sweep(now)
	}
	if len(o.held) >= o.limit {
		return errFull
	}
	o.held[key] = entry[V]{value: value, until: until}
	return nil
}

// take gives out the value of key, once, if its time has not passed.
func (o *once[V]) take(key string, now time.Time) (V, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	found, ok := o.held[key]
	delete(o.held, key)
	if !ok || now.After(found.until) {
		var none V
		return none, false
	}
	return found.value, true
}

func (o *once[V]) sweep(now time.Time) {
	for key, e := range o.held {
		if now.After(e.until) {
			delete(o.held, key)
		}
	}
}
