package directory

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/fault"
)

// sessionsKept is how long a session that is over is kept, for a person who asks where they were signed in.
const sessionsKept = 90 * 24 * time.Hour

// FindSignIn says whether a sign-in has a place in the authority. It shows nothing of anybody.
func (s *Service) FindSignIn(ctx context.Context, req *directoryv1.FindSignInRequest) (*directoryv1.FindSignInResponse, error) {
	pool, err := s.db.Pool(ctx)
	if err != nil {
		return nil, err
	}
	answer := &directoryv1.FindSignInResponse{}
	_, err = s.signedIn(ctx, pool, strings.TrimPrefix(req.GetAuthority(), "authorities/"), req.GetPerson(), s.now())
	if fault.From(err).Code == codes.Unauthenticated {
		return answer, nil
	}
	if err != nil {
		return nil, err
	}
	answer.Known = true
	err = pool.QueryRow(ctx, `SELECT title FROM authority`).Scan(&answer.AuthorityTitle)
	return answer, err
}

// BeginSession signs a person in. A call that is repeated begins another session: an answer that were kept to be given
// again would be the secret itself. The one whose answer was lost ends with its idle time.
func (s *Service) BeginSession(ctx context.Context, req *directoryv1.BeginSessionRequest) (*directoryv1.BeginSessionResponse, error) {
	now := s.now().UTC().Truncate(time.Microsecond)
	begun := session{ID: uuid.Must(uuid.NewV7()), Issuer: req.GetPerson().GetIssuer(), Device: req.GetDevice(), BeganAt: now, LastActAt: now}
	secret, hash := newSecret()
	err := s.db.Tx(ctx, func(tx pgx.Tx) error {
		h, err := s.signedIn(ctx, tx, strings.TrimPrefix(req.GetAuthority(), "authorities/"), req.GetPerson(), now)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM session WHERE person = $1 AND began_at < $2`, h.id, now.Add(-sessionsKept)); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO session (id, hash, person, issuer, subject, device, began_at, last_act_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`,
			begun.ID, hash, h.id, begun.Issuer, req.GetPerson().GetSubject(), begun.Device, now)
		if err != nil {
			return err
		}
		return audit.Write(acting(ctx, h.id), tx, now, "sign in", "people/"+h.id.String(), "sessions/"+begun.ID.String())
	})
	if err != nil {
		return nil, err
	}
	return &directoryv1.BeginSessionResponse{Secret: secret, EndsAt: timestamppb.New(begun.endsAt())}, nil
}
