package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// warming is how long a load goes on before it is counted.
const warming = 500 * time.Millisecond

// target is a server that takes contacts.
type target struct {
	address, token string
	maker          *maker
}

// tally is what became of the calls of one run.
type tally struct {
	mu sync.Mutex
	// took is how long each contact took that was acknowledged.
	took []time.Duration
	// acknowledged are their ids.
	acknowledged []string
	// later are calls that were asked to come again; silent those that were asked without being told when.
	later, silent int
	// broken are calls without an answer; odd is an answer of any other kind.
	broken  int
	odd     error
	elapsed time.Duration
}

func (t *tally) rate() float64 { return float64(len(t.took)) / t.elapsed.Seconds() }

// count writes one call down.
func (t *tally) count(r reply, err error, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err != nil:
		t.broken++
	case r.status == 201:
		t.took = append(t.took, took)
		t.acknowledged = append(t.acknowledged, idIn(r.body))
	case r.status == 503 && r.later:
		t.later++
	case r.status == 503:
		t.silent++
	default:
		t.odd = unexpected(r)
	}
}

// idIn is the contact's id in an acknowledgement; its name comes first or is found.
func idIn(body []byte) string {
	var answer struct {
		Name string `json:"name"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return ""
	}
	return answer.Name[strings.LastIndex(answer.Name, "/")+1:]
}

// fault says why a run can't be counted.
func (t *tally) fault() error {
	switch {
	case t.odd != nil:
		return t.odd
	case len(t.took) == 0:
		return errors.New("no contact was taken")
	}
	return nil
}

// steady sends on each of the connections one contact after another, for a while. The first moment is not counted.
func (to target) steady(ctx context.Context, connections int, during time.Duration) (*tally, error) {
	warm, counted := &tally{}, &tally{elapsed: during}
	began := time.Now()
	from := began.Add(warming)
	until := from.Add(during)
	var all sync.WaitGroup
	for i := range connections {
		all.Go(func() {
			c := &caller{address: to.address}
			defer c.close()
			for n := 0; ctx.Err() == nil; n++ {
				sent := time.Now()
				if sent.After(until) {
					return
				}
				r, err := c.post(to.token, key(began, i, n), to.maker.notification())
				answered := time.Now()
				if answered.Before(from) || answered.After(until) {
					warm.count(r, err, answered.Sub(sent))
					continue
				}
				counted.count(r, err, answered.Sub(sent))
			}
		})
	}
	all.Wait()
	counted.acknowledged = append(counted.acknowledged, warm.acknowledged...)
	if counted.broken > 0 {
		return counted, fmt.Errorf("%d calls were not answered", counted.broken)
	}
	return counted, errors.Join(counted.fault(), ctx.Err())
}

// key is a new Idempotency-Key.
func key(began time.Time, connection, n int) string {
	return fmt.Sprintf("bench-%d-%d-%d", began.UnixNano(), connection, n)
}

// flood sends contacts at a rate, whatever the answers, from at most as many connections; where all of them wait for an
// answer a contact is sent later than it should have been.
func (to target) flood(ctx context.Context, rate float64, connections int, during time.Duration) (*tally, error) {
	t := &tally{}
	began := time.Now()
	due := make(chan int)
	var all sync.WaitGroup
	for i := range connections {
		all.Go(func() {
			c := &caller{address: to.address}
			defer c.close()
			for n := range due {
				sent := time.Now()
				r, err := c.post(to.token, key(began, i, n), to.maker.notification())
				t.count(r, err, time.Since(sent))
			}
		})
	}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for sent := 0; ctx.Err() == nil && time.Since(began) < during; <-tick.C {
		for ; float64(sent) < rate*time.Since(began).Seconds() && time.Since(began) < during; sent++ {
			due <- sent
		}
	}
	close(due)
	all.Wait()
	// What was in the queue when the sending ended is answered a moment later, and counts with its time.
	t.elapsed = time.Since(began)
	return t, errors.Join(t.fault(), ctx.Err())
}

// sample is the middle of a body's size, for the table.
func sample() int { return len(bytes.TrimSpace(newMaker().notification())) }
