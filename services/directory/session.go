package directory

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/rpc"
)

const (
	// longestSession is how long after sign-in a session ends, whatever happens.
	longestSession = 12 * time.Hour
	// actStep is how often an act is written down at most, so that nearly every page only reads.
	actStep = time.Minute
	// actSlack is by how much the written last act may lie before the true one: one step, and the second for which an
	// entry point uses a passport without asking again. It is added to the idle time, so that nobody is signed out early;
	// the price is that the idle time lasts up to so much longer.
	actSlack = actStep + time.Second
)

// session is somewhere a person is signed in. It has not been ended by anybody; time may have ended it.
type session struct {
	ID        uuid.UUID
	Issuer    string
	Device    string
	BeganAt   time.Time
	LastActAt time.Time
}

func (s *session) endsAt() time.Time { return s.BeganAt.Add(longestSession) }

// idleUntil is when the session ends unless the person acts.
func (s *session) idleUntil(idle time.Duration) time.Time {
	if until := s.LastActAt.Add(idle + actSlack); until.Before(s.endsAt()) {
		return until
	}
	return s.endsAt()
}

func (s *session) live(now time.Time, idle time.Duration) bool { return now.Before(s.idleUntil(idle)) }

// due says whether an act at that time has to be written down.
func (s *session) due(now time.Time) bool { return !now.Before(s.LastActAt.Add(actStep)) }

// newSecret gives 256 random bits and the hash that is kept of them.
func newSecret() (secret string, hash []byte) {
	bits := make([]byte, 32)
	// crypto/rand.Read never fails: it ends the process where the system has no randomness.
	_, _ = rand.Read(bits)
	secret = base64.RawURLEncoding.EncodeToString(bits)
	return secret, hashOf(secret)
}

// hashOf needs no salt: nobody guesses 256 random bits.
func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// signedOut is the one answer for a session that is none, whatever the cause.
func signedOut() error { return fault.Unauthenticated("nobody is signed in here, or no longer") }

// querier is a transaction or a pool.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// opened is a live session with whose it is.
type opened struct {
	session
	holder
	idle           time.Duration
	authorityTitle string
}

// open finds the live session of a secret, in one round trip with all that a passport says. A session whose issuer the
// authority no longer trusts, or whose person has left or has another sign-in now, is none. The database ends those of
// leavers (00002_session.sql); here they are refused also where the person left in the moment of signing in.
func (s *Service) open(ctx context.Context, db querier, secret string, now time.Time) (*opened, error) {
	o := &opened{}
	var minutes int
	err := db.QueryRow(ctx, `SELECT `+holderColumns+`, s.id, s.issuer, s.device, s.began_at, s.last_act_at, a.idle_minutes, a.title
		FROM session s JOIN person p ON p.id = s.person AND p.subject = s.subject AND NOT p.removed CROSS JOIN authority a
		WHERE s.hash = $2 AND s.ended_at IS NULL`, now, hashOf(secret)).
		Scan(append(o.into(), &o.ID, &o.Issuer, &o.Device, &o.BeganAt, &o.LastActAt, &minutes, &o.authorityTitle)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, signedOut()
	}
	if err != nil {
		return nil, err
	}
	o.idle = time.Duration(minutes) * time.Minute
	if !o.live(now, o.idle) || !slices.Contains(s.issuers[passport.Authority(ctx)], o.Issuer) {
		return nil, signedOut()
	}
	return o, nil
}

// bearer gives the passport of whoever is signed in, with what the pages greet them with. Where a person acts, the idle
// time begins again.
func (s *Service) bearer(ctx context.Context, who *directoryv1.SessionBearer) (*passport.Passport, *directoryv1.Self, error) {
	if rpc.Caller(ctx) != "web" {
		return nil, nil, fault.Denied("ENTRY_POINT", "only the pages know sessions")
	}
	pool, err := s.db.Pool(ctx)
	if err != nil {
		return nil, nil, err
	}
	now := s.now()
	o, err := s.open(ctx, pool, who.GetSecret(), now)
	if err != nil {
		return nil, nil, err
	}
	if !who.GetUnattended() && o.due(now) {
		// Of many at once one writes, and the time never goes back. Where it can't be written the person is told now,
		// not by being signed out in the middle of something.
		_, err := pool.Exec(ctx, `UPDATE session SET last_act_at = $2 WHERE id = $1 AND last_act_at <= $3 AND ended_at IS NULL`, o.ID, now, now.Add(-actStep))
		if err != nil {
			return nil, nil, err
		}
		o.LastActAt = now
	}
	return o.passport(), o.self("authorities/" + passport.Authority(ctx)), nil
}

func (o *opened) self(authority string) *directoryv1.Self {
	self := &directoryv1.Self{
		Person: authority + "/people/" + o.id.String(), Title: o.title, AuthorityTitle: o.authorityTitle,
		Administrator: o.administrator, Guardian: o.guardian,
		IdleUntil: timestamppb.New(o.idleUntil(o.idle)), EndsAt: timestamppb.New(o.endsAt()),
	}
	for _, one := range o.seats {
		self.Seats = append(self.Seats, &directoryv1.Seat{Team: authority + "/teams/" + one.Team, Title: one.Title, Kind: teamKind(string(one.Kind))})
	}
	slices.SortStableFunc(self.Seats, func(a, b *directoryv1.Seat) int { return strings.Compare(a.GetTitle(), b.GetTitle()) })
	return self
}

// acting puts the person on the way down who signs in or out: those calls carry no passport that an audit row could name.
func acting(ctx context.Context, person uuid.UUID) context.Context {
	return passport.With(ctx, &passport.Passport{
		Authority: passport.Authority(ctx), Kind: passport.Person, ID: person.String(), Entry: rpc.Caller(ctx),
	}, "")
}
