package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/services/referral"
)

const (
	// waiting is how many contacts wait for a person in either authority.
	waiting = 300
	// portion is how many contacts are brought in in one transaction.
	portion = 10_000
	// years is how long ago the history begins.
	years = 10
)

// history is a past to bring into one authority.
type history struct {
	contacts int
	// teams share it evenly.
	teams []string
	now   time.Time
	maker *maker
}

// sources are those that the history is from, the first of them as often as its share of places.
func sources() []string { return []string{"6", "6", "6", "2A", "2A", "3A", "5A", "1A", "9", "4"} }

// load brings the history in with the owner's login, and what waits in the queue beside it. Two connections share the work.
func (h history) load(ctx context.Context, url string) error {
	group, sharing := errgroup.WithContext(ctx)
	group.SetLimit(2)
	for from := 0; from < h.contacts+waiting; from += portion {
		group.Go(func() error { return h.bring(sharing, url, from, min(from+portion, h.contacts+waiting)) })
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("bring in the history: %w", err)
	}
	return h.finish(ctx, url)
}

func (h history) bring(ctx context.Context, url string, from, to int) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	past := make([]referral.PastContact, 0, to-from)
	for n := from; n < to; n++ {
		past = append(past, h.contact(n))
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		// The rows come from one maker and fit each other; looking each one up would take longer than writing them.
		if _, err := tx.Exec(ctx, `SET LOCAL session_replication_role = replica; SET LOCAL search_path = referral`); err != nil {
			return err
		}
		return referral.Seed(ctx, tx, past)
	})
}

// contact is the nth of the history; the last ones wait, every fifth of them past its time, and are the same whatever the
// length of the history.
func (h history) contact(n int) referral.PastContact {
	age, waits := h.contacts+waiting-n, n >= h.contacts
	if waits {
		n -= h.contacts
	}
	surname := pick(surnames(), int64(n/7))
	c := referral.PastContact{
		PartnerID: sender, ReceivedAt: h.now.Add(-time.Duration(age) * (years * 365 * 24 * time.Hour / time.Duration(h.contacts+waiting))),
		Told: &referralv1.Told{
			Source: &referralv1.Source{Code: pick(sources(), int64(n)*7919%1009), Reference: fmt.Sprintf("PAST-%s-%d", h.maker.run, age)},
			Children: []*referralv1.ToldChild{{
				Name: fmt.Sprintf("%s %s", pick(givenNames(), int64(n)), surname), BirthDate: fmt.Sprintf("%02d/%02d/%d", 1+n%28, 1+n/28%12, 2008+n%15),
				NhsNumber: nhsNumber(int64(n)), Address: fmt.Sprintf("%d Example Street, London", n%9000), Postcode: pick(postcodes(), int64(n)),
			}},
			Worry: "Alone in the flat at half past nine in the evening.",
		},
	}
	child := referral.PastChild{Team: pick(h.teams, int64(n))}
	if !waits {
		child.Outcome, child.Reason, child.ReasonForReferrer = referralv1.Outcome_OUTCOME_NO_FURTHER_ACTION, "known and settled", "Nothing more is needed."
		child.PersonID, child.DecidedAt = sender, c.ReceivedAt.Add(3*time.Hour)
	} else {
		c.ReceivedAt, c.DecisionDueBy = h.now.Add(-time.Hour), h.now.Add(24*time.Hour)
		if n%5 == 0 {
			c.DecisionDueBy = h.now.Add(-time.Minute)
		}
	}
	c.Children = []referral.PastChild{child}
	return c
}

// finish gives the history its other two ends, one contact in thirteen each, so that even the shorter one fills a page
// whatever the filter; and what a database in use has: statistics and clean pages.
func (h history) finish(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, step := range []string{
		`SET search_path = referral`,
		`UPDATE contact SET state = 4 + get_byte(text_digest, 0) % 2 WHERE state = 2 AND get_byte(text_digest, 0) < 40`,
		`UPDATE finished_by_team f SET state = c.state FROM contact c WHERE c.id = f.contact AND c.state IN (4, 5)`,
		`VACUUM (ANALYZE)`, `CHECKPOINT`,
	} {
		if _, err := conn.Exec(ctx, step); err != nil {
			return fmt.Errorf("bring in the history: %w", err)
		}
	}
	return nil
}
