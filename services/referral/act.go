package referral

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/eventlog"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg/once"
)

// actRequest is a request that changes one contact on the version that was read.
type actRequest interface {
	once.Request
	GetName() string
	GetEtag() string
}

// actAnswer is an answer that holds the contact as it stands after the change.
type actAnswer interface {
	proto.Message
	GetContact() *referralv1.Contact
}

// acting says who changes a contact, how and why.
type acting struct {
	passport *passport.Passport
	request  actRequest
	// how is a stable code, kept with the change.
	how    string
	reason string
	// child is the one that is acted on; uuid.Nil for the whole contact.
	child uuid.UUID
}

// act is one change of a contact, with its row locked, in the transaction that also keeps the key, the change, its
// events and its audit row.
type act struct {
	*look
	ctx     context.Context
	tx      pgx.Tx
	service *Service
	by      *passport.Passport
	how     string
	reason  string
	before  int16
	// shown is what is answered instead of the contact itself; nil for the contact.
	shown *act
}

// change runs an act. A repeated call gets the first answer; a change on an old etag is refused with who was first.
func change[R actAnswer](ctx context.Context, s *Service, how acting, wrap func(*referralv1.Contact) R, work func(*act) error) (R, error) {
	var none R
	id, err := contactID(how.request.GetName())
	if err != nil {
		return none, err
	}
	now := s.now()
	key, err := once.KeyOf(ctx, how.request, now)
	if err != nil {
		return none, err
	}
	office := s.office(ctx, how.passport.Authority)
	return once.Do(ctx, s.db, key, wrap(nil), func(tx pgx.Tx) (R, error) {
		a, err := s.begin(ctx, tx, how, id, now)
		if err != nil {
			return none, err
		}
		a.office = office
		if err := work(a); err != nil {
			return none, err
		}
		if err := a.keep(); err != nil {
			return none, err
		}
		answered := a
		if a.shown != nil {
			answered = a.shown
		}
		shown, err := answered.show(ctx, tx, how.passport)
		if err != nil {
			return none, err
		}
		return wrap(shown), audit.Write(ctx, tx, now, why(how.how, how.reason), append(namedIn(shown), "contacts/"+id.String())...)
	}, func(tx pgx.Tx, answer R) error {
		return audit.Write(ctx, tx, now, "give the same answer again", namedIn(answer.GetContact())...)
	})
}

// why is the audit's reason: the act by its code. What somebody wrote about a child stays with the record.
func why(how, reason string) string {
	if reason == "" {
		return how
	}
	return how + ", with a reason that the record keeps"
}

// begin locks the contact and raises its version.
func (s *Service) begin(ctx context.Context, tx pgx.Tx, how acting, id uuid.UUID, now time.Time) (*act, error) {
	l, err := s.open(ctx, tx, how.passport.Authority, id, true)
	if err != nil {
		return nil, err
	}
	if how.passport.Kind == passport.Partner && !l.contact.own(how.passport) {
		return nil, fault.NotFound()
	}
	if how.child != uuid.Nil && l.child(how.child) == nil {
		return nil, fault.NotFound()
	}
	if err := l.contact.unchanged(l.authority, how.request.GetEtag()); err != nil {
		return nil, l.whoDecided(ctx, tx, how.child, err)
	}
	a := &act{look: l, ctx: ctx, tx: tx, service: s, by: how.passport, how: how.how, reason: how.reason, before: l.contact.State}
	a.now = now
	a.raise()
	return a, a.haveSeen()
}

// another locks a second contact for the same act. It is always a contact that came before the first one.
func (a *act) another(id uuid.UUID, how string) (*act, error) {
	l, err := a.service.open(a.ctx, a.tx, a.authority, id, true)
	if err != nil {
		return nil, err
	}
	l.office, l.now = a.office, a.now
	b := &act{look: l, ctx: a.ctx, tx: a.tx, service: a.service, by: a.by, how: how, reason: a.reason, before: l.contact.State}
	b.raise()
	return b, b.haveSeen()
}

// haveSeen keeps that a member of the team who acts on a contact has seen it.
func (a *act) haveSeen() error {
	if a.by.Kind != passport.Person {
		return nil
	}
	return a.service.seen(a.ctx, a.tx, a.contact, who(a.by), a.now)
}

func (a *act) raise() {
	c := a.contact
	c.Version++
	c.ChangedAt, c.ChangedBy, c.ChangedHow = a.now, who(a.by), a.how
}

// keep writes the contact and its change down, and tells of a decision that is now complete.
func (a *act) keep() error {
	c := a.contact
	if err := saveContact(a.ctx, a.tx, c, a.children, a.now); err != nil {
		return err
	}
	_, err := a.tx.Exec(a.ctx, `INSERT INTO change (contact, version, how, reason, by, at) VALUES ($1, $2, $3, $4, $5, $6)`,
		c.ID, c.Version, a.how, a.reason, who(a.by), a.now)
	if err != nil {
		return err
	}
	if a.before == undecided && c.State == decided {
		return a.tell("contact_decided", nil)
	}
	return nil
}

// tell appends an event about the contact, whose row is locked.
func (a *act) tell(kind string, facts map[string]string) error {
	all := map[string]string{"contact": a.contact.ID.String()}
	for k, v := range facts {
		all[k] = v
	}
	return eventlog.Append(a.ctx, a.tx, eventlog.Event{
		Type: kind, Entity: "contact/" + a.contact.ID.String(), Version: int64(a.contact.Version), Facts: all, At: a.now,
	})
}

// child gives the contact's child of that id; nil where it has none.
func (l *look) child(id uuid.UUID) *child {
	for _, c := range l.children {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// whoDecided adds to a refused change who decided what about the child meanwhile.
func (l *look) whoDecided(ctx context.Context, tx pgx.Tx, child uuid.UUID, refused error) error {
	if child == uuid.Nil {
		return refused
	}
	screenings, err := screeningsOf(ctx, tx, l.contact.ID)
	if err != nil {
		return err
	}
	current := currentOf(screenings[child])
	if current == nil {
		return refused
	}
	facts := l.contact.changeFacts(l.authority)
	facts["outcome"], facts["decidedBy"] = current.outcome().String(), inAuthority(l.authority, current.By)
	facts["decidedAt"] = current.At.UTC().Format(time.RFC3339)
	return fault.Conflict("CHANGED", "this child was decided at "+facts["decidedAt"]+"; look again", facts)
}

// decidable refuses to act on a contact that is closed, or that is only proposed as another's text.
func (a *act) decidable() error {
	if a.contact.State == proposed {
		return fault.Refused("PROPOSED_VERSION", "name", "this is fuller text for another contact: accept it, or make it a contact of its own, first")
	}
	return a.notClosed()
}

func (a *act) notClosed() error {
	if a.contact.closed() {
		return fault.Refused("CLOSED", "name", "this contact is closed")
	}
	return nil
}
