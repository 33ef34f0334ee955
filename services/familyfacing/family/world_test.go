package family_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	eventlogv1 "github.com/kithcare/kith/api/kith/eventlog/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/pg"
	"github.com/kithcare/kith/pkg/pg/pgtest"
	"github.com/kithcare/kith/services/familyfacing"
)

// What a neighbour's log can hold is more than its service would say today: events delivered twice, late or in another
// order. So here the neighbours' answers are written by hand; the stories through the real ones are in the folder above.

var server *pgtest.Server

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m, &server)) }

const authority = "kensington-chelsea"

// world is the service on a database of its own, with a clock that stands still.
type world struct {
	*testing.T
	familyfacingv1.FamilyServiceServer
	guard   familyfacingv1.GuardServiceServer
	service *familyfacing.Service
	db      *pg.DB
	owner   string
	seats   *seats
	desk    *desk
	log     *notes

	mu  sync.Mutex
	now time.Time
	seq int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	database, err := server.NewAuthority(t.Context(), authority, familyfacing.Schema())
	if err != nil {
		t.Fatal(err)
	}
	db, err := pgtest.Databases("familyfacing", database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	w := &world{
		T: t, db: db, owner: database.OwnerURL(), log: &notes{}, now: time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC),
		seats: &seats{members: map[string][]string{}}, desk: &desk{said: map[string]*referralv1.FetchReferralResponse{}},
	}
	for _, team := range []string{"north", "south"} {
		for _, who := range []string{"ana", "ben", "cleo"} {
			w.seats.members[team] = append(w.seats.members[team], who+"-"+team)
		}
	}
	w.service, err = familyfacing.New(familyfacing.Deps{
		DB: db, Directory: w.seats, Referral: w.desk, Now: w.clock, Log: slog.New(slog.NewTextHandler(w.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.service.Register(registrar{w})
	return w
}

func (w *world) clock() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now }

func (w *world) later(d time.Duration) { w.mu.Lock(); defer w.mu.Unlock(); w.now = w.now.Add(d) }

// registrar takes the service as it is registered.
type registrar struct{ *world }

func (r registrar) RegisterService(_ *grpc.ServiceDesc, impl any) {
	if s, ok := impl.(familyfacingv1.FamilyServiceServer); ok {
		r.FamilyServiceServer = s
	}
	if s, ok := impl.(familyfacingv1.GuardServiceServer); ok {
		r.guard = s
	}
}

// id is always the same for a name.
func id(name string) uuid.UUID { return uuid.NewSHA1(uuid.Nil, []byte(name)) }

func personName(who string) string { return "authorities/" + authority + "/people/" + id(who).String() }
func teamName(team string) string  { return "authorities/" + authority + "/teams/" + team }

// as acts for somebody with seats in the teams.
func (w *world) as(who string, teams ...string) context.Context {
	p := &passport.Passport{Authority: authority, Kind: passport.Person, ID: id(who).String(), Entry: "gateway"}
	for _, t := range teams {
		kind := passport.FamilyFacing
		if t == "referral" {
			kind = passport.Referral
		}
		p.Memberships = append(p.Memberships, passport.Membership{Team: t, Kind: kind})
	}
	return passport.With(w.Context(), p, "token")
}

func (w *world) asService() context.Context {
	p := &passport.Passport{
		Authority: authority, Kind: passport.Service, ID: "familyfacing", Entry: "familyfacing", Cause: "event", CausedBy: "person/" + id("screener").String(),
	}
	return passport.With(w.Context(), p, "token")
}

// seats is who has a seat where.
type seats struct {
	directoryv1.DirectoryServiceClient
	mu      sync.Mutex
	members map[string][]string
}

func (s *seats) leave(team, who string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var left []string
	for _, m := range s.members[team] {
		if m != who {
			left = append(left, m)
		}
	}
	s.members[team] = left
}

func (s *seats) ListMembers(_ context.Context, req *directoryv1.ListMembersRequest, _ ...grpc.CallOption) (*directoryv1.ListMembersResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := &directoryv1.ListMembersResponse{}
	for team, members := range s.members {
		for _, m := range members {
			if req.GetParent() == teamName(team) {
				answer.Members = append(answer.Members, &directoryv1.Member{Person: personName(m), Title: m, FullTimeThousandths: 800})
			}
		}
	}
	return answer, nil
}

func (s *seats) ListTeams(context.Context, *directoryv1.ListTeamsRequest, ...grpc.CallOption) (*directoryv1.ListTeamsResponse, error) {
	return &directoryv1.ListTeamsResponse{Teams: []*directoryv1.Team{
		{Name: teamName("north"), Kind: directoryv1.TeamKind_TEAM_KIND_FAMILY_FACING},
		{Name: teamName("south"), Kind: directoryv1.TeamKind_TEAM_KIND_FAMILY_FACING},
		{Name: teamName("referral"), Kind: directoryv1.TeamKind_TEAM_KIND_REFERRAL},
	}}, nil
}

// desk is what contacts said, by name and version; a version that is not written down says what the one before said.
type desk struct {
	referralv1.ReferralServiceClient
	mu   sync.Mutex
	said map[string]*referralv1.FetchReferralResponse
}

func (d *desk) FetchReferral(_ context.Context, req *referralv1.FetchReferralRequest, _ ...grpc.CallOption) (*referralv1.FetchReferralResponse, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for v := req.GetVersion(); v > 0; v-- {
		if said, ok := d.said[req.GetName()+"@"+strconv.Itoa(int(v))]; ok {
			return said, nil
		}
	}
	return nil, fault.NotFound()
}

// child of an invented contact.
type child struct{ name, born, nhs, address, postcode, reason string }

// contact writes down what an invented contact said from a version on.
func (w *world) contact(key string, version int, worry string, children []child, adults ...*referralv1.ToldAdult) {
	name := "authorities/" + authority + "/contacts/" + id(key).String()
	said := &referralv1.FetchReferralResponse{
		Contact: name, Version: int32(version), ReceivedAt: timestamppb.New(w.clock()),
		Told: &referralv1.Told{Worry: worry, Adults: adults},
	}
	for i, c := range children {
		told := &referralv1.ToldChild{Name: c.name, BirthDate: c.born, NhsNumber: c.nhs, Address: c.address, Postcode: c.postcode}
		said.Told.Children = append(said.Told.Children, told)
		given, surname, _ := bytes.Cut([]byte(c.name), []byte(" "))
		said.Children = append(said.Children, &referralv1.ContactChild{
			Name: name + "/children/" + childID(key, i).String(), Told: told,
			Desk: &referralv1.ChildDesk{
				ReadAs: &referralv1.ReadAs{
					GivenNames: []string{string(given)}, FamilyName: string(surname), BirthDate: c.born, NhsNumber: c.nhs, Postcode: c.postcode, Sex: "F",
				},
				Screening: &referralv1.Screening{Reason: c.reason},
			},
		})
	}
	w.desk.mu.Lock()
	defer w.desk.mu.Unlock()
	w.desk.said[name+"@"+strconv.Itoa(version)] = said
}

func childID(contact string, place int) uuid.UUID {
	return id(fmt.Sprintf("%s child %d", contact, place))
}

// event makes an event of the referral service.
func (w *world) event(kind, contact string, version int, facts map[string]string) *eventlogv1.Event {
	all := map[string]string{"contact": id(contact).String()}
	for k, v := range facts {
		all[k] = v
	}
	return &eventlogv1.Event{
		Id: uuid.NewString(), Type: kind, Entity: "contact/" + all["contact"], Version: int64(version), Facts: all, At: timestamppb.New(w.clock().Add(-time.Minute)),
	}
}

// take brings an event to its effect, as the consumer does.
func (w *world) take(e *eventlogv1.Event) error {
	ctx := w.asService()
	effect, err := w.service.Handlers()["referral"][e.GetType()](ctx, e)
	if err != nil {
		return err
	}
	return w.db.Tx(ctx, effect)
}

func (w *world) must(e *eventlogv1.Event) {
	w.Helper()
	if err := w.take(e); err != nil {
		w.Fatalf("%s: %v", e.GetType(), err)
	}
}

// referred is a child's first screening to a team.
func (w *world) referred(contact string, place, screening, version int, team string, more ...string) *eventlogv1.Event {
	facts := map[string]string{
		"child": childID(contact, place).String(), "screening": strconv.Itoa(screening), "team": team, "urgent": "0", "family": "", "own_family": "0",
	}
	for i := 0; i+1 < len(more); i += 2 {
		facts[more[i]] = more[i+1]
	}
	return w.event("child_referred", contact, version, facts)
}

func (w *world) withdrawn(contact string, place, screening, version int, team string) *eventlogv1.Event {
	return w.event("child_withdrawn", contact, version, map[string]string{
		"child": childID(contact, place).String(), "screening": strconv.Itoa(screening), "team": team,
	})
}

// list is a team's open families, as a member sees them.
func (w *world) list(team string) []*familyfacingv1.FamilySummary {
	w.Helper()
	answer, err := w.ListFamilies(w.as("ana-"+team, team), &familyfacingv1.ListFamiliesRequest{Parent: teamName(team)})
	if err != nil {
		w.Fatal(err)
	}
	return answer.GetFamilies()
}

// only is a team's one open family.
func (w *world) only(team string) *familyfacingv1.Family {
	w.Helper()
	families := w.list(team)
	if len(families) != 1 {
		w.Fatalf("%s has %d families, want 1", team, len(families))
	}
	return w.get(team, families[0].GetName())
}

func (w *world) get(team, name string) *familyfacingv1.Family {
	w.Helper()
	answer, err := w.GetFamily(w.as("ana-"+team, team), &familyfacingv1.GetFamilyRequest{Name: name})
	if err != nil {
		w.Fatal(err)
	}
	return answer.GetFamily()
}

// key is a new Idempotency-Key.
func (w *world) key() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seq++
	return "key " + strconv.Itoa(w.seq)
}

func (w *world) allocate(team string, f *familyfacingv1.Family, worker, cover string) *familyfacingv1.Family {
	w.Helper()
	answer, err := w.AllocateFamily(w.as("ana-"+team, team), &familyfacingv1.AllocateFamilyRequest{
		Name: f.GetName(), Worker: personName(worker), Cover: personName(cover), Etag: f.GetEtag(), RequestId: w.key(),
	})
	if err != nil {
		w.Fatal(err)
	}
	return answer.GetFamily()
}

// events are the types of the family's events so far, in order, with their facts.
func (w *world) events() (types []string, facts []map[string]string) {
	w.Helper()
	w.query(`SELECT type, facts FROM familyfacing.event ORDER BY inserted`, func(rows pgx.Rows) error {
		var kind string
		var text []byte
		if err := rows.Scan(&kind, &text); err != nil {
			return err
		}
		said := map[string]string{}
		types, facts = append(types, kind), append(facts, said)
		return json.Unmarshal(text, &said)
	})
	return types, facts
}

func (w *world) count(sql string, args ...any) (n int) {
	w.Helper()
	w.query(sql, func(rows pgx.Rows) error { return rows.Scan(&n) }, args...)
	return n
}

// query reads with the owner's login.
func (w *world) query(sql string, each func(pgx.Rows) error, args ...any) {
	w.Helper()
	conn, err := pgx.Connect(w.Context(), w.owner)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(w.Context())) }()
	rows, err := conn.Query(w.Context(), sql, args...)
	if err != nil {
		w.Fatal(err)
	}
	for rows.Next() {
		if err := each(rows); err != nil {
			w.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		w.Fatal(err)
	}
}

func reason(err error) string {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.Reason
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func (w *world) wants(err error, want, what string) {
	w.Helper()
	if reason(err) != want {
		w.Errorf("%s: %q, want %q", what, reason(err), want)
	}
}

// notes keep what the service logs.
type notes struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(p)
}

func (n *notes) String() string { n.mu.Lock(); defer n.mu.Unlock(); return n.text.String() }

// until looks again and again until done is true.
func (w *world) until(what string, done func() bool) {
	w.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-deadline:
			w.Fatalf("still not: %s", what)
		case <-tick.C:
		}
	}
}
