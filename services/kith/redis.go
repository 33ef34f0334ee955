package main

import (
	"context"
	"fmt"
	"log/slog"
)

// redisNotes takes what the Redis client has to say into the log, in its format and only in detail: losing Redis costs
// nothing but time, and whoever uses it says so.
type redisNotes struct{ log *slog.Logger }

// Printf writes a note.
func (n redisNotes) Printf(ctx context.Context, format string, values ...any) {
	n.log.DebugContext(ctx, "redis: "+fmt.Sprintf(format, values...))
}
