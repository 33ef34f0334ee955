package referral

import (
	"sync"
	"time"
)

const (
	// gateWidth is how many call-backs go to one partner at once: one that is slow does not hold up the others'.
	gateWidth = 3
	// gateWait is how long one waits that found no room.
	gateWait = 2 * time.Second
)

// gate counts what is on its way to each partner.
type gate struct {
	mu   sync.Mutex
	busy map[string]int
}

func newGate() *gate { return &gate{busy: map[string]int{}} }

func (g *gate) enter(partner string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.busy[partner] == gateWidth {
		return false
	}
	g.busy[partner]++
	return true
}

func (g *gate) leave(partner string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.busy[partner]--; g.busy[partner] == 0 {
		delete(g.busy, partner)
	}
}
