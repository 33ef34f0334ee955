package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"
)

// looks is how often each page is asked for in one run.
const looks = 12

// side is one of the two authorities with its history.
type side struct {
	authority string
	desk      *desk
	teams     []string
	contacts  int
}

// filters are every combination that the queue offers, without a filter first.
func filters(team string) []url.Values {
	var all []url.Values
	for _, state := range []string{"", "UNDECIDED", "DECIDED", "PROPOSED_VERSION", "ACCEPTED_AS_VERSION", "SENT_IN_ERROR"} {
		for _, overdue := range []bool{false, true} {
			for _, source := range []string{"", "2A"} {
				for _, team := range []string{"", team} {
					one := url.Values{}
					if state != "" {
						one.Set("state", "CONTACT_STATE_"+state)
					}
					if overdue {
						one.Set("overdue", "true")
					}
					if source != "" {
						one.Set("sourceCode", source)
					}
					if team != "" {
						one.Set("team", team)
					}
					all = append(all, one)
				}
			}
		}
	}
	return all
}

func (b *bench) queues(ctx context.Context) (err error) {
	h, err := b.open(ctx, filepath.Join(b.folder, "queue"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.stop()) }()
	long, brief := 1_000_000, 10_000
	if b.quick {
		long /= 10
	}
	sides := [2]side{
		{authority: authority, teams: []string{"north-kensington", "chelsea"}, contacts: long},
		{authority: other, teams: []string{"shepherds-bush", "fulham"}, contacts: brief},
	}
	for i, who := range []string{screener, "ewa-kowalczuk"} {
		began := time.Now()
		if err := sides[i].fill(ctx, h); err != nil {
			return err
		}
		say("%d contacts of history in %s", sides[i].contacts, short(time.Since(began)))
		token, err := h.token(ctx, who)
		if err != nil {
			return err
		}
		sides[i].desk = newDesk(h.address, token)
	}
	return b.look(ctx, sides)
}

func (s side) fill(ctx context.Context, h *house) error {
	url, err := ownerOf(h.data, s.authority)
	if err != nil {
		return err
	}
	return history{contacts: s.contacts, teams: s.teams, now: time.Now(), maker: newMaker()}.load(ctx, url)
}

// look compares the first pages, filter by filter.
func (b *bench) look(ctx context.Context, sides [2]side) error {
	count := len(filters(""))
	long, brief := make([][]time.Duration, count), make([][]time.Duration, count)
	// The first round prepares statements and fills caches, and is not counted.
	for round := range b.runs + 1 {
		for i := range count {
			var took [2][]time.Duration
			for n := range 2 * looks {
				one, err := sides[n%2].first(ctx, i)
				if err != nil {
					return err
				}
				took[n%2] = append(took[n%2], one)
			}
			if round > 0 {
				long[i], brief[i] = append(long[i], median(took[0])), append(brief[i], median(took[1]))
			}
		}
		say("first pages, round %d of %d", round, b.runs)
	}
	worst, over := 0, 0
	for i := range count {
		if median(ratios(long[i], brief[i])) > median(ratios(long[worst], brief[worst])) {
			worst = i
		}
		if median(ratios(long[i], brief[i])) > 1.5 {
			over++
		}
	}
	for _, f := range []struct {
		name string
		i    int
	}{{"no filter", 0}, {fmt.Sprintf("the worst of %d combinations of filters, %s", count, name(filters("…")[worst])), worst}} {
		all := ratios(long[f.i], brief[f.i])
		b.table.add(figure{
			name: fmt.Sprintf("the queue's first page, %d contacts (A), %d (B): %s", sides[0].contacts, sides[1].contacts, f.name),
			a:    short(median(long[f.i])), b: short(median(brief[f.i])), value: times(median(all)), target: "≤ 1.50×",
			met: median(all) <= 1.5, spread: spread(all, times),
		})
	}
	b.table.note("The queue: %d of %d combinations of filters took more than 1.5× as long.", over, count)
	return nil
}

func name(filter url.Values) string {
	if len(filter) == 0 {
		return "none"
	}
	text, err := url.QueryUnescape(filter.Encode())
	if err != nil {
		return filter.Encode()
	}
	return text
}

// first is how long the first page with the nth filter takes.
func (s side) first(ctx context.Context, n int) (time.Duration, error) {
	filter := filters("authorities/" + s.authority + "/teams/" + s.teams[0])[n]
	asked := time.Now()
	var page listed
	err := s.desk.get(ctx, "authorities/"+s.authority+"/contacts", filter, &page)
	return time.Since(asked), err
}
