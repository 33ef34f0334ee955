package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/eventlog"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/rpc"
)

// call makes a good call as the caller with the passport.
func (d *desk) call(t *testing.T, caller, method string, ctx context.Context) error { //nolint:revive // the test's story reads better so
	t.Helper()
	req, answer := ask(method, "alpha")
	return d.dial(t, d.identity(t, caller)).Invoke(ctx, method, req, answer)
}

func TestWhoseAPassportIs(t *testing.T) {
	t.Parallel()
	service := passport.Passport{Authority: "alpha", Kind: passport.Service, ID: "referral", Entry: "referral", Cause: "e1"}
	forEntry := service
	forEntry.Entry = "gateway"
	elsewhere := person("gateway")
	elsewhere.Authority = "gamma"
	for name, c := range map[string]struct {
		caller, method string
		passport       passport.Passport
		reason         string
	}{
		"an entry's own":                            {"gateway", getAuthority, person("gateway"), ""},
		"the other entry's":                         {"gateway", getAuthority, person("web"), "OTHER_ENTRY"},
		"a service's, by an entry":                  {"web", getAuthority, service, "OTHER_ENTRY"},
		"a service's own":                           {"referral", getAuthority, service, ""},
		"a person's, passed on":                     {"referral", getAuthority, person("gateway"), ""},
		"a service's, passed on":                    {"familyfacing", listTeams, service, ""},
		"a service's that names an entry":           {"referral", getAuthority, forEntry, "OTHER_ENTRY"},
		"of an authority that is not of this house": {"gateway", getAuthority, elsewhere, "NOT_FOUND"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t, nil)
			err := d.call(t, c.caller, c.method, d.acting(t, c.passport))
			if (err == nil) != (c.reason == "") || err != nil && fault.From(err).Reason != c.reason {
				t.Errorf("%v, want %q", err, c.reason)
			}
			if reached := d.reached.Load() == 1; reached != (c.reason == "") {
				t.Errorf("reached: %t", reached)
			}
		})
	}
}

func TestACallWithoutAGoodPassportIsRefused(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	other := open(t, nil)
	foreign := person("gateway")
	token, _, err := other.signer.Sign(&foreign)
	if err != nil {
		t.Fatal(err)
	}
	own := passport.Token(d.acting(t, person("gateway")))
	for name, ctx := range map[string]context.Context{
		"none":       t.Context(),
		"nonsense":   passport.WithToken(t.Context(), "alpha", "nonsense"),
		"a stranger": passport.WithToken(t.Context(), "alpha", token),
		"two":        metadata.AppendToOutgoingContext(passport.WithToken(t.Context(), "alpha", own), "kith-passport", own),
	} {
		if err := d.call(t, "gateway", getAuthority, ctx); status.Code(err) != codes.Unauthenticated || fault.From(err).Reason != "UNAUTHENTICATED" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if d.reached.Load() != 0 {
		t.Error("a call without a passport was let in")
	}
}

// That the keys can't be had is no fault of the caller's: the same call is good a moment later.
func TestWithoutTheKeysACallIsNotPossibleNow(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	d.keys = func(context.Context) (string, error) { return "", status.Error(codes.PermissionDenied, "not you") }
	if err := d.call(t, "gateway", getAuthority, d.acting(t, person("gateway"))); status.Code(err) != codes.Unavailable {
		t.Errorf("%v", err)
	}
	if len(d.kept()) != 0 {
		t.Error("it was kept as a denial")
	}
}

// What is another authority's answers to the letter like what is nowhere.
func TestAnotherAuthoritysNameIsLikeNoName(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	conn := d.dial(t, d.identity(t, "web"))
	answers := map[string]*status.Status{}
	for _, authority := range []string{"alpha", "beta", "nowhere"} {
		d.work = nil
		if authority == "alpha" {
			d.work = func(context.Context) error { return fault.NotFound() }
		}
		req, answer := ask(listMembers, authority)
		answers[authority] = status.Convert(conn.Invoke(d.acting(t, person("web")), listMembers, req, answer))
	}
	if answers["alpha"].Code() != codes.NotFound {
		t.Fatal(answers["alpha"])
	}
	for _, authority := range []string{"beta", "nowhere"} {
		if !proto.Equal(answers["alpha"].Proto(), answers[authority].Proto()) {
			t.Errorf("%s: %v, want %v", authority, answers[authority], answers["alpha"])
		}
	}
	if d.reached.Load() != 1 {
		t.Errorf("reached %d times, want 1", d.reached.Load())
	}
	// Without a passport too, only this house's authorities are there.
	req, answer := ask(issuePassport, "nowhere")
	if err := conn.Invoke(t.Context(), issuePassport, req, answer); status.Code(err) != codes.NotFound {
		t.Error(err)
	}
	if last := d.denied[len(d.denied)-1]; last != "alpha" {
		t.Errorf("the look at another authority's is kept in %q, want the looker's own", last)
	}
}

func TestWhatIsInvalidIsNamedAndNotRepeated(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	conn := d.dial(t, d.identity(t, "gateway"))
	ctx := d.acting(t, person("gateway"))
	const secret = "Shanice"
	long := secret + strings.Repeat("x", 400)
	partner := func(p *directoryv1.PartnerClient) *directoryv1.IssuePassportRequest {
		return &directoryv1.IssuePassportRequest{Authority: "authorities/alpha", Bearer: &directoryv1.IssuePassportRequest_Partner{Partner: p}}
	}
	for name, c := range map[string]struct {
		method string
		req    proto.Message
		field  string
	}{
		"a pattern":             {getAuthority, &directoryv1.GetAuthorityRequest{Name: "authorities/alpha/" + secret}, "name"},
		"no value":              {recordDenial, &directoryv1.RecordDenialRequest{Method: secret}, "reason"},
		"too long":              {recordDenial, &directoryv1.RecordDenialRequest{Method: "m", Reason: long}, "reason"},
		"too long, inside":      {issuePassport, partner(&directoryv1.PartnerClient{Issuer: secret, ClientId: long}), "partner.clientId"},
		"too many":              {issuePassport, partner(&directoryv1.PartnerClient{Issuer: secret, ClientId: secret, Scopes: slices.Repeat([]string{secret}, 21)}), "partner.scopes"},
		"none of several":       {issuePassport, &directoryv1.IssuePassportRequest{Authority: "authorities/alpha"}, "bearer"},
		"a NUL":                 {recordDenial, &directoryv1.RecordDenialRequest{Method: secret + "\x00", Reason: "R"}, "method"},
		"a NUL, inside":         {issuePassport, partner(&directoryv1.PartnerClient{Issuer: "i", ClientId: secret + "\x00"}), "partner.clientId"},
		"a NUL, in a list":      {issuePassport, partner(&directoryv1.PartnerClient{Issuer: "i", ClientId: "c", Scopes: []string{"s", secret + "\x00"}}), "partner.scopes[1]"},
		"a NUL beside others":   {recordDenial, &directoryv1.RecordDenialRequest{Method: "m", Reason: "\x00" + secret}, "reason"},
		"a name with something": {listTeams, &directoryv1.ListTeamsRequest{Parent: "authorities/alpha\x00"}, "parent"},
	} {
		_, answer := ask(c.method, "alpha")
		err := conn.Invoke(ctx, c.method, c.req, answer)
		f := fault.From(err)
		if f.Field != c.field && f.Code != codes.NotFound || f.Code != codes.InvalidArgument && c.method != listTeams {
			t.Errorf("%s: field %q, want %q: %v", name, f.Field, c.field, err)
		}
		if text := status.Convert(err).Proto().String(); strings.Contains(text, secret) || strings.Contains(text, "xxxxx") {
			t.Errorf("%s: the answer repeats what was sent: %s", name, text)
		}
	}
	if d.reached.Load() != 0 {
		t.Error("an invalid call was let in")
	}
	if strings.Contains(d.logged(), secret) {
		t.Errorf("the log repeats what was sent: %s", d.logged())
	}
	if got, want := len(d.kept()), 11; got != want {
		t.Errorf("%d denials are kept, want %d", got, want)
	}
}

func TestAnAnswerWithoutItsAuditRowIsRefused(t *testing.T) {
	t.Parallel()
	silent := func(context.Context) error { return nil }
	d := open(t, nil)
	d.work = silent
	if err := d.call(t, "web", listTeams, d.acting(t, person("web"))); status.Code(err) != codes.Internal {
		t.Errorf("an answer that left no row: %v", err)
	}
	if err := d.call(t, "web", issuePassport, t.Context()); err != nil {
		t.Errorf("a call without passport: %v", err)
	}
	d.work = func(ctx context.Context) error { return audit.Write(ctx, paper{}, time.Now(), "test") }
	if err := d.call(t, "web", listTeams, d.acting(t, person("web"))); err != nil {
		t.Errorf("an answer that left its row: %v", err)
	}
	d.work = func(ctx context.Context) error { return audit.Write(ctx, torn{}, time.Now(), "test") }
	if err := d.call(t, "web", listTeams, d.acting(t, person("web"))); status.Code(err) != codes.Internal {
		t.Errorf("a row that could not be written: %v", err)
	}
	unaudited := open(t, func(_ *desk, cfg *rpc.ServerConfig) { cfg.Audited = false })
	unaudited.work = silent
	if err := unaudited.call(t, "web", listTeams, unaudited.acting(t, person("web"))); err != nil {
		t.Errorf("a service that holds no records: %v", err)
	}
}

// torn takes no statement.
type torn struct{}

func (torn) Exec(context.Context, string, ...any) (pgconn.CommandTag, error) {
	return pgconn.CommandTag{}, errors.New("torn")
}

// Whatever a use case fails with, nothing of its inside is in the answer, and no told text in the log.
func TestNothingInternalLeavesAService(t *testing.T) {
	t.Parallel()
	const told = "Shanice fell"
	for name, c := range map[string]struct {
		work func(context.Context) error
		code codes.Code
		logs string
	}{
		"a panic":            {func(context.Context) error { panic(told) }, codes.Internal, "panic: string"},
		"the runtime's":      {func(context.Context) error { var l []string; l[len(told)] = told; return nil }, codes.Internal, "index out of range"},
		"a driver's":         {func(context.Context) error { return dberr("23505", told) }, codes.Internal, "SQLSTATE 23505"},
		"a driver's, hidden": {func(context.Context) error { return fault.Internal(dberr("23514", told)) }, codes.Internal, "SQLSTATE 23514"},
		"a full disk":        {func(context.Context) error { return dberr("53100", told) }, codes.Unavailable, "SQLSTATE 53100"},
		"a hidden cause":     {func(context.Context) error { return fault.Internal(errors.New("the reason why")) }, codes.Internal, "the reason why"},
		"any other":          {func(context.Context) error { return errors.New("the reason why") }, codes.Internal, "the reason why"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t, nil)
			d.work = c.work
			err := d.call(t, "web", listTeams, d.acting(t, person("web")))
			if status.Code(err) != c.code {
				t.Errorf("%v, want %s", err, c.code)
			}
			text := status.Convert(err).Proto().String()
			for _, inner := range []string{told, "the reason why", "panic", "index", "SQLSTATE", "goroutine"} {
				if strings.Contains(text, inner) {
					t.Errorf("the answer says %q: %s", inner, text)
				}
			}
			if log := d.logged(); !strings.Contains(log, c.logs) || strings.Contains(log, told) {
				t.Errorf("the log should say %q and not what was told: %s", c.logs, log)
			}
			if len(d.kept()) != 0 {
				t.Error("our own failure was kept as a denial")
			}
		})
	}
}

func dberr(state, told string) error {
	return fmt.Errorf("insert: %w", &pgconn.PgError{Code: state, Message: told, Detail: "Failing row contains (" + told + ")", Where: told})
}

func TestADenialIsKept(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	web := d.dial(t, d.identity(t, "web"))
	invoke := func(ctx context.Context, req, answer proto.Message, method string) {
		t.Helper()
		if err := web.Invoke(ctx, method, req, answer); err == nil {
			t.Fatal("not refused")
		}
	}
	ctx := d.acting(t, person("web"))
	d.work = func(context.Context) error { return fault.Denied("NOT_A_MEMBER", "only members may") }
	req, answer := ask(listMembers, "alpha")
	invoke(ctx, req, answer, listMembers)
	req, answer = ask(listMembers, "beta")
	invoke(ctx, req, answer, listMembers)
	req, answer = ask(listTeams, "alpha")
	d.work = func(context.Context) error { return fault.Refused("KEY_REUSED", "Idempotency-Key", "send a new key") }
	invoke(ctx, req, answer, listTeams)
	req, answer = ask(listTeams, "alpha")
	d.work = func(context.Context) error { return fault.Conflict("CHANGED", "look again", nil) }
	invoke(ctx, req, answer, listTeams)
	// A stranger without a passport belongs to no authority; there is no trail to keep it in.
	invoke(t.Context(), req, answer, listTeams)
	want := []rpc.Denial{
		{Method: listMembers, Reason: "NOT_A_MEMBER", Caller: "web", Subjects: []string{"teams/north"}},
		{Method: listMembers, Reason: "NOT_FOUND", Caller: "web", Subjects: []string{"authorities/beta/teams/north"}},
		{Method: listTeams, Reason: "KEY_REUSED", Caller: "web"},
	}
	if got := d.kept(); !reflect.DeepEqual(got, want) {
		t.Errorf("kept %+v,\nwant %+v", got, want)
	}
	if !slices.Equal(d.denied, []string{"alpha", "alpha", "alpha"}) {
		t.Errorf("kept in %v", d.denied)
	}
	if log := d.logged(); !strings.Contains(log, "security=true") {
		t.Errorf("a reused key is no security event in the log: %s", log)
	}
}

// Whoever hangs up on a denial has been denied all the same.
func TestADenialIsKeptAlsoAfterHangingUp(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	ctx, hangUp := context.WithCancel(d.acting(t, person("web")))
	kept := make(chan struct{})
	d.work = func(ctx context.Context) error {
		hangUp()
		<-ctx.Done()
		close(kept)
		return fault.Denied("NOT_A_MEMBER", "only members may")
	}
	if err := d.call(t, "web", listTeams, ctx); status.Code(err) != codes.Canceled {
		t.Fatal(err)
	}
	<-kept
	deadline := time.After(5 * time.Second)
	for len(d.kept()) == 0 {
		select {
		case <-deadline:
			t.Fatal("not kept")
		case <-time.After(time.Millisecond):
		}
	}
	if strings.Contains(d.logged(), "could not be kept") {
		t.Error(d.logged())
	}
}

func TestTheBellRingsForAppendedEventsOnly(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	happened := eventlog.Event{Type: "team_renamed", Entity: "team/north", Version: 1, At: time.Now()}
	for name, c := range map[string]struct {
		work  func(context.Context) error
		rings int64
	}{
		"a look":   {func(context.Context) error { return nil }, 0},
		"an event": {func(ctx context.Context) error { return eventlog.Append(ctx, paper{}, happened) }, 1},
		"two events": {func(ctx context.Context) error {
			return errors.Join(eventlog.Append(ctx, paper{}, happened), eventlog.Append(ctx, paper{}, happened))
		}, 1},
		"an event taken back":   {func(ctx context.Context) error { _ = eventlog.Append(ctx, paper{}, happened); return fault.NotFound() }, 0},
		"an event not appended": {func(ctx context.Context) error { _ = eventlog.Append(ctx, torn{}, happened); return nil }, 0},
	} {
		before := d.rung.Load()
		d.work = func(ctx context.Context) error {
			if d.rung.Load() != before {
				t.Errorf("%s: the bell rang before the work was done", name)
			}
			return errors.Join(c.work(ctx), audit.Write(ctx, paper{}, time.Now(), "test"))
		}
		_ = d.call(t, "web", listTeams, d.acting(t, person("web")))
		if got := d.rung.Load() - before; got != c.rings {
			t.Errorf("%s: %d rings, want %d", name, got, c.rings)
		}
	}
}

func TestWhatAUseCaseIsGiven(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	d.work = func(ctx context.Context) error {
		deadline, ok := ctx.Deadline()
		if left := time.Until(deadline); !ok || left > 30*time.Second {
			t.Errorf("a call may take %s", left)
		}
		p := passport.From(ctx)
		if p == nil || p.ID != "p1" || passport.Authority(ctx) != "alpha" || rpc.Caller(ctx) != "referral" || !rpc.OverLimit(ctx) {
			t.Errorf("passport %+v, authority %q, caller %q, over limit %t", p, passport.Authority(ctx), rpc.Caller(ctx), rpc.OverLimit(ctx))
		}
		return audit.Write(ctx, paper{}, time.Now(), "test")
	}
	if err := d.call(t, "referral", listTeams, rpc.MarkOverLimit(d.acting(t, person("gateway")))); err != nil {
		t.Error(err)
	}
	d.work = func(ctx context.Context) error {
		if passport.From(ctx) != nil || passport.Authority(ctx) != "alpha" || rpc.Caller(ctx) != "web" || rpc.OverLimit(ctx) {
			t.Error("a call without a passport was given one")
		}
		return nil
	}
	if err := d.call(t, "web", issuePassport, d.acting(t, person("web"))); err != nil {
		t.Error(err)
	}
}

// No text of any authority gets through but the caller's own.
func TestNoOtherAuthoritysNamePasses(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	conn := d.dial(t, d.identity(t, "web"))
	ctx := d.acting(t, person("web"))
	rapid.Check(t, func(t *rapid.T) {
		authority := rapid.OneOf(rapid.StringMatching(`[a-z0-9-]{1,12}`), rapid.SampledFrom([]string{"alpha", "beta", "alph", "alphaa", "alpha-"})).Draw(t, "authority")
		before := d.reached.Load()
		err := conn.Invoke(ctx, getAuthority, &directoryv1.GetAuthorityRequest{Name: "authorities/" + authority}, &directoryv1.GetAuthorityResponse{})
		if own := authority == "alpha"; own != (err == nil) || own != (d.reached.Load() > before) {
			t.Fatalf("%q: %v", authority, err)
		}
	})
}
