package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// overloaded is one run: the peak, the same with four times as many connections, and four times the peak's rate.
type overloaded struct {
	peak, four, flood *tally
	// own is the share of all processors that making the flood took.
	own float64
}

func (p *pair) overload(ctx context.Context) (o overloaded, err error) {
	kith, _, err := p.targets(ctx)
	if err != nil {
		return o, err
	}
	if o.peak, err = kith.steady(ctx, saturating, each); err != nil {
		return o, err
	}
	if err := settle(ctx, p.kith); err != nil {
		return o, err
	}
	if o.four, err = kith.steady(ctx, overload*saturating, each); err != nil {
		return o, err
	}
	if err := settle(ctx, p.kith); err != nil {
		return o, err
	}
	before, err := consumed(os.Getpid())
	if err != nil {
		return o, err
	}
	if o.flood, err = kith.flood(ctx, overload*o.peak.rate(), crowd, each); err != nil {
		return o, err
	}
	after, err := consumed(os.Getpid())
	o.own = (after - before).Seconds() / o.flood.elapsed.Seconds() / float64(runtime.NumCPU())
	for _, t := range []*tally{o.peak, o.four, o.flood} {
		p.acknowledged = append(p.acknowledged, t.acknowledged...)
	}
	if o.flood.silent > 0 || o.flood.broken > 0 {
		return o, fmt.Errorf("under overload %d calls got 503 without Retry-After and %d no answer", o.flood.silent, o.flood.broken)
	}
	return o, err
}

// receiveFlood measures what is left of the peak when four times as many contacts come as can be taken.
func (b *bench) receiveFlood(ctx context.Context, p *pair) error {
	var peaks, goods, crowds, own []float64
	later := 0
	for range b.runs {
		o, err := p.overload(ctx)
		if err != nil {
			return err
		}
		later += o.flood.later + o.four.later
		peaks, goods, crowds = append(peaks, o.peak.rate()), append(goods, o.flood.rate()), append(crowds, o.four.rate())
		own = append(own, o.own)
		say("overload: peak %.0f/s, %d connections %.0f/s, %.0f a second offered %.0f/s (%d told to come again)",
			o.peak.rate(), overload*saturating, o.four.rate(), overload*o.peak.rate(), o.flood.rate(), o.flood.later)
	}
	for _, f := range []struct {
		name string
		got  []float64
	}{
		{fmt.Sprintf("goodput, %d connections (A), of the peak (B)", overload*saturating), crowds},
		{fmt.Sprintf("goodput, %d× the peak offered (A), of the peak (B)", overload), goods},
	} {
		all := ratios(f.got, peaks)
		b.table.add(figure{
			name: f.name, a: perSecond(median(f.got)), b: perSecond(median(peaks)), value: share(median(all)), target: "≥ 80%",
			met: median(all) >= 0.8, spread: spread(all, share),
		})
	}
	b.table.note("Overload: %d calls were told to come again (503 with Retry-After), none without being told when, none broken, none refused for a quota. Making the "+
		"flood took %s of all processors, which the servers did not have.", later, share(median(own)))
	return nil
}

// nothingLost looks for every contact that was acknowledged.
func (p *pair) nothingLost(ctx context.Context, t *table) error {
	var there int
	err := p.kith.QueryRow(ctx, `SELECT count(*) FROM referral.contact WHERE id = ANY ($1::uuid[])`, p.acknowledged).Scan(&there)
	if err != nil {
		return fmt.Errorf("look for what was acknowledged: %w", err)
	}
	if there != len(p.acknowledged) {
		return fmt.Errorf("of %d acknowledged contacts %d are there", len(p.acknowledged), there)
	}
	t.note("Of %d contacts that Kith acknowledged in these runs all are there, once.", there)
	return nil
}

// written counts the rows that a contact left behind when it came, by table.
const written = `SELECT ARRAY[(SELECT count(*) FROM referral.contact WHERE id = $1),
	(SELECT count(*) FROM referral.request WHERE at = (SELECT received_at FROM referral.contact WHERE id = $1)),
	(SELECT count(*) FROM referral.told_version WHERE contact = $1), (SELECT count(*) FROM referral.child WHERE contact = $1),
	(SELECT count(*) FROM referral.audit WHERE subjects @> ARRAY['contacts/' || $1::text] AND method LIKE '%/ReceiveContact'),
	(SELECT count(*) FROM referral.event WHERE entity = 'contact/' || $1::text)]`

// sameRows holds the newest contact of each against the other's: a comparison with a handler that writes less says
// nothing.
func (p *pair) sameRows(ctx context.Context) error {
	var rows [2][]int64
	for i, conn := range []*pgx.Conn{p.kith, p.rows} {
		var newest uuid.UUID
		if err := conn.QueryRow(ctx, `SELECT id FROM referral.contact ORDER BY id DESC LIMIT 1`).Scan(&newest); err != nil {
			return fmt.Errorf("compare the rows: %w", err)
		}
		if err := conn.QueryRow(ctx, written, newest).Scan(&rows[i]); err != nil {
			return fmt.Errorf("compare the rows: %w", err)
		}
	}
	if !slices.Equal(rows[0], rows[1]) {
		return fmt.Errorf("the two do not write the same rows for a contact: Kith %v, bare %v", rows[0], rows[1])
	}
	return nil
}
