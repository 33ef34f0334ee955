package directory

import (
	"context"
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

// IssuePassport signs the passport of whoever the calling entry point has authenticated. What is in it is read at this
// moment, so that what ended a second ago is not in it.
func (s *Service) IssuePassport(ctx context.Context, req *directoryv1.IssuePassportRequest) (*directoryv1.IssuePassportResponse, error) {
	authority := strings.TrimPrefix(req.GetAuthority(), "authorities/")
	entry := rpc.Caller(ctx)
	var p *passport.Passport
	var self *directoryv1.Self
	var err error
	switch bearer := req.GetBearer().(type) {
	case *directoryv1.IssuePassportRequest_Person:
		p, err = s.person(ctx, authority, bearer.Person)
	case *directoryv1.IssuePassportRequest_Partner:
		p, err = s.partner(ctx, authority, bearer.Partner)
	case *directoryv1.IssuePassportRequest_Service:
		p, err = service(entry, bearer.Service)
	case *directoryv1.IssuePassportRequest_Session:
		p, self, err = s.bearer(ctx, bearer.Session)
	default:
		err = fault.Invalid("bearer", "say who was authenticated")
	}
	if err != nil {
		return nil, err
	}
	p.Authority, p.Entry = authority, entry
	token, expires, err := s.signer.Sign(p)
	if err != nil {
		return nil, err
	}
	return &directoryv1.IssuePassportResponse{Passport: token, ExpiresAt: timestamppb.New(expires), Self: self}, nil
}

// unknown is the one answer for whoever has no place here, whatever the cause.
func unknown() error {
	return fault.Unauthenticated("nobody of this authority is known by that sign-in")
}

// holder is a person with what their passport says.
type holder struct {
	id             uuid.UUID
	title          string
	administrator  bool
	guardian       bool
	registered     bool
	seats          []seat
	qualifications []passport.Qualification
}

// seat is a membership with the team's title.
type seat struct {
	passport.Membership
	Title string `json:"title"`
}

// holderColumns are a holder's, of the person p at the moment $1. The one query serves whoever shows a token and whoever
// shows a session, so that both get the same passport.
const holderColumns = `p.id, p.title, p.administrator, p.guardian, p.registration <> '' AND (p.registered_until IS NULL OR p.registered_until > $1),
	coalesce((SELECT jsonb_agg(jsonb_build_object('team', m.team, 'title', t.title, 'kind', t.kind, 'until', coalesce(m.until, '0001-01-01Z')) ORDER BY m.team)
		FROM membership m JOIN team t ON t.key = m.team
		WHERE m.person = p.id AND NOT t.removed AND m.since <= $1 AND (m.until IS NULL OR m.until > $1)), '[]'),
	coalesce((SELECT jsonb_agg(jsonb_build_object('key', q.name, 'until', coalesce(q.until, '0001-01-01Z')) ORDER BY q.name)
		FROM qualification q WHERE q.person = p.id AND q.since <= $1 AND (q.until IS NULL OR q.until > $1)), '[]')`

// into is where holderColumns are read into.
func (h *holder) into() []any {
	return []any{&h.id, &h.title, &h.administrator, &h.guardian, &h.registered, &h.seats, &h.qualifications}
}

func (h *holder) passport() *passport.Passport {
	p := &passport.Passport{
		Kind: passport.Person, ID: h.id.String(), Administrator: h.administrator, Guardian: h.guardian,
		Registered: h.registered, Qualifications: h.qualifications,
	}
	for _, one := range h.seats {
		p.Memberships = append(p.Memberships, one.Membership)
	}
	return p
}

func (s *Service) person(ctx context.Context, authority string, who *directoryv1.SignedIn) (*passport.Passport, error) {
	pool, err := s.db.Pool(ctx)
	if err != nil {
		return nil, err
	}
	h, err := s.signedIn(ctx, pool, authority, who, s.now())
	if err != nil {
		return nil, err
	}
	return h.passport(), nil
}

// signedIn finds who it is that an issuer vouches for.
func (s *Service) signedIn(ctx context.Context, db querier, authority string, who *directoryv1.SignedIn, now time.Time) (*holder, error) {
	if !slices.Contains(s.issuers[authority], who.GetIssuer()) {
		return nil, unknown()
	}
	h := &holder{}
	err := db.QueryRow(ctx, `SELECT `+holderColumns+` FROM person p WHERE p.subject = $2 AND NOT p.removed`, now, who.GetSubject()).Scan(h.into()...)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, unknown()
	}
	return h, err
}

func (s *Service) partner(ctx context.Context, authority string, who *directoryv1.PartnerClient) (*passport.Passport, error) {
	if !slices.Contains(s.issuers[authority], who.GetIssuer()) {
		return nil, unknown()
	}
	pool, err := s.db.Pool(ctx)
	if err != nil {
		return nil, err
	}
	p := &passport.Passport{Kind: passport.Partner}
	var allowed []string
	err = pool.QueryRow(ctx, `SELECT key, source, scopes FROM partner WHERE client_id = $1 AND NOT removed`, who.GetClientId()).
		Scan(&p.ID, &p.Source, &allowed)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, unknown()
	}
	for _, scope := range who.GetScopes() {
		if slices.Contains(allowed, scope) {
			p.Scopes = append(p.Scopes, scope)
		}
	}
	return p, err
}

// service is the passport of a service that acts on an event or a timer. An entry point acts for nobody but whoever
// came in by it.
func service(name string, why *directoryv1.ServiceCause) (*passport.Passport, error) {
	if name == "gateway" || name == "web" {
		return nil, fault.Denied("ENTRY_POINT", "an entry point has no passport of its own")
	}
	return &passport.Passport{Kind: passport.Service, ID: name, Cause: why.GetCause(), CausedBy: why.GetCausedBy()}, nil
}

// GetPassportKeys gives the public keys.
func (s *Service) GetPassportKeys(context.Context, *directoryv1.GetPassportKeysRequest) (*directoryv1.GetPassportKeysResponse, error) {
	return &directoryv1.GetPassportKeysResponse{Jwks: s.signer.Keys()}, nil
}

// instant is a time for a message; nil for none.
func instant(t *time.Time) *timestamppb.Timestamp {
	if t == nil {
		return nil
	}
	return timestamppb.New(*t)
}
