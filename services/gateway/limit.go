package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-redis/redis_rate/v10"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"github.com/kithcare/kith/pkg/fault"
)

const (
	// personFactor is how many times a partner's rate a person may have.
	personFactor = 10
	// redisWait is how long Redis may take; then this process counts alone.
	redisWait = 50 * time.Millisecond
	// redisPause is how long Redis is left alone after it did not answer.
	redisPause = time.Second
	// alarmPause is how often a partner over its limit is alarmed.
	alarmPause = time.Minute
	// recordPause is how often one caller's refused calls are kept as a denial: the record must not become the load.
	recordPause = time.Second
	// maxAccounts is how many callers are counted at once.
	maxAccounts = 8192
)

// limits counts calls by caller.
type limits struct {
	redis  *redis_rate.Limiter
	perMin int
	// wait is how long Redis may take.
	wait     time.Duration
	now      func() time.Time
	accounts *lru.Cache[string, *account]
	// silentUntil is when Redis may be asked again, in nanoseconds since 1970.
	silentUntil atomic.Int64
}

// account is one caller's calls.
type account struct {
	mu  sync.Mutex
	key string
	// left are calls already taken from Redis; none are there before dryUntil.
	left     int
	dryUntil time.Time
	// alone counts while Redis does not answer.
	alone    *rate.Limiter
	alarmed  time.Time
	recorded time.Time
}

func newLimits(d Deps) (*limits, error) {
	accounts, err := lru.New[string, *account](maxAccounts)
	if err != nil {
		return nil, fmt.Errorf("limits: %w", err)
	}
	l := &limits{perMin: d.RatePerMinute, wait: redisWait, now: d.Now, accounts: accounts}
	if d.Redis != nil {
		l.redis = redis_rate.NewLimiter(d.Redis)
	}
	return l, nil
}

func (l *limits) perMinute(who caller) int {
	if who.partner {
		return l.perMin
	}
	return l.perMin * personFactor
}

// account finds the caller's. Redis is not told who it is.
func (l *limits) account(who caller) *account {
	name := fmt.Sprintf("%s\x00%s\x00%t\x00%s", who.authority, who.issuer, who.partner, who.subject)
	if a, ok := l.accounts.Get(name); ok {
		return a
	}
	sum := sha256.Sum256([]byte(name))
	perMinute := l.perMinute(who)
	made := &account{
		key:   "kith:gateway:" + hex.EncodeToString(sum[:16]),
		alone: rate.NewLimiter(rate.Limit(float64(perMinute)/60), perMinute),
	}
	if a, ok, _ := l.accounts.PeekOrAdd(name, made); ok {
		return a
	}
	return made
}

// take counts a call. Where it is over the limit it says when the next one may come. A second's worth of calls is taken
// from Redis at a time, and a dry account is not asked about again: the count must cost less than the call.
func (l *limits) take(who caller) (ok bool, after time.Duration) {
	a := l.account(who)
	a.mu.Lock()
	defer a.mu.Unlock()
	now := l.now()
	if a.left == 0 && l.redis != nil && now.UnixNano() >= l.silentUntil.Load() && !now.Before(a.dryUntil) {
		perMinute := l.perMinute(who)
		got, err := l.ask(a.key, redis_rate.PerMinute(perMinute), max(1, perMinute/60))
		if err != nil {
			l.silentUntil.Store(now.Add(redisPause).UnixNano())
			return a.takeAlone(now)
		}
		a.left = got.Allowed
		if a.left == 0 {
			a.dryUntil = now.Add(max(time.Millisecond, got.RetryAfter))
		}
	}
	switch {
	case a.left > 0:
		a.left--
		return true, 0
	case now.Before(a.dryUntil):
		return false, a.dryUntil.Sub(now)
	}
	return a.takeAlone(now)
}

func (a *account) takeAlone(now time.Time) (ok bool, after time.Duration) {
	r := a.alone.ReserveN(now, 1)
	if after = r.DelayFrom(now); after > 0 {
		r.CancelAt(now)
		return false, after
	}
	return true, 0
}

// ask waits for Redis, but not for long, whatever its client is set to.
func (l *limits) ask(key string, limit redis_rate.Limit, n int) (*redis_rate.Result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), l.wait)
	type said struct {
		result *redis_rate.Result
		err    error
	}
	answer := make(chan said, 1)
	go func() {
		defer cancel()
		result, err := l.redis.AllowAtMost(ctx, key, limit, n)
		answer <- said{result, err}
	}()
	select {
	case a := <-answer:
		return a.result, a.err
	case <-ctx.Done():
		select {
		case a := <-answer:
			return a.result, a.err
		default:
			return nil, ctx.Err()
		}
	}
}

// due says whether something that is done at most once in a while is due again, and notes that it is done.
func (l *limits) due(who caller, last func(*account) *time.Time, pause time.Duration) bool {
	a := l.account(who)
	a.mu.Lock()
	defer a.mu.Unlock()
	at, now := last(a), l.now()
	if !at.IsZero() && now.Sub(*at).Abs() < pause {
		return false
	}
	*at = now
	return true
}

// limited counts the call. A contact over the limit is marked and alarmed, and goes on: refusing a worry about a child
// is a hazard. A person's contact is not counted.
func (g *Gateway) limited(ctx context.Context, c *call) *fault.Fault {
	if c.route.contact() && !c.who.partner {
		return nil
	}
	ok, after := g.limits.take(c.who)
	if ok {
		return nil
	}
	if !c.route.contact() {
		return fault.Limited(after)
	}
	c.overLimit = true
	if g.limits.due(c.who, func(a *account) *time.Time { return &a.alarmed }, alarmPause) {
		g.log.WarnContext(ctx, "a partner is over its rate limit; its contacts are taken all the same",
			"alarm", "partner_over_limit", "authority", c.who.authority, "partner", c.who.subject, "perMinute", g.limits.perMin)
	}
	return nil
}
