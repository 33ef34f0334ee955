package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// receiveFlood measures what is left of the peak when four times as many contacts come as can be taken.
func (b *bench) receiveFlood(ctx context.Context, p *pair) error {
	var peaks, goods, crowds []float64
	later := 0
	for range b.runs {
		kith, _, err := p.targets(ctx)
		if err != nil {
			return err
		}
		peak, err := kith.steady(ctx, saturating, each)
		if err != nil {
			return err
		}
		if err := settle(ctx, p.kith); err != nil {
			return err
		}
		four, err := kith.steady(ctx, overload*saturating, each)
		if err != nil {
			return err
		}
		if err := settle(ctx, p.kith); err != nil {
			return err
		}
		flood, err := kith.flood(ctx, overload*peak.rate(), crowd, each)
		if err != nil {
			return err
		}
		if flood.silent > 0 || flood.broken > 0 {
			return fmt.Errorf("under overload %d calls got 503 without Retry-After and %d no answer", flood.silent, flood.broken)
		}
		for _, t := range []*tally{peak, four, flood} {
			p.acknowledged = append(p.acknowledged, t.acknowledged...)
		}
		later += flood.later + four.later
		peaks, goods, crowds = append(peaks, peak.rate()), append(goods, flood.rate()), append(crowds, four.rate())
		say("overload: peak %.0f/s, %d connections %.0f/s, %.0f a second offered %.0f/s (%d told to come again)",
			peak.rate(), overload*saturating, four.rate(), overload*peak.rate(), flood.rate(), flood.later)
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
	b.table.note("Overload: %d calls were told to come again (503 with Retry-After), none without being told when, none broken, none refused for a quota.", later)
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
