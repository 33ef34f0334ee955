package eventlog

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Bell tells other processes that there is something new in a log. It keeps nothing, and losing it costs nothing but
// the second until the next look.
type Bell struct {
	client redis.UniversalClient
	log    *slog.Logger

	mu      sync.Mutex
	waiting map[string]bool
	wake    chan struct{}
}

// NewBell makes the bell and rings it in the background until ctx ends, so that no call waits for Redis.
func NewBell(ctx context.Context, client redis.UniversalClient, log *slog.Logger) *Bell {
	b := &Bell{client: client, log: log, waiting: map[string]bool{}, wake: make(chan struct{}, 1)}
	go b.ringing(ctx)
	return b
}

// Ring announces something new in an authority's log of a service.
func (b *Bell) Ring(authority, service string) {
	b.mu.Lock()
	b.waiting[channel(authority, service)] = true
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func channel(authority, service string) string { return "kith:" + service + ":" + authority }

func (b *Bell) ringing(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
		}
		b.mu.Lock()
		channels := make([]string, 0, len(b.waiting))
		for c := range b.waiting {
			channels = append(channels, c)
		}
		clear(b.waiting)
		b.mu.Unlock()
		for _, c := range channels {
			short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
			if err := b.client.Publish(short, c, "").Err(); err != nil && ctx.Err() == nil {
				b.log.DebugContext(ctx, "the bell does not ring", "error", err)
			}
			cancel()
		}
	}
}

// Listen gives the authorities in whose log of the service something is new, until ctx ends.
func (b *Bell) Listen(ctx context.Context, service string) <-chan string {
	heard := make(chan string, 100)
	go func() {
		defer close(heard)
		sub := b.client.PSubscribe(ctx, channel("*", service))
		defer func() { _ = sub.Close() }()
		rings := sub.Channel(redis.WithChannelSize(100))
		for {
			select {
			case msg, ok := <-rings:
				if !ok {
					return
				}
				select {
				case heard <- msg.Channel[strings.LastIndex(msg.Channel, ":")+1:]:
				case <-ctx.Done():
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return heard
}
