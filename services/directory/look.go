package directory

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
)

// GetAuthority shows the authority. Only services see whom to reach out of hours.
func (s *Service) GetAuthority(ctx context.Context, req *directoryv1.GetAuthorityRequest) (*directoryv1.GetAuthorityResponse, error) {
	a := &directoryv1.Authority{Name: req.GetName(), OutOfHours: &directoryv1.OutOfHours{}}
	err := s.db.Tx(ctx, func(tx pgx.Tx) error {
		var opens, closes int
		o := a.GetOutOfHours()
		err := tx.QueryRow(ctx, `SELECT title, gss_code, phone, opens, closes, urgent_minutes, how_to_escalate, idle_minutes,
			out_of_hours_name, out_of_hours_phone, out_of_hours_email, out_of_hours_call_back FROM authority`).
			Scan(&a.Title, &a.GssCode, &a.ContactPhone, &opens, &closes, &a.UrgentMinutes, &a.HowToEscalate, &a.IdleMinutes,
				&o.Contact, &o.Phone, &o.Email, &o.CallBackUrl)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.Refused("NOT_DESCRIBED", "", "this authority has no description yet; the operator imports it with `kith import directory`")
		}
		if err != nil {
			return err
		}
		a.Opens, a.Closes = clockTime(opens), clockTime(closes)
		return audit.Write(ctx, tx, s.now(), "look up the authority")
	})
	if passport.From(ctx).Kind != passport.Service {
		a.OutOfHours = nil
	}
	return &directoryv1.GetAuthorityResponse{Authority: a}, err
}

func clockTime(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// ListTeams shows the teams.
func (s *Service) ListTeams(ctx context.Context, req *directoryv1.ListTeamsRequest) (*directoryv1.ListTeamsResponse, error) {
	if err := notPartner(ctx); err != nil {
		return nil, err
	}
	answer := &directoryv1.ListTeamsResponse{}
	err := s.db.Tx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT key, title, kind, phone, base FROM team WHERE NOT removed ORDER BY title, key`)
		if err != nil {
			return err
		}
		answer.Teams, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (*directoryv1.Team, error) {
			t := &directoryv1.Team{}
			var key, kind string
			err := row.Scan(&key, &t.Title, &kind, &t.Phone, &t.Base)
			t.Name = req.GetParent() + "/teams/" + key
			t.Kind = teamKind(kind)
			return t, err
		})
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, s.now(), "look up the teams")
	})
	return answer, err
}

func teamKind(kind string) directoryv1.TeamKind {
	return directoryv1.TeamKind(directoryv1.TeamKind_value["TEAM_KIND_"+strings.ToUpper(kind)])
}

// ListMembers shows who has a seat in the team at this moment.
func (s *Service) ListMembers(ctx context.Context, req *directoryv1.ListMembersRequest) (*directoryv1.ListMembersResponse, error) {
	if err := notPartner(ctx); err != nil {
		return nil, err
	}
	authority, team, _ := strings.Cut(req.GetParent(), "/teams/")
	answer := &directoryv1.ListMembersResponse{}
	err := s.db.Tx(ctx, func(tx pgx.Tx) error {
		var exists bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM team WHERE key = $1 AND NOT removed)`, team).Scan(&exists); err != nil {
			return err
		}
		if !exists {
			return fault.NotFound()
		}
		rows, err := tx.Query(ctx, `SELECT p.id, p.title, p.registration <> '' AND (p.registered_until IS NULL OR p.registered_until > $2),
			p.full_time_thousandths, m.since, m.until FROM membership m JOIN person p ON p.id = m.person
			WHERE m.team = $1 AND NOT p.removed AND m.since <= $2 AND (m.until IS NULL OR m.until > $2) ORDER BY p.title, p.id`, team, s.now())
		if err != nil {
			return err
		}
		answer.Members, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (*directoryv1.Member, error) {
			m := &directoryv1.Member{}
			var id uuid.UUID
			var since time.Time
			var until *time.Time
			err := row.Scan(&id, &m.Title, &m.Registered, &m.FullTimeThousandths, &since, &until)
			m.Person, m.Since, m.Until = authority+"/people/"+id.String(), timestamppb.New(since), instant(until)
			return m, err
		})
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, s.now(), "look up the team's members", "teams/"+team)
	})
	return answer, err
}

func notPartner(ctx context.Context) error {
	if passport.From(ctx).Kind == passport.Partner {
		return fault.Denied("NOT_STAFF", "teams and their members are for the authority's own people")
	}
	return nil
}

// RecordDenial keeps what an entry point refused by itself.
func (s *Service) RecordDenial(ctx context.Context, req *directoryv1.RecordDenialRequest) (*directoryv1.RecordDenialResponse, error) {
	err := audit.Deny(ctx, s.db, audit.Denial{At: s.now(), Caller: passport.From(ctx).Entry, Method: req.GetMethod(), Reason: req.GetReason()})
	return &directoryv1.RecordDenialResponse{}, err
}
