package administration_test

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/platform/try"
)

func newPartner() *directoryv1.DirectoryPartner {
	return &directoryv1.DirectoryPartner{
		Name: hammersmith + "/partners/" + fresh("p"), Title: "A new school", SourceCode: "2A", ClientId: fresh("hf"), Scopes: []string{"contacts:write"},
		CallBack: "https://school.example/kith", Contacts: []*directoryv1.PartnerContact{{Title: "Head", Role: "safeguarding lead", Phone: "020 7946 0666", Email: "head@school.example"}},
	}
}

func savePartner(t testing.TB, m *directoryv1.DirectoryPartner) *directoryv1.DirectoryPartner {
	t.Helper()
	answer, err := client(t).SavePartner(admin(t), &directoryv1.SavePartnerRequest{Partner: m, RequestId: key()})
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetPartner()
}

func TestAPartnerIsMadeChangedAndRemoved(t *testing.T) {
	t.Parallel()
	told := newPartner()
	made := savePartner(t, told)
	want := proto.CloneOf(told)
	want.Etag = made.GetEtag()
	if !proto.Equal(made, want) {
		t.Errorf("got  %v\nwant %v", made, want)
	}
	sign := func() error {
		_, err := kith.Directory(t).IssuePassport(t.Context(), &directoryv1.IssuePassportRequest{Authority: hammersmith, Bearer: &directoryv1.IssuePassportRequest_Partner{
			Partner: &directoryv1.PartnerClient{Issuer: try.Issuer, ClientId: told.GetClientId(), Scopes: []string{"contacts:write"}},
		}})
		return err
	}
	if err := sign(); err != nil {
		t.Errorf("the new partner's system gets no passport: %v", err)
	}
	made.Title, made.Contacts = "A renamed school", nil
	renamed := savePartner(t, made)
	got, err := client(t).GetPartner(admin(t), &directoryv1.GetPartnerRequest{Name: made.GetName()})
	if err != nil || !proto.Equal(got.GetPartner(), renamed) || renamed.GetTitle() != "A renamed school" || len(renamed.GetContacts()) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	_, err = client(t).SavePartner(admin(t), &directoryv1.SavePartnerRequest{Partner: made, RequestId: key()})
	changed(t, err, kith.Person(t, try.Hammersmith, administrator))
	list, err := client(t).ListPartners(admin(t), &directoryv1.ListPartnersRequest{Parent: hammersmith})
	if err != nil || len(list.GetPartners()) < len(kith.Described[try.Hammersmith].Partners)+1 {
		t.Errorf("%v, %v", list, err)
	}
	_, err = client(t).RemovePartner(admin(t), &directoryv1.RemovePartnerRequest{Name: made.GetName(), Etag: made.GetEtag(), RequestId: key()})
	changed(t, err, kith.Person(t, try.Hammersmith, administrator))
	if _, err = client(t).RemovePartner(admin(t), &directoryv1.RemovePartnerRequest{Name: made.GetName(), Etag: renamed.GetEtag(), RequestId: key()}); err != nil {
		t.Fatal(err)
	}
	if err := sign(); fault.From(err).Code != codes.Unauthenticated {
		t.Errorf("the system of a partner that was removed gets a passport: %v", err)
	}
	_, err = client(t).GetPartner(admin(t), &directoryv1.GetPartnerRequest{Name: made.GetName()})
	refused(t, err, codes.NotFound, "NOT_FOUND", "")
	// Its client id is free for another; its key is not.
	next := newPartner()
	next.ClientId = told.GetClientId()
	savePartner(t, next)
	_, err = client(t).SavePartner(admin(t), &directoryv1.SavePartnerRequest{Partner: told, RequestId: key()})
	refused(t, err, codes.FailedPrecondition, "CLIENT_TAKEN", "partner.clientId", "A new school")
	told.ClientId = fresh("hf")
	_, err = client(t).SavePartner(admin(t), &directoryv1.SavePartnerRequest{Partner: told, RequestId: key()})
	refused(t, err, codes.FailedPrecondition, "KEY_TAKEN", "partner.name", "choose another")
}

func TestAPartnerWithoutASystem(t *testing.T) {
	t.Parallel()
	told := newPartner()
	told.ClientId, told.Scopes, told.CallBack = "", nil, ""
	savePartner(t, told)
	told = proto.CloneOf(told)
	told.Name = newPartner().GetName()
	savePartner(t, told)
}

func TestWhatAPartnerCantBe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change              func(*directoryv1.DirectoryPartner)
		code                codes.Code
		reason, field, says string
	}{
		"key":                 {func(m *directoryv1.DirectoryPartner) { m.Name = hammersmith + "/partners/-a" }, codes.InvalidArgument, "INVALID", "partner.name", "a key"},
		"another authority's": {func(m *directoryv1.DirectoryPartner) { m.Name = kensington + "/partners/new" }, codes.NotFound, "NOT_FOUND", "", ""},
		"name":                {func(m *directoryv1.DirectoryPartner) { m.Title = "  " }, codes.InvalidArgument, "INVALID", "partner.title", "not blank"},
		"source":              {func(m *directoryv1.DirectoryPartner) { m.SourceCode = "11" }, codes.InvalidArgument, "INVALID", "partner.sourceCode", "a referral source code of the CIN census"},
		"no source":           {func(m *directoryv1.DirectoryPartner) { m.SourceCode = "" }, codes.InvalidArgument, "INVALID", "partner.sourceCode", "a referral source code"},
		"client id":           {func(m *directoryv1.DirectoryPartner) { m.ClientId = "two words" }, codes.InvalidArgument, "INVALID", "partner.clientId", "without spaces"},
		"taken client id":     {func(m *directoryv1.DirectoryPartner) { m.ClientId = "hf-met-police" }, codes.FailedPrecondition, "CLIENT_TAKEN", "partner.clientId", "every partner has its own"},
		"scope":               {func(m *directoryv1.DirectoryPartner) { m.Scopes = []string{"contacts:write", "everything"} }, codes.InvalidArgument, "INVALID", "partner.scopes[1]", "contacts:write or contacts:read"},
		"no scope":            {func(m *directoryv1.DirectoryPartner) { m.Scopes = nil }, codes.InvalidArgument, "INVALID", "partner.scopes", "choose what"},
		"no client":           {func(m *directoryv1.DirectoryPartner) { m.ClientId = "" }, codes.InvalidArgument, "INVALID", "partner.clientId", "is needed"},
		"call-back in clear":  {func(m *directoryv1.DirectoryPartner) { m.CallBack = "http://school.example/kith" }, codes.InvalidArgument, "INVALID", "partner.callBack", "an https address"},
		"contact":             {func(m *directoryv1.DirectoryPartner) { m.Contacts = []*directoryv1.PartnerContact{{Title: "Head"}} }, codes.InvalidArgument, "INVALID", "partner.contacts[0]", "a telephone number or an e-mail address"},
		"contact's e-mail": {func(m *directoryv1.DirectoryPartner) {
			m.Contacts = []*directoryv1.PartnerContact{{Title: "Head", Email: "head"}}
		}, codes.InvalidArgument, "INVALID", "partner.contacts[0].email", "an e-mail address"},
		"nothing to change": {func(m *directoryv1.DirectoryPartner) { m.Etag = "1" }, codes.NotFound, "NOT_FOUND", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newPartner()
			c.change(m)
			_, err := client(t).SavePartner(admin(t), &directoryv1.SavePartnerRequest{Partner: m, RequestId: key()})
			refused(t, err, c.code, c.reason, c.field, c.says)
		})
	}
	loop := newPartner()
	loop.CallBack = "http://127.0.0.1:9000/kith"
	savePartner(t, loop)
}

// TestSettings is the only one that changes Hammersmith's settings.
func TestSettings(t *testing.T) {
	t.Parallel()
	answer, err := client(t).GetSettings(admin(t), &directoryv1.GetSettingsRequest{Parent: hammersmith})
	if err != nil {
		t.Fatal(err)
	}
	was := answer.GetSettings()
	if was.GetOpens() != "08:30" || was.GetCloses() != "17:30" || was.GetUrgentMinutes() != 60 || was.GetIdleMinutes() != 30 || was.GetOutOfHours().GetEmail() != "out.of.hours@hf.example" {
		t.Errorf("as imported: %v", was)
	}
	save := func(m *directoryv1.Settings) (*directoryv1.Settings, error) {
		answer, err := client(t).SaveSettings(admin(t), &directoryv1.SaveSettingsRequest{Parent: hammersmith, Settings: m, RequestId: key()})
		return answer.GetSettings(), err
	}
	for name, c := range map[string]struct {
		change      func(*directoryv1.Settings)
		field, says string
	}{
		"phone":     {func(m *directoryv1.Settings) { m.Phone = "" }, "settings.phone", "a telephone number"},
		"opens":     {func(m *directoryv1.Settings) { m.Opens = "9am" }, "settings.opens", "a time of day"},
		"closes":    {func(m *directoryv1.Settings) { m.Closes = "25:00" }, "settings.closes", "a time of day"},
		"hours":     {func(m *directoryv1.Settings) { m.Opens, m.Closes = "17:00", "09:00" }, "settings.closes", "later than the office opens, 17:00"},
		"urgent":    {func(m *directoryv1.Settings) { m.UrgentMinutes = 0 }, "settings.urgentMinutes", ""},
		"idle":      {func(m *directoryv1.Settings) { m.IdleMinutes = 4 }, "settings.idleMinutes", ""},
		"escalate":  {func(m *directoryv1.Settings) { m.HowToEscalate = "" }, "settings.howToEscalate", "not blank"},
		"nobody":    {func(m *directoryv1.Settings) { m.OutOfHours = nil }, "settings.outOfHours.contact", "not blank"},
		"e-mail":    {func(m *directoryv1.Settings) { m.OutOfHours.Email = "duty" }, "settings.outOfHours.email", "an e-mail address"},
		"ring":      {func(m *directoryv1.Settings) { m.OutOfHours.Phone = "999!" }, "settings.outOfHours.phone", "a telephone number"},
		"call back": {func(m *directoryv1.Settings) { m.OutOfHours.CallBackUrl = "ftp://x" }, "settings.outOfHours.callBackUrl", "an https address"},
	} {
		m := proto.CloneOf(was)
		c.change(m)
		_, err := save(m)
		t.Run(name, func(t *testing.T) { refused(t, err, codes.InvalidArgument, "INVALID", c.field, c.says) })
	}
	want := proto.CloneOf(was)
	want.Opens, want.Closes, want.IdleMinutes, want.UrgentMinutes, want.HowToEscalate = "08:00", "18:00", 15, 45, "Ring us.\r\nThen ring again."
	now, err := save(want)
	if err != nil {
		t.Fatal(err)
	}
	want.Etag, want.HowToEscalate = now.GetEtag(), "Ring us.\nThen ring again."
	if !proto.Equal(now, want) {
		t.Errorf("got  %v\nwant %v", now, want)
	}
	a, err := kith.Directory(t).GetAuthority(kith.As(t, try.Hammersmith, member), &directoryv1.GetAuthorityRequest{Name: hammersmith})
	if err != nil || a.GetAuthority().GetOpens() != "08:00" || a.GetAuthority().GetIdleMinutes() != 15 || a.GetAuthority().GetUrgentMinutes() != 45 {
		t.Errorf("what everybody sees: %v, %v", a, err)
	}
	_, err = save(was)
	changed(t, err, kith.Person(t, try.Hammersmith, administrator))
}
