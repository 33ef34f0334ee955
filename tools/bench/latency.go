package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/kithcare/kith/services/platform/up"
)

const (
	// pace is how many contacts come in a second, and are passed on.
	pace = 50
	// during is how long one run of them lasts.
	during = 8 * time.Second
	// late is how long after its end a run waits for what is still missing.
	late = 20 * time.Second
	// screener and worker are a member of the Referral Team and one of the team whose patch the contacts come from.
	screener, worker, team = "zainab-sesay", "amina-yusuf", "north-kensington"
)

// latencies runs the platform in this process, because its Redis has to go away and come back.
func (b *bench) latencies(ctx context.Context) (err error) {
	data := filepath.Join(b.folder, "latency")
	address, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	p, err := up.Start(ctx, up.Config{
		Data: data, Listen: address, Version: "bench", RatePerMinute: unlimited, Now: time.Now, Wall: time.Now, Out: io.Discard, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	defer func() {
		end, cancel := up.StopTime(ctx)
		defer cancel()
		err = errors.Join(err, p.Stop(end))
	}()
	// The client would tell of every try to reach a Redis that is down on purpose.
	redis.SetLogger(mute{})
	with, without := &waits{}, &waits{}
	for range b.runs {
		if err := with.run(ctx, data, address); err != nil {
			return err
		}
		p.Redis().Close()
		err := without.run(ctx, data, address)
		if err := errors.Join(err, p.Redis().Restart()); err != nil {
			return err
		}
		say("at %d a second, p99: queue %v, team %v; without Redis: queue %v, team %v", pace,
			short(last(with.queue)), short(last(with.team)), short(last(without.queue)), short(last(without.team)))
	}
	b.table.add(waited("201 to the contact in the queue", with.queue, 500*time.Millisecond))
	b.table.add(waited("200 to the family in the team's list", with.team, 500*time.Millisecond))
	b.table.add(waited("201 to the contact in the queue, Redis down", without.queue, 3*time.Second))
	b.table.add(waited("200 to the family in the team's list, Redis down", without.team, 3*time.Second))
	return nil
}

type mute struct{}

// Printf drops the line.
func (mute) Printf(context.Context, string, ...any) {}

func last(all []time.Duration) time.Duration { return all[len(all)-1] }

func waited(name string, p99 []time.Duration, most time.Duration) figure {
	return figure{
		name: fmt.Sprintf("%s, %d a second: p99", name, pace), a: short(median(p99)), value: short(median(p99)), target: "≤ " + most.String(),
		met: median(p99) <= most, spread: spread(p99, short),
	}
}

// waits are the p99 of each run: from the partner's 201 to the queue, and from the screener's 200 to the team's list.
type waits struct{ queue, team []time.Duration }

// story is one run: contacts come, a screener who has seen one in the queue passes its child on, and the team looks.
type story struct {
	partner, screener, worker *desk
	maker                     *maker

	mu sync.Mutex
	// received, seen and so on are the moments of each step, by the child's name.
	received, queued, passed, arrived map[string]time.Time
	// child is the resource name of a contact's child.
	child map[string]string
	errs  []error
	work  sync.WaitGroup
}

func (w *waits) run(ctx context.Context, data, address string) error {
	s := &story{
		maker: newMaker(), received: map[string]time.Time{}, queued: map[string]time.Time{}, passed: map[string]time.Time{},
		arrived: map[string]time.Time{}, child: map[string]string{},
	}
	for name, d := range map[string]**desk{partner: &s.partner, screener: &s.screener, worker: &s.worker} {
		token, err := up.Token(ctx, data, address, name)
		if err != nil {
			return err
		}
		*d = newDesk(address, token)
	}
	looking, stop := context.WithCancel(ctx)
	defer stop()
	var lookers sync.WaitGroup
	for _, f := range []*follower{
		{desk: s.screener, path: "authorities/" + authority + "/contacts", query: url.Values{}, found: s.inQueue(ctx)},
		{desk: s.worker, path: "authorities/" + authority + "/teams/" + team + "/families", query: url.Values{"state": {"FAMILY_STATE_AWAITING_ALLOCATION"}}, found: s.inList},
	} {
		// The first look finds the end of the list, and is not counted.
		if err := f.look(ctx); err != nil {
			return err
		}
		lookers.Go(func() { s.fail(f.follow(looking)) })
	}
	s.tell(ctx)
	s.await(ctx)
	stop()
	lookers.Wait()
	s.work.Wait()
	if err := errors.Join(append(s.errs, ctx.Err())...); err != nil {
		return err
	}
	queue, team := between(s.received, s.queued), between(s.passed, s.arrived)
	if len(queue) < len(s.received) || len(team) < len(s.received) {
		return fmt.Errorf("of %d contacts %d came into the queue and %d to the team", len(s.received), len(queue), len(team))
	}
	w.queue, w.team = append(w.queue, quantile(queue, 0.99)), append(w.team, quantile(team, 0.99))
	return nil
}

// between is how long each took from one step to the next. What was seen before the answer had come took no time.
func between(from, to map[string]time.Time) []time.Duration {
	var took []time.Duration
	for name, at := range from {
		if then, ok := to[name]; ok {
			took = append(took, max(0, then.Sub(at)))
		}
	}
	return took
}

// tell sends contacts at the pace, whatever happens to the ones before.
func (s *story) tell(ctx context.Context) {
	tick := time.NewTicker(time.Second / pace)
	defer tick.Stop()
	for n := range pace * int(during/time.Second) {
		name := fmt.Sprintf("Bench %s %05d", s.maker.run, n)
		s.work.Go(func() {
			var answer struct{ Children []struct{ Name string } }
			err := s.partner.post(ctx, "authorities/"+authority+"/contacts", name, s.maker.single(name), &answer)
			at := time.Now()
			if err == nil && len(answer.Children) != 1 {
				err = errors.New("the acknowledgement does not name the child")
			}
			if err != nil {
				s.fail(err)
				return
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.received[name], s.child[name] = at, answer.Children[0].Name
		})
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// inQueue notes that a contact is in the queue, and lets the screener pass its child on.
func (s *story) inQueue(ctx context.Context) func(name, etag string, children []string, at time.Time) {
	return func(_, etag string, children []string, at time.Time) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, name := range children {
			child, ours := s.child[name]
			if _, before := s.queued[name]; before || !ours {
				continue
			}
			s.queued[name] = at
			s.work.Go(func() { s.pass(ctx, name, child, etag) })
		}
	}
}

func (s *story) pass(ctx context.Context, name, child, etag string) {
	body := fmt.Appendf(nil, `{"outcome":"OUTCOME_FAMILY_FACING_TEAM","reason":"alone again","reasonForReferrer":"The team will ring the family.","etag":%q}`, etag)
	var answer struct{}
	err := s.screener.post(ctx, child+":screen", "screen "+name, body, &answer)
	at := time.Now()
	if err != nil {
		s.fail(err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.passed[name] = at
}

// inList notes that a family is in the team's list.
func (s *story) inList(_, _ string, children []string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range children {
		if _, before := s.arrived[name]; !before {
			s.arrived[name] = at
		}
	}
}

// await waits until every contact has come to the team, or nothing more is to be expected.
func (s *story) await(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, late)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil && !s.complete() {
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

func (s *story) complete() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.errs) > 0 || len(s.passed) == pace*int(during/time.Second) && len(between(s.passed, s.arrived)) == len(s.passed)
}

func (s *story) fail(err error) {
	if err == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errs = append(s.errs, err)
}
