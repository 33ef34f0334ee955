package gateway

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/kithcare/kith/pkg/fault"
)

const (
	// patience is how long a call waits for a place.
	patience = 250 * time.Millisecond
	// queueFactor is how many calls may wait, for each place.
	queueFactor = 2
)

// gate lets a number of calls in at once. A few more wait a moment; the rest are told to come back, before anything was
// sent to a service.
type gate struct {
	places  chan struct{}
	waiting atomic.Int64
	queue   int64
	// patience is how long a call waits.
	patience time.Duration
}

func newGate(places int) *gate {
	return &gate{places: make(chan struct{}, places), queue: int64(places) * queueFactor, patience: patience}
}

// crowded says that a call would be told to come back, without taking anything. Asked before anything is read, it makes
// a call that can't be taken cost next to nothing, so that a flood leaves the room to those who are inside.
func (g *gate) crowded() bool {
	return g.waiting.Load() >= g.queue && len(g.places) == cap(g.places)
}

// enter takes a place; give it back with leave.
func (g *gate) enter(ctx context.Context) (leave func(), busy *fault.Fault) {
	select {
	case g.places <- struct{}{}:
		return g.leave, nil
	default:
	}
	defer g.waiting.Add(-1)
	if g.waiting.Add(1) > g.queue {
		return nil, full()
	}
	timer := time.NewTimer(g.patience)
	defer timer.Stop()
	select {
	case g.places <- struct{}{}:
		return g.leave, nil
	case <-timer.C:
		return nil, full()
	case <-ctx.Done():
		return nil, fault.From(ctx.Err())
	}
}

func (g *gate) leave() { <-g.places }

func full() *fault.Fault {
	return fault.Busy("there are more calls at the moment than can be taken; nothing was taken, send it again", time.Second)
}
