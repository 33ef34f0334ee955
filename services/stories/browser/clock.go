package browser

import (
	"sync"
	"time"
)

// Clock is the clock that a platform's rules read. It goes as the real one does, and further by what a test lets pass.
type Clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

// Now is the time on it.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

// Pass moves it on. Everybody on the platform notices: a test that moves the clock has a platform of its own ([Kith.Apart]).
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// set makes it show another time, and go on from there.
func (c *Clock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead = time.Until(now)
}

// lead is how far it is ahead of the real one.
func (c *Clock) lead() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead
}
