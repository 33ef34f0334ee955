package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/kithcare/kith/services/familyfacing/family"
	"github.com/kithcare/kith/services/familyfacing/invented"
)

const (
	// together is how many people work at once.
	together = 32
	// rounds is how often each of them asks for a page in one run.
	rounds = 12
	// openFamilies is how many families a team works with; all others are closed.
	openFamilies = 80
)

// pagesSide is one authority with its history and the people who look at it.
type pagesSide struct {
	side
	families   int
	screener   string
	member     string
	visitors   [together]*visitor
	colleagues [together]*visitor
	contact    string
	family     string
}

// measured is a page that is asked for.
type measured struct {
	name string
	path func(*pagesSide) string
	who  func(*pagesSide, int) *visitor
}

func pagesMeasured() []measured {
	screener := func(s *pagesSide, n int) *visitor { return s.visitors[n] }
	member := func(s *pagesSide, n int) *visitor { return s.colleagues[n] }
	return []measured{
		{"queue", func(*pagesSide) string { return "/contacts" }, screener},
		{"a contact", func(s *pagesSide) string { return "/contacts/" + s.contact }, screener},
		{"our families", func(s *pagesSide) string { return "/teams/" + s.teams[0] + "/families" }, member},
		{"a family", func(s *pagesSide) string { return "/families/" + s.family }, member},
	}
}

// pages compares the pages of an authority with ten years of history with those of one that has just begun.
func (b *bench) pages(ctx context.Context) (err error) {
	h, err := b.open(ctx, filepath.Join(b.folder, "pages"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.stop()) }()
	contacts, families := 1_000_000, 300_000
	if b.quick {
		contacts, families = contacts/10, families/10
	}
	sides := [2]*pagesSide{
		{side: side{authority: authority, teams: []string{"north-kensington", "chelsea"}, contacts: contacts}, families: families, screener: screener, member: "amina-yusuf"},
		{side: side{authority: other, teams: []string{"shepherds-bush", "fulham"}, contacts: 1000}, families: 300, screener: "ewa-kowalczuk"},
	}
	for i, s := range sides {
		began := time.Now()
		if err := s.fill(ctx, h); err != nil {
			return err
		}
		if err := s.bringFamilies(ctx, h, int64(i+1)*10_000_000); err != nil {
			return err
		}
		say("%d contacts and %d families of history in %s", s.contacts, s.families, short(time.Since(began)))
		if err := s.begin(ctx, h); err != nil {
			return err
		}
	}
	for _, m := range pagesMeasured() {
		if err := b.comparePages(ctx, sides, m); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	if err := b.searches(ctx, sides[0]); err != nil {
		return fmt.Errorf("search: %w", err)
	}
	return b.weights(ctx, sides[0])
}

// bringFamilies makes families who do not exist, most of them closed, with the team's own members as their workers.
func (s *pagesSide) bringFamilies(ctx context.Context, h *house, place int64) error {
	owner, err := ownerOf(h.data, s.authority)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, owner)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, `SELECT m.person FROM directory.membership m WHERE m.team = $1 AND m.since <= now() AND (m.until IS NULL OR m.until > now())
		ORDER BY m.person`, s.teams[0])
	if err != nil {
		return err
	}
	members, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil || len(members) < 2 {
		return errors.Join(err, errors.New("the team has too few members"))
	}
	if s.member == "" {
		if err := conn.QueryRow(ctx, `SELECT key FROM directory.person WHERE id = $1`, members[0]).Scan(&s.member); err != nil {
			return err
		}
	}
	m := invented.New(invented.Config{Seed: 7, Place: place, Now: time.Now(), Teams: s.teams[:1]})
	for from := 0; from < s.families; from += portion {
		past := make([]family.PastFamily, 0, portion)
		for n := from; n < min(from+portion, s.families); n++ {
			f := m.Family()
			f.Worker, f.Cover, f.AllocatedAt = members[n%len(members)], members[(n+1)%len(members)], f.OpenedAt.Add(time.Hour)
			f.ClosedAt = f.OpenedAt.Add(24 * time.Hour)
			if n >= s.families-openFamilies {
				f.ClosedAt = time.Time{}
			}
			past = append(past, f)
		}
		s.family = past[len(past)-1].ID.String()
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `SET LOCAL search_path = familyfacing`); err != nil {
				return err
			}
			return family.Seed(ctx, tx, past)
		})
		if err != nil {
			return fmt.Errorf("bring in families: %w", err)
		}
	}
	_, err = conn.Exec(ctx, `VACUUM (ANALYZE)`)
	return err
}

// begin signs everybody in and finds a contact to look at.
func (s *pagesSide) begin(ctx context.Context, h *house) error {
	for n := range together {
		var err error
		if s.visitors[n], err = signIn(ctx, h.address, s.screener); err != nil {
			return err
		}
		if s.colleagues[n], err = signIn(ctx, h.address, s.member); err != nil {
			return err
		}
	}
	queue, err := s.visitors[0].follow(ctx, "GET", "/contacts", nil)
	if err != nil {
		return err
	}
	found := in().contact.FindStringSubmatch(queue)
	if found == nil {
		return errors.New("the queue shows no contact")
	}
	s.contact = found[1]
	return nil
}

// everybody asks for a page, turn after turn; it gives how long each answer took, the shortest first.
func everybody(ctx context.Context, ask func(ctx context.Context, n int) (time.Duration, error)) ([]time.Duration, error) {
	took := make([][]time.Duration, together)
	group, ctx := errgroup.WithContext(ctx)
	for n := range together {
		group.Go(func() error {
			for range rounds {
				one, err := ask(ctx, n)
				if err != nil {
					return err
				}
				took[n] = append(took[n], one)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	all := slices.Concat(took...)
	slices.Sort(all)
	return all, nil
}

func (b *bench) comparePages(ctx context.Context, sides [2]*pagesSide, m measured) error {
	var p99 [2][]time.Duration
	for round := range b.runs + 1 {
		for i, s := range sides {
			all, err := everybody(ctx, func(ctx context.Context, n int) (time.Duration, error) { return m.who(s, n).look(ctx, m.path(s), nil) })
			if err != nil {
				return err
			}
			if round > 0 {
				p99[i] = append(p99[i], all[len(all)*99/100])
			}
		}
	}
	all := ratios(p99[0], p99[1])
	b.table.add(figure{
		name: fmt.Sprintf("the page %s at p99, %d people at once: %d contacts and %d families (A), %d and %d (B)", m.name, together,
			sides[0].contacts, sides[0].families, sides[1].contacts, sides[1].families),
		a: short(median(p99[0])), b: short(median(p99[1])), value: times(median(all)), target: "≤ 2.00×", met: median(all) <= 2, spread: spread(all, times),
	})
	return nil
}

// searches looks for people as they are asked for: a misspelt name, an age, a street, a number.
func (b *bench) searches(ctx context.Context, s *pagesSide) error {
	var p99, alone []time.Duration
	m := invented.New(invented.Config{Seed: 7, Place: 10_000_000, Now: time.Now(), Teams: s.teams[:1]})
	var words []string
	for range 400 {
		for _, p := range m.Family().People {
			words = append(words, p.FullName)
			if p.Phone != "" {
				words = append(words, p.Phone)
			}
			if p.Address != "" {
				words = append(words, p.FullName+" "+p.Address)
			}
			if !p.BirthDate.IsZero() {
				words = append(words, p.FullName+" "+p.BirthDate.Format("2/1/2006"))
			}
		}
	}
	for round := range b.runs + 1 {
		one, err := everybody(ctx, func(ctx context.Context, n int) (time.Duration, error) {
			return s.find(ctx, n, words[(round*7919+n*104729)%len(words)])
		})
		if err != nil {
			return err
		}
		single, err := s.find(ctx, 0, words[round*31%len(words)])
		if err != nil {
			return err
		}
		if round > 0 {
			p99, alone = append(p99, one[len(one)*99/100]), append(alone, single)
		}
	}
	b.table.add(figure{
		name: fmt.Sprintf("finding a person among those of %d families, at p99, %d people at once (A); alone (B)", s.families, together),
		a:    short(median(p99)), b: short(median(alone)), value: short(median(p99)), target: "< 150 ms", met: median(p99) < 150*time.Millisecond,
		spread: spread(p99, short),
	})
	return nil
}

// find sends the box's form, as the page has it for this visitor.
func (s *pagesSide) find(ctx context.Context, n int, words string) (time.Duration, error) {
	v := s.colleagues[n]
	page, _, _, err := v.ask(ctx, "GET", "/find", nil)
	if err != nil {
		return 0, err
	}
	form := url.Values{"sought[0].anything": {words}}
	for _, field := range in().hidden.FindAllStringSubmatch(page, -1) {
		form.Set(field[1], field[2])
	}
	return v.look(ctx, "/find", form)
}

// weights counts what a first visit and later pages cost over the wire.
func (b *bench) weights(ctx context.Context, s *pagesSide) error {
	largest, first := 0, 0
	for i, m := range pagesMeasured() {
		v := m.who(s, 0)
		page, wire, _, err := v.ask(ctx, "GET", m.path(s), nil)
		if err != nil {
			return err
		}
		largest = max(largest, wire)
		if i > 0 {
			continue
		}
		first = wire
		for _, a := range in().asset.FindAllStringSubmatch(page, -1) {
			_, wire, _, err := v.ask(ctx, "GET", a[1], nil)
			if err != nil {
				return err
			}
			first += wire
		}
	}
	b.table.add(figure{name: "a first visit over the wire, with its scripts and style sheets", a: kilobytes(first), value: kilobytes(first), target: "≤ 160 KB", met: first <= 160_000})
	b.table.add(figure{name: "the largest later page over the wire", a: kilobytes(largest), value: kilobytes(largest), target: "≤ 25 KB", met: largest <= 25_000})
	return nil
}

func kilobytes(n int) string { return fmt.Sprintf("%.1f KB", float64(n)/1000) }
