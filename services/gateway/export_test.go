package gateway

import "time"

// WaitForRedis changes how long Redis may take, for tests on a machine that does much else.
func (g *Gateway) WaitForRedis(wait time.Duration) { g.limits.wait = wait }

// WaitForPlace changes how long a call waits for a place.
func (g *Gateway) WaitForPlace(patience time.Duration) { g.gate.patience = patience }
