package referral_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"google.golang.org/grpc/codes"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/pkg/reach"
	"github.com/kithcare/kith/services/platform"
	"github.com/kithcare/kith/services/platform/try"
	"github.com/kithcare/kith/services/referral"
)

// hearing is a platform whose partners have addresses on this machine.
type hearing struct {
	*try.Platform
	outside *outside
	means   reach.Means
}

func newHearing(t *testing.T) hearing {
	t.Helper()
	h := hearing{outside: newOutside(t)}
	h.means = reach.Means{
		SMTP: h.outside.smtp, From: "kith@kith.invalid", Loopback: true,
		CallBackSecret: base64.StdEncoding.EncodeToString([]byte("a secret of thirty-two letters ok")),
	}
	var err error
	h.Platform, err = try.Start(context.Background(), try.Config{Settings: func(s *platform.Settings) { s.Reach = h.means }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Stop(context.Background()) })
	return h
}

// TestTheReferrerHearsBack is one platform for everything that leaves the house.
func TestTheReferrerHearsBack(t *testing.T) {
	t.Parallel()
	h := newHearing(t)
	h.register(t, "met-police", h.outside.http+"/police", "police@partner.example")
	for name, test := range map[string]func(*testing.T){
		"a partner by a signed call-back":           h.byCallBack,
		"once however many open it and press":       h.once,
		"by mail without names":                     h.byMail,
		"an individual learns that somebody looked": h.individual,
		"who can't be told is not":                  h.nobody,
		"what is not delivered is in sight":         h.undelivered,
		"a private address is not called":           h.private,
		"what was killed is not told":               h.killed,
		"the secret is for administrators":          h.secret,
		"duty, counts and arrivals":                 h.duty,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// register gives a partner its address and e-mail, as an administrator would.
func (h hearing) register(t *testing.T, partner, callBack, email string) {
	t.Helper()
	contacts, err := json.Marshal([]map[string]string{{"Name": "Desk", "Email": email}})
	if err != nil {
		t.Fatal(err)
	}
	h.Owner(t, kensington, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), `UPDATE directory.partner SET call_back = $2, contacts = $3 WHERE key = $1`, partner, callBack, string(contacts))
		return err
	})
}

func (h hearing) receive(ctx context.Context, t *testing.T, told *referralv1.Told) *referralv1.Contact {
	t.Helper()
	answer, err := h.Referral(t).ReceiveContact(ctx, &referralv1.ReceiveContactRequest{Parent: "authorities/" + passport.Authority(ctx), Told: told, RequestId: key()})
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetContact()
}

func (h hearing) open(ctx context.Context, t *testing.T, c *referralv1.Contact) *referralv1.Contact {
	t.Helper()
	answer, err := h.Referral(t).GetContact(ctx, &referralv1.GetContactRequest{Name: c.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetContact()
}

func (h hearing) desk(t *testing.T) referralv1.ReferralServiceClient {
	t.Helper()
	return referralv1.NewReferralServiceClient(h.Conn(t, "web", "referral"))
}

func (h hearing) listed(t *testing.T, undelivered bool) []*referralv1.CallBack {
	t.Helper()
	req := &referralv1.ListCallBacksRequest{Parent: "authorities/" + kensington, Undelivered: undelivered, PageSize: 2}
	var all []*referralv1.CallBack
	for {
		answer, err := h.desk(t).ListCallBacks(h.At(t, "web", kensington, screener), req)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, answer.GetCallBacks()...)
		if req.PageToken = answer.GetNextPageToken(); req.PageToken == "" {
			return all
		}
	}
}

// of finds a contact's call-backs of a kind in a list.
func of(list []*referralv1.CallBack, c *referralv1.Contact, kind string) []*referralv1.CallBack {
	var found []*referralv1.CallBack
	for _, b := range list {
		if b.GetContact() == c.GetName() && b.GetKind() == kind {
			found = append(found, b)
		}
	}
	return found
}

// heard gives the call-backs about a contact, by type.
func (h hearing) heard(c *referralv1.Contact) map[string][]call {
	_, calls := h.outside.got()
	by := map[string][]call{}
	for _, one := range calls {
		var body struct {
			Type string
			Data struct{ Receipt string }
		}
		if json.Unmarshal([]byte(one.body), &body) == nil && body.Data.Receipt == c.GetReceipt() {
			by[body.Type] = append(by[body.Type], one)
		}
	}
	return by
}

// mailed gives the e-mails about a contact.
func (h hearing) mailed(c *referralv1.Contact) []string {
	mails, _ := h.outside.got()
	var about []string
	for _, m := range mails {
		if strings.Contains(m, c.GetReceipt()) {
			about = append(about, m)
		}
	}
	return about
}

func nothingOfAChild(t *testing.T, text string) {
	t.Helper()
	for _, never := range []string{
		"Silva", "Ana", "Rui", "Invented Road", "W10", "worry-words", "desk-reason", "for-the-referrer", "MERLIN", "PC Invented", "further action",
		"Strategy", "Family Facing", "mother", "child's", "children",
	} {
		if strings.Contains(text, never) {
			t.Errorf("%q left the house in %q", never, text)
		}
	}
}

func (h hearing) byCallBack(t *testing.T) {
	c := h.receive(h.AsPartner(t, kensington, "met-police"), t, policeTold())
	if h.open(h.AsPartner(t, kensington, "met-police"), t, c).GetSeenAt() != nil {
		t.Error("the partner's own look is taken for the desk's")
	}
	opened := h.open(h.As(t, kensington, screener), t, c)
	equal(t, "who saw it", opened.GetDesk().GetSeenBy(), h.Person(t, kensington, screener))
	if opened.GetSeenAt() == nil || !h.open(h.AsPartner(t, kensington, "met-police"), t, c).GetSeenAt().AsTime().Equal(opened.GetSeenAt().AsTime()) {
		t.Error("the partner does not see when it was seen")
	}
	equal(t, "etag", opened.GetEtag(), c.GetEtag())
	decided, err := h.Referral(t).ScreenChild(h.As(t, kensington, other), screening(opened, 0))
	if err != nil {
		t.Fatal(err)
	}
	// A revision is a decision too.
	if _, err := h.Referral(t).ScreenChild(h.As(t, kensington, other), screening(decided.GetContact(), 0)); err != nil {
		t.Fatal(err)
	}
	try.Until(t, "the partner is called three times", func() bool {
		return len(h.heard(c)["contact.seen"]) == 1 && len(h.heard(c)["contact.child_decided"]) == 2
	})
	secret := h.secretOf(t, "met-police")
	for kind, calls := range h.heard(c) {
		for _, one := range calls {
			verifies(t, secret, one)
			var body map[string]any
			if err := json.Unmarshal([]byte(one.body), &body); err != nil {
				t.Fatal(err)
			}
			data, _ := body["data"].(map[string]any)
			equal(t, "fields", len(body), 3)
			equal(t, "fields of data", len(data), 2)
			equal(t, "contact", data["contact"], any(c.GetName()))
			equal(t, "type", body["type"], any(kind))
			equal(t, "path", one.path, "/police")
			nothingOfAChild(t, one.body)
		}
	}
	equal(t, "mails", len(h.mailed(c)), 0)
	try.Until(t, "they are listed as delivered", func() bool {
		told := h.open(h.As(t, kensington, screener), t, c).GetDesk().GetCallBacks()
		return len(told) == 3 && told[0].GetDeliveredAt() != nil && told[1].GetDeliveredAt() != nil && told[2].GetDeliveredAt() != nil &&
			told[2].GetKind() == "SEEN" && told[2].GetPartner() == "authorities/kensington-chelsea/partners/met-police"
	})
	if e := of(h.listed(t, true), c, "SEEN"); len(e) != 0 {
		t.Errorf("%v is listed as undelivered", e)
	}
}

func verifies(t *testing.T, secret string, one call) {
	t.Helper()
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.VerifyIgnoringTimestamp([]byte(one.body), one.header); err != nil {
		t.Errorf("the signature: %v", err)
	}
}

func (h hearing) administrator(t *testing.T) string {
	t.Helper()
	for _, p := range h.Described[kensington].People {
		if p.Administrator {
			return p.Key
		}
	}
	t.Fatal("nobody is the administrator")
	return ""
}

func (h hearing) secretOf(t *testing.T, partner string) string {
	t.Helper()
	answer, err := h.desk(t).GetCallBackSecret(h.At(t, "web", kensington, h.administrator(t)), &referralv1.GetCallBackSecretRequest{
		Name: "authorities/" + kensington + "/partners/" + partner,
	})
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetSecret()
}

func (h hearing) secret(t *testing.T) {
	if one, two := h.secretOf(t, "met-police"), h.secretOf(t, "nhs-trust"); one == two || !strings.HasPrefix(one, "whsec_") || strings.Contains(one, h.means.CallBackSecret) {
		t.Errorf("secrets %q, %q", one, two)
	}
	_, err := h.desk(t).GetCallBackSecret(h.At(t, "web", kensington, screener), &referralv1.GetCallBackSecretRequest{Name: "authorities/" + kensington + "/partners/met-police"})
	refused(t, err, codes.PermissionDenied, "NOT_ADMINISTRATOR")
	client := referralv1.NewReferralServiceClient(kith.Conn(t, "web", "referral"))
	_, err = client.GetCallBackSecret(kith.At(t, "web", kensington, h.administrator(t)), &referralv1.GetCallBackSecretRequest{Name: "authorities/" + kensington + "/partners/met-police"})
	refused(t, err, codes.FailedPrecondition, "NO_CALL_BACK_SECRET")
}

func (h hearing) once(t *testing.T) {
	c := h.receive(h.AsPartner(t, kensington, "met-police"), t, policeTold())
	var all sync.WaitGroup
	for i := range 20 {
		as := h.As(t, kensington, []string{screener, other}[i%2])
		all.Go(func() {
			if _, err := h.Referral(t).GetContact(as, &referralv1.GetContactRequest{Name: c.GetName()}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	press := screening(h.open(h.As(t, kensington, screener), t, c), 0)
	for range 10 {
		as := h.As(t, kensington, screener)
		all.Go(func() {
			if _, err := h.Referral(t).ScreenChild(as, press); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	equal(t, "words put aside", h.count(t, `SELECT count(*) FROM referral.call_back WHERE contact = $1`, id(c.GetName())), 2)
	equal(t, "jobs", h.count(t, `SELECT count(*) FROM referral.river_job WHERE kind = 'call_back' AND args->>'callBack' IN
		(SELECT id::text FROM referral.call_back WHERE contact = $1)`, id(c.GetName())), 2)
	// What is acted on without having been opened is seen as well.
	unread := h.receive(h.AsPartner(t, kensington, "met-police"), t, policeTold())
	answer, err := h.Referral(t).ScreenChild(h.As(t, kensington, screener), screening(unread, 0))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "seen by acting", answer.GetContact().GetDesk().GetSeenBy(), h.Person(t, kensington, screener))
	equal(t, "words put aside", h.count(t, `SELECT count(*) FROM referral.call_back WHERE contact = $1`, id(unread.GetName())), 2)
	// A job that runs again, as after a kill, sends nothing again.
	try.Until(t, "both are delivered", func() bool { return len(h.heard(c)) == 2 })
	again := another(t, h.Platform, func(d *referral.Deps) { d.Reach = h.means })
	for _, b := range of(h.listed(t, false), c, "SEEN") {
		if wait, err := again.Deliver(passport.WithAuthority(t.Context(), kensington), id(b.GetName()), 0); wait != 0 || err != nil {
			t.Errorf("%v, %v", wait, err)
		}
	}
	equal(t, "calls", len(h.heard(c)["contact.seen"]), 1)
}

func (h hearing) count(t *testing.T, sql string, args ...any) int {
	t.Helper()
	n := 0
	h.Owner(t, kensington, func(conn *pgx.Conn) error { return conn.QueryRow(t.Context(), sql, args...).Scan(&n) })
	return n
}

// byPhone is a school that rings, with somebody to write to.
func byPhone(code, email string) *referralv1.Told {
	told := policeTold()
	told.Source = &referralv1.Source{Code: code, Person: "Mrs Invented-Teacher", Email: email}
	return told
}

func (h hearing) byMail(t *testing.T) {
	told := byPhone("2A", "head@school.example")
	c := h.receive(h.As(t, kensington, screener), t, told)
	if c.GetSeenAt() == nil {
		t.Error("what was taken by phone is not seen at once")
	}
	try.Until(t, "the school hears that a person has it", func() bool { return len(h.mailed(c)) == 1 })
	if _, err := h.Referral(t).ScreenChild(h.As(t, kensington, screener), screening(h.open(h.As(t, kensington, screener), t, c), 0)); err != nil {
		t.Fatal(err)
	}
	try.Until(t, "the school hears that something changed", func() bool { return len(h.mailed(c)) == 2 })
	mails := h.mailed(c)
	phone := h.Described[kensington].Phone
	for i, words := range []string{"A person has what you told us before them.", "Something has changed about what you told us."} {
		if !strings.Contains(mails[i], words) || !strings.Contains(mails[i], phone) || !strings.Contains(mails[i], "To: <head@school.example>") {
			t.Errorf("mail %d is %q", i, mails[i])
		}
		nothingOfAChild(t, mails[i])
		if strings.Contains(mails[i], "Teacher") {
			t.Errorf("a name stands in %q", mails[i])
		}
	}
	told = byPhone("2A", "not an address")
	wrong := h.receive(h.As(t, kensington, screener), t, told)
	try.Until(t, "a wrong address is given up at once", func() bool {
		list := of(h.listed(t, true), wrong, "SEEN")
		return len(list) == 1 && list[0].GetNextAttemptAt() == nil && list[0].GetFailure() == "this is no e-mail address" && list[0].GetChannel() == "EMAIL"
	})
}

func (h hearing) individual(t *testing.T) {
	for _, code := range []string{"1A", "1D", "8", "9", "10"} {
		c := h.receive(h.As(t, kensington, screener), t, byPhone(code, "neighbour@post.example"))
		if _, err := h.Referral(t).ScreenChild(h.As(t, kensington, screener), screening(h.open(h.As(t, kensington, screener), t, c), 0)); err != nil {
			t.Fatal(err)
		}
		try.Until(t, "both mails come", func() bool { return len(h.mailed(c)) == 2 })
		for _, m := range h.mailed(c) {
			_, body, _ := strings.Cut(m, "\r\n\r\n")
			want := "What you told us has been looked at.\r\nReceipt: " + c.GetReceipt() + "\r\n\r\nPlease do not answer this e-mail: nobody reads what comes back.\r\n"
			equal(t, "all that source "+code+" is told", body, want)
			nothingOfAChild(t, m)
		}
	}
}

func (h hearing) nobody(t *testing.T) {
	h.register(t, "primary-school", "", "")
	c := h.receive(h.AsPartner(t, kensington, "primary-school"), t, policeTold())
	h.open(h.As(t, kensington, screener), t, c)
	try.Until(t, "nothing is left for a partner without an address", func() bool {
		return h.count(t, `SELECT count(*) FROM referral.call_back WHERE contact = $1`, id(c.GetName())) == 0
	})
	rang := h.receive(h.As(t, kensington, screener), t, byPhone("1B", ""))
	if _, err := h.Referral(t).ScreenChild(h.As(t, kensington, screener), screening(rang, 0)); err != nil {
		t.Fatal(err)
	}
	equal(t, "words for somebody without an e-mail address", h.count(t, `SELECT count(*) FROM referral.call_back WHERE contact = $1`, id(rang.GetName())), 0)
	equal(t, "calls and mails", len(h.heard(c))+len(h.mailed(c))+len(h.mailed(rang)), 0)
}

func (h hearing) undelivered(t *testing.T) {
	h.register(t, "nhs-trust", h.outside.http+"/moved", "")
	c := h.receive(h.AsPartner(t, kensington, "nhs-trust"), t, policeTold())
	h.open(h.As(t, kensington, screener), t, c)
	var b *referralv1.CallBack
	try.Until(t, "the first attempt has failed", func() bool {
		list := of(h.listed(t, true), c, "SEEN")
		if len(list) == 1 {
			b = list[0]
		}
		return b != nil
	})
	equal(t, "why", b.GetFailure(), "the call-back address answered 307: redirects are not followed")
	if b.GetNextAttemptAt() == nil || b.GetAttempts() != 1 {
		t.Errorf("%v", b)
	}
	shown := h.open(h.As(t, kensington, screener), t, c).GetDesk().GetCallBacks()
	equal(t, "on the contact", shown[0].GetName(), b.GetName())
	attempts, waited := h.untilGivenUp(t, b)
	equal(t, "attempts", attempts, 11)
	if waited < 23*time.Hour || waited > 25*time.Hour {
		t.Errorf("given up after %v", waited)
	}
	b = of(h.listed(t, true), c, "SEEN")[0]
	if b.GetNextAttemptAt() != nil {
		t.Errorf("it is tried again: %v", b)
	}
	queue, err := h.Referral(t).ListContacts(h.As(t, kensington, screener), &referralv1.ListContactsRequest{Parent: "authorities/" + kensington, Receipt: c.GetReceipt()})
	if err != nil || !queue.GetContacts()[0].GetUndelivered() || queue.GetWaiting().GetUndelivered() == 0 {
		t.Errorf("the queue shows %v, %v", queue, err)
	}
	_, calls := h.outside.got()
	ids := map[string]int{}
	for _, one := range h.heard(c)["contact.seen"] {
		ids[one.header.Get("webhook-id")]++
	}
	for _, one := range calls {
		if one.path == "/elsewhere" {
			t.Error("the message went elsewhere")
		}
	}
	equal(t, "messages", len(ids), 1)
	h.triedAgain(t, c, b)
}

// untilGivenUp makes every attempt that is due, without waiting for its time, and says how many there were over how long.
func (h hearing) untilGivenUp(t *testing.T, b *referralv1.CallBack) (attempts int, over time.Duration) {
	t.Helper()
	began := b.GetDueAt().AsTime()
	now := time.Now()
	s := another(t, h.Platform, func(d *referral.Deps) { d.Reach, d.Now = h.means, func() time.Time { return now } })
	ctx := passport.WithAuthority(t.Context(), kensington)
	for range 30 {
		wait, err := s.Deliver(ctx, id(b.GetName()), 0)
		if err != nil {
			t.Fatal(err)
		}
		if wait == 0 {
			break
		}
		now = now.Add(wait)
	}
	failed := h.count(t, `SELECT count(*) FROM referral.call_back_attempt WHERE call_back = $1 AND NOT delivered AND failure <> ''`, id(b.GetName()))
	return failed, now.Sub(began)
}

// triedAgain mends the address and lets a person have it tried again.
func (h hearing) triedAgain(t *testing.T, c *referralv1.Contact, b *referralv1.CallBack) {
	t.Helper()
	h.register(t, "nhs-trust", h.outside.http+"/mended", "")
	retry := &referralv1.RetryCallBackRequest{Name: b.GetName(), RequestId: key()}
	_, err := h.desk(t).RetryCallBack(h.At(t, "web", kensington, worker), retry)
	refused(t, err, codes.PermissionDenied, "NOT_REFERRAL_TEAM")
	for range 2 {
		answer, err := h.desk(t).RetryCallBack(h.At(t, "web", kensington, screener), retry)
		if err != nil || answer.GetCallBack().GetNextAttemptAt() == nil {
			t.Fatalf("%v, %v", answer, err)
		}
	}
	try.Until(t, "it is delivered", func() bool {
		list := of(h.listed(t, false), c, "SEEN")
		return list[0].GetDeliveredAt() != nil && list[0].GetFailure() == ""
	})
	equal(t, "still undelivered", len(of(h.listed(t, true), c, "SEEN")), 0)
	mended := 0
	for _, one := range h.heard(c)["contact.seen"] {
		equal(t, "message", one.header.Get("webhook-id"), "msg_"+strings.ReplaceAll(id(b.GetName()), "-", ""))
		if one.path == "/mended" {
			mended++
		}
	}
	equal(t, "calls that were answered", mended, 1)
	retry.RequestId = key()
	_, err = h.desk(t).RetryCallBack(h.At(t, "web", kensington, screener), retry)
	refused(t, err, codes.FailedPrecondition, "NOTHING_CHANGES")
}

func (h hearing) private(t *testing.T) {
	h.register(t, "mash", "https://10.1.2.3/hook", "")
	c := h.receive(h.AsPartner(t, kensington, "mash"), t, policeTold())
	h.open(h.As(t, kensington, screener), t, c)
	var b *referralv1.CallBack
	try.Until(t, "it is refused", func() bool {
		list := of(h.listed(t, true), c, "SEEN")
		if len(list) == 1 {
			b = list[0]
		}
		return b != nil
	})
	equal(t, "why", b.GetFailure(), "the call-back address lies inside a network, and is not called")
	settle := &referralv1.SettleCallBackRequest{Name: b.GetName(), How: "rang the duty desk", RequestId: key()}
	_, err := h.desk(t).SettleCallBack(h.At(t, "web", kensington, worker), settle)
	refused(t, err, codes.PermissionDenied, "NOT_REFERRAL_TEAM")
	answer, err := h.desk(t).SettleCallBack(h.At(t, "web", kensington, screener), settle)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "who", answer.GetCallBack().GetSettledBy(), h.Person(t, kensington, screener))
	equal(t, "how", answer.GetCallBack().GetSettled(), "rang the duty desk")
	equal(t, "still undelivered", len(of(h.listed(t, true), c, "SEEN")), 0)
	later := another(t, h.Platform, func(d *referral.Deps) {
		d.Reach, d.Now = h.means, func() time.Time { return time.Now().Add(time.Hour) }
	})
	if wait, err := later.Deliver(passport.WithAuthority(t.Context(), kensington), id(b.GetName()), 0); wait != 0 || err != nil {
		t.Errorf("it is tried again: %v, %v", wait, err)
	}
	settle.RequestId = key()
	_, err = h.desk(t).SettleCallBack(h.At(t, "web", kensington, screener), settle)
	refused(t, err, codes.FailedPrecondition, "NOTHING_CHANGES")
	settle.Name = "authorities/" + kensington + "/callBacks/" + uuid.NewString()
	_, err = h.desk(t).SettleCallBack(h.At(t, "web", kensington, screener), settle)
	refused(t, err, codes.NotFound, "NOT_FOUND")
}

// killed lets PostgreSQL end the connection in the middle of a decision, after everything else was written.
func (h hearing) killed(t *testing.T) {
	c := h.receive(h.AsPartner(t, kensington, "met-police"), t, policeTold())
	h.Owner(t, kensington, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), `CREATE FUNCTION referral.end_it() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
			$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
			CREATE TRIGGER end_it BEFORE INSERT ON referral.audit FOR EACH ROW WHEN ('contacts/`+id(c.GetName())+`' = ANY (NEW.subjects) AND NEW.allowed)
			EXECUTE FUNCTION referral.end_it()`, pgx.QueryExecModeSimpleProtocol)
		return err
	})
	if _, err := h.Referral(t).ScreenChild(h.As(t, kensington, screener), screening(c, 0)); err == nil {
		t.Fatal("it was not killed")
	}
	if _, err := h.Referral(t).GetContact(h.As(t, kensington, screener), &referralv1.GetContactRequest{Name: c.GetName()}); err == nil {
		t.Fatal("it was not killed")
	}
	equal(t, "words put aside", h.count(t, `SELECT count(*) FROM referral.call_back WHERE contact = $1`, id(c.GetName())), 0)
	equal(t, "seen", h.count(t, `SELECT count(*) FROM referral.contact WHERE id = $1 AND seen_at IS NOT NULL`, id(c.GetName())), 0)
	equal(t, "calls", len(h.heard(c)), 0)
	h.Owner(t, kensington, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), `DROP FUNCTION referral.end_it CASCADE`)
		return err
	})
	h.open(h.As(t, kensington, screener), t, c)
	try.Until(t, "the partner hears of it", func() bool { return len(h.heard(c)["contact.seen"]) == 1 })
}
