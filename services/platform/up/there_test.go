package up

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/kithcare/kith/pkg/audit"
)

// compare holds what was acknowledged against what is there: for its partner, for the Referral Team, for the Family
// Facing Team, and in the tables.
func (l *load) compare(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	defer func() {
		if ctx.Err() != nil {
			l.t.Errorf("what was acknowledged can't be compared with what is there: %v", ctx.Err())
		}
	}()
	l.forPartners(ctx)
	for _, authority := range demonstrations() {
		l.forScreeners(ctx, authority)
		conn, err := owner(ctx, l.data, authority)
		if err != nil {
			l.t.Error(err)
			return
		}
		l.inTables(ctx, conn, authority)
		eventually(l.t, 10*time.Second, func() string { return l.onItsWay(ctx, conn, authority) })
		l.auditHolds(ctx, conn, authority)
		if err := conn.Close(ctx); err != nil {
			l.t.Error(err)
		}
		l.forTeams(ctx, authority)
	}
}

// forPartners gets every contact with the token of the partner that told of it.
func (l *load) forPartners(ctx context.Context) {
	var group errgroup.Group
	group.SetLimit(8)
	for _, c := range l.acknowledged {
		group.Go(func() error {
			var there acknowledgement
			l.insist(ctx, http.StatusOK, request{method: http.MethodGet, path: "/v1/" + c.name, as: c.partner}, &there)
			if there.Name != c.name || there.Receipt != c.receipt || len(there.Children) != len(c.children) {
				l.t.Errorf("%s was acknowledged as %s with %s; now it is %+v", c.key, c.name, c.receipt, there)
			}
			return nil
		})
	}
	_ = group.Wait()
}

// forScreeners finds every contact in the Referral Team's lists, and in none of them twice. One in danger that nobody has
// acknowledged stays in the queue after its decision.
func (l *load) forScreeners(ctx context.Context, authority string) {
	screener := screeners()[slices.IndexFunc(screeners(), func(s sender) bool { return s.authority == authority })].partner
	there := map[string]bool{}
	for _, state := range []string{"CONTACT_STATE_UNSPECIFIED", "CONTACT_STATE_DECIDED"} {
		listed := map[string]int{}
		l.pages(ctx, "/v1/authorities/"+authority+"/contacts", screener, url.Values{"state": {state}}, func(page []byte) error {
			var p struct{ Contacts []struct{ Name string } }
			err := json.Unmarshal(page, &p)
			for _, c := range p.Contacts {
				listed[c.Name]++
				there[c.Name] = true
			}
			return err
		})
		for name, times := range listed {
			if times != 1 {
				l.t.Errorf("%s stands %d times in the Referral Team's list", name, times)
			}
		}
	}
	for _, c := range l.acknowledged {
		if c.authority == authority && !there[c.name] {
			l.t.Errorf("%s stands in none of the Referral Team's lists", c.name)
		}
	}
}

// pages reads a list to its end.
func (l *load) pages(ctx context.Context, path, as string, query url.Values, read func([]byte) error) {
	query.Set("pageSize", "200")
	for {
		var page json.RawMessage
		l.insist(ctx, http.StatusOK, request{method: http.MethodGet, path: path + "?" + query.Encode(), as: as}, &page)
		if ctx.Err() != nil {
			return
		}
		var more struct{ NextPageToken string }
		if err := json.Unmarshal(page, &more); err != nil {
			l.t.Errorf("%s: %v", path, err)
			return
		}
		if err := read(page); err != nil {
			l.t.Errorf("%s: %v", path, err)
		}
		if more.NextPageToken == "" {
			return
		}
		query.Set("pageToken", more.NextPageToken)
	}
}

// inTables counts rows: each acknowledged contact is one contact with one key, one text, its children and its event, and
// nothing else is there. Every sender has had its answer, so there is nothing that was not acknowledged.
func (l *load) inTables(ctx context.Context, conn *pgx.Conn, authority string) {
	contacts, children := 0, 0
	for _, c := range l.acknowledged {
		if c.authority == authority {
			contacts, children = contacts+1, children+len(c.children)
		}
	}
	ours := `SELECT DISTINCT contact FROM referral.child WHERE name LIKE '%` + marker + `%'`
	for what, want := range map[string]int{
		`(` + ours + `) c`: contacts,
		`referral.child WHERE name LIKE '%` + marker + `%'`:                                                                                                children,
		`(SELECT DISTINCT name FROM referral.child WHERE name LIKE '%` + marker + `%') c`:                                                                  children,
		`referral.request WHERE key LIKE 'kill-%'`:                                                                                                         contacts,
		`referral.told_version WHERE contact IN (` + ours + `)`:                                                                                            contacts,
		`referral.event WHERE type = 'contact_received' AND facts->>'contact' IN (SELECT contact::text FROM (` + ours + `) c)`:                             contacts,
		`(SELECT DISTINCT subject FROM referral.audit, unnest(subjects) subject WHERE subject IN (SELECT 'contacts/' || contact FROM (` + ours + `) c)) c`: contacts,
	} {
		var have int
		if err := conn.QueryRow(ctx, `SELECT count(*) FROM `+what).Scan(&have); err != nil {
			l.t.Errorf("%s: %v", what, err)
		}
		if have != want {
			l.t.Errorf("%s: %d were acknowledged, there are %d in %s", authority, want, have, what)
		}
	}
}

// onItsWay says what is not yet where it should be: logs numbered without a gap and taken in to their ends, nothing held,
// and every child that was passed on in one family of its team.
func (l *load) onItsWay(ctx context.Context, conn *pgx.Conn, authority string) string {
	for log, follower := range map[string]string{"referral": "familyfacing", "familyfacing": "referral"} {
		var events, numbered, last, taken, held int64
		var why string
		err := conn.QueryRow(ctx, `SELECT count(*), count(position), coalesce(max(position), 0),
			(SELECT position FROM `+follower+`.cursor WHERE log = $1), (SELECT count(*) FROM `+follower+`.held_event),
			(SELECT coalesce(string_agg(DISTINCT type || ' ' || attempts || ' ' || failure, ', '), '') FROM `+follower+`.held_event) FROM `+log+`.event`, log).
			Scan(&events, &numbered, &last, &taken, &held, &why)
		switch {
		case err != nil:
			return err.Error()
		case events != numbered || events != last:
			return fmt.Sprintf("%s's log of %s has %d events, %d numbered, the last is %d", log, authority, events, numbered, last)
		case taken != last:
			return fmt.Sprintf("%s has taken in %d of the %d events of %s's log of %s", follower, taken, last, log, authority)
		case held != 0:
			return fmt.Sprintf("%s holds %d events of %s's log of %s (%s)", follower, held, log, authority, why)
		}
	}
	rows, err := conn.Query(ctx, `SELECT p.full_name, string_agg(f.team, ' '), min(f.contact::text), min(f.id::text) FROM familyfacing.person p
		JOIN familyfacing.family f ON f.id = p.family WHERE p.is_child AND p.full_name LIKE '%`+marker+`%' GROUP BY p.full_name`)
	if err != nil {
		return err.Error()
	}
	type seat struct{ Name, Teams, Contact, Family string }
	seats, err := pgx.CollectRows(rows, pgx.RowToStructByPos[seat])
	if err != nil {
		return err.Error()
	}
	found := map[string]seat{}
	for _, s := range seats {
		found[s.Name] = s
	}
	families := map[string]string{}
	for _, c := range l.acknowledged {
		for _, child := range c.children {
			if c.authority != authority || !child.passed {
				continue
			}
			s := found[child.name]
			if s.Teams != child.team || !strings.HasSuffix(c.name, s.Contact) || s.Contact == "" {
				return fmt.Sprintf("%s should be with %s once and is with %q", child.child, child.team, s.Teams)
			}
			if other := families[c.name+child.team]; other != "" && other != s.Family {
				return fmt.Sprintf("the children of %s for %s are in two families", c.name, child.team)
			}
			families[c.name+child.team] = s.Family
		}
	}
	return ""
}

// forTeams finds every child that was passed on once in its team's list, and in no other's.
func (l *load) forTeams(ctx context.Context, authority string) {
	listed := map[string][]string{}
	for _, h := range homes(authority) {
		l.pages(ctx, "/v1/authorities/"+authority+"/teams/"+h.team+"/families", member(h.team), url.Values{}, func(page []byte) error {
			var p struct{ Families []struct{ Children []string } }
			err := json.Unmarshal(page, &p)
			for _, f := range p.Families {
				for _, child := range f.Children {
					listed[child] = append(listed[child], h.team)
				}
			}
			return err
		})
	}
	for _, c := range l.acknowledged {
		for _, child := range c.children {
			if c.authority == authority && child.passed && !slices.Equal(listed[child.name], []string{child.team}) {
				l.t.Errorf("%s was passed to %s and is in the lists of %v", child.child, child.team, listed[child.name])
			}
		}
	}
}

// auditHolds computes every audit row's digest again.
func (l *load) auditHolds(ctx context.Context, conn *pgx.Conn, authority string) {
	for _, schema := range []string{"directory", "referral", "familyfacing"} {
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `SET LOCAL search_path = `+schema); err != nil {
				return err
			}
			changed, err := audit.Verify(ctx, tx)
			if err == nil && len(changed) > 0 {
				l.t.Errorf("%d audit rows of %s in %s do not verify", len(changed), schema, authority)
			}
			return err
		})
		if err != nil {
			l.t.Error(err)
		}
	}
}

// passed counts the acknowledged decisions.
func (l *load) passed() int {
	n := 0
	for _, c := range l.acknowledged {
		for _, child := range c.children {
			if child.passed {
				n++
			}
		}
	}
	return n
}
