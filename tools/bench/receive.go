package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/pg/pgchild"
	"github.com/kithcare/kith/services/referral"
)

const (
	// partner sends the contacts.
	partner = "met-police"
	// saturating is how many connections keep the servers busy.
	saturating = 32
	// overload is how many times the saturating load must not bring them down.
	overload = 4
	// crowd is how many connections an overload may take: as many as wait for a place at the gateway, and more.
	crowd = 1400
	// each is how long one run counts.
	each = 6 * time.Second
	// turns is how often the two take turns within one run.
	turns = 3
	// asks is how many calls one run of the unloaded latency makes.
	asks = 500
)

// pair is Kith (A) and the bare handler (B), each with its database on the same PostgreSQL.
type pair struct {
	house *house
	bare  *child
	maker *maker
	// kith and rows are the owner's connections to the two databases.
	kith, rows *pgx.Conn
	// acknowledged are all the contacts that Kith has acknowledged.
	acknowledged []string
}

func (b *bench) receives(ctx context.Context) (err error) {
	h, err := b.open(ctx, filepath.Join(b.folder, "receive"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.stop()) }()
	p := &pair{house: h, maker: newMaker()}
	if err := p.open(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close(ctx)) }()
	for _, measure := range []func(context.Context, *pair) error{b.receiveRate, b.receiveAlone, b.receiveFlood} {
		if err := measure(ctx, p); err != nil {
			return err
		}
	}
	if err := p.sameRows(ctx); err != nil {
		return err
	}
	return p.nothingLost(ctx, &b.table)
}

// open makes the bare handler's database and starts it.
func (p *pair) open(ctx context.Context) error {
	const authority, database = "bench-bare", "bench_bare"
	at, err := pgchild.Running(p.house.data)
	if err != nil {
		return err
	}
	server, err := pgx.Connect(ctx, at.OwnerURL("postgres"))
	if err != nil {
		return fmt.Errorf("the bare database: %w", err)
	}
	defer func() { _ = server.Close(ctx) }()
	if err := pg.CreateDatabase(ctx, server, database); err != nil {
		return err
	}
	if p.rows, err = pgx.Connect(ctx, at.OwnerURL(database)); err != nil {
		return fmt.Errorf("the bare database: %w", err)
	}
	if p.kith, err = pgx.Connect(ctx, at.OwnerURL(pg.Database("kensington-chelsea"))); err != nil {
		return fmt.Errorf("the database of Kith: %w", err)
	}
	password := pg.Password()
	if err := pg.Provision(ctx, p.rows, authority, "referral", password); err != nil {
		return err
	}
	if _, err := pg.Migrate(ctx, at.OwnerURL(database), authority, referral.Schema()); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("the bare handler: %w", err)
	}
	p.bare, err = launch(ctx, func(ctx context.Context, address string) *exec.Cmd {
		url := at.URL(database, pg.Role(authority, "referral"), password)
		// As many connections as Kith has.
		return command(ctx, self, "bare", "-listen", address, "-database", fmt.Sprintf("%s&pool_max_conns=%d", url, pg.MaxConns))
	})
	if err != nil {
		return err
	}
	return p.bare.ready(ctx, "/readyz")
}

func (p *pair) close(ctx context.Context) error {
	return errors.Join(p.bare.stop(), p.rows.Close(ctx), p.kith.Close(ctx))
}

// targets gives both, with a fresh token, once everything before is over.
func (p *pair) targets(ctx context.Context) (kith, bare target, err error) {
	if err := settle(ctx, p.kith); err != nil {
		return kith, bare, err
	}
	token, err := p.house.token(ctx, partner)
	return target{p.house.address, token, p.maker}, target{p.bare.address, token, p.maker}, err
}

// passOver puts the neighbour behind everything that has happened. What becomes of contacts afterwards is measured by
// another part, and waiting for it here would take most of the time.
const passOver = `UPDATE familyfacing.cursor SET (position, event_id) = (SELECT position, id FROM referral.event WHERE position IS NOT NULL
	ORDER BY position DESC LIMIT 1) WHERE log = 'referral' AND position < (SELECT max(position) FROM referral.event)`

// settle lets whatever a run leaves behind be over, and brings what was written to the disk, so that no run pays for the
// one before.
func settle(ctx context.Context, owner *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		var behind bool
		passed, err := owner.Exec(ctx, passOver)
		if err == nil {
			err = owner.QueryRow(ctx, `SELECT EXISTS (SELECT FROM referral.event WHERE position IS NULL)`).Scan(&behind)
		}
		if err != nil {
			return fmt.Errorf("pass over the events: %w", err)
		}
		if passed.RowsAffected() == 0 && !behind {
			_, err := owner.Exec(ctx, `CHECKPOINT`)
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("pass over the events: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// turn is a part of one run; within a run the two take turns, so that what else the machine does falls on both.
type turn struct {
	contacts         int
	during, consumed time.Duration
}

func (t *turn) add(other turn) {
	t.contacts += other.contacts
	t.during += other.during
	t.consumed += other.consumed
}

func (t *turn) rate() float64 { return float64(t.contacts) / t.during.Seconds() }

// cost is the server's own processor time for a contact, PostgreSQL's not counted.
func (t *turn) cost() time.Duration { return t.consumed / time.Duration(t.contacts) }

// take keeps a server busy for a turn.
func (p *pair) take(ctx context.Context, to target, server *child) (turn, error) {
	before, err := consumed(server.cmd.Process.Pid)
	if err != nil {
		return turn{}, err
	}
	t, err := to.steady(ctx, saturating, each/turns)
	if err != nil {
		return turn{}, err
	}
	after, err := consumed(server.cmd.Process.Pid)
	if err != nil {
		return turn{}, err
	}
	if server == p.house.child {
		p.acknowledged = append(p.acknowledged, t.acknowledged...)
		err = settle(ctx, p.kith)
	}
	// The time was consumed for the warming up as well.
	return turn{len(t.took), t.elapsed, (after - before) * time.Duration(len(t.took)) / time.Duration(len(t.acknowledged))}, err
}

// receiveRate measures how many contacts a second 32 connections get acknowledged.
func (b *bench) receiveRate(ctx context.Context, p *pair) error {
	var a, bare []float64
	var costs, bareCosts []time.Duration
	for range b.runs {
		kith, other, err := p.targets(ctx)
		if err != nil {
			return err
		}
		var with, without turn
		for range turns {
			t, err := p.take(ctx, kith, p.house.child)
			if err != nil {
				return err
			}
			with.add(t)
			if t, err = p.take(ctx, other, p.bare); err != nil {
				return err
			}
			without.add(t)
		}
		a, bare = append(a, with.rate()), append(bare, without.rate())
		costs, bareCosts = append(costs, with.cost()), append(bareCosts, without.cost())
		say("receiving: Kith %.0f/s, bare %.0f/s; processor time for a contact %v, %v", with.rate(), without.rate(), short(with.cost()), short(without.cost()))
	}
	all := ratios(a, bare)
	b.table.add(figure{
		name: fmt.Sprintf("receiving, %d connections, %d bytes (A Kith, B bare)", saturating, sample()),
		a:    perSecond(median(a)), b: perSecond(median(bare)), value: times(median(all)), target: "≥ 0.50×", met: median(all) >= 0.5, spread: spread(all, times),
	})
	b.table.note("Receiving costs Kith %v of processor time for a contact, what it does about it afterwards included in part, the bare handler %v, and PostgreSQL's is beside both.",
		short(median(costs)), short(median(bareCosts)))
	return nil
}

// receiveAlone measures the time of a contact when nothing else goes on.
func (b *bench) receiveAlone(ctx context.Context, p *pair) error {
	var a, bare []time.Duration
	for range b.runs {
		kith, other, err := p.targets(ctx)
		if err != nil {
			return err
		}
		took, ids, err := kith.alone(ctx)
		if err != nil {
			return err
		}
		p.acknowledged = append(p.acknowledged, ids...)
		if err := settle(ctx, p.kith); err != nil {
			return err
		}
		a = append(a, quantile(took, 0.99))
		if took, _, err = other.alone(ctx); err != nil {
			return err
		}
		bare = append(bare, quantile(took, 0.99))
		say("alone, p99: Kith %v, bare %v", short(a[len(a)-1]), short(bare[len(bare)-1]))
	}
	all := differences(a, bare)
	b.table.add(figure{
		name: "receiving, 1 connection: p99 (A Kith, B bare)", a: short(median(a)), b: short(median(bare)),
		value: "+" + short(median(all)), target: "within 5 ms", met: median(all) <= 5*time.Millisecond, spread: spread(all, short),
	})
	return nil
}

// alone sends one contact after another on one connection. The first few are not counted.
func (to target) alone(ctx context.Context) (took []time.Duration, ids []string, err error) {
	c := &caller{address: to.address}
	defer c.close()
	began := time.Now()
	for n := range asks + asks/10 {
		body := to.maker.notification()
		sent := time.Now()
		r, err := c.post(to.token, key(began, 0, n), body)
		if err != nil {
			return nil, nil, err
		}
		if r.status != 201 {
			return nil, nil, unexpected(r)
		}
		if n >= asks/10 {
			took = append(took, time.Since(sent))
		}
		ids = append(ids, idIn(r.body))
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
	}
	return took, ids, nil
}
