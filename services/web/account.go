package web

import (
	"strings"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/web/page"
)

func addAccount(s *page.Site) {
	s.Read("/account", account)
	s.Act("/sign-out", func(v *page.Visit) error { return signOut(v, false) })
	s.Act("/account/sign-out-everywhere", func(v *page.Visit) error { return signOut(v, true) })
}

// account shows where the person is signed in.
func account(v *page.Visit) error {
	authority, secret, _ := v.Secret()
	answer, err := v.Sessions.ListSessions(v.Ctx(), &directoryv1.ListSessionsRequest{Authority: "authorities/" + authority, Secret: secret})
	return v.Show(page.Page{Title: v.T("account.title"), Body: accountPage(v, page.Of(answer.GetSessions(), err))})
}

// signOut ends the session here, or all of the person's.
func signOut(v *page.Visit, everywhere bool) error {
	authority, secret, _ := v.Secret()
	_, err := v.Sessions.EndSession(v.Ctx(), &directoryv1.EndSessionRequest{Authority: "authorities/" + authority, Secret: secret, Everywhere: everywhere})
	// A session that has ended is what was asked for.
	if err != nil && fault.From(err).Reason != "UNAUTHENTICATED" {
		return err
	}
	v.SignedOut()
	if everywhere {
		return v.Go("/", "signed_out_everywhere")
	}
	return v.Go("/", "signed_out")
}

// deviceOf is what a person knows a browser by.
func deviceOf(agent string) string {
	browser, system := "", ""
	for _, b := range [][2]string{{"Edg", "Edge"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox", "Firefox"}, {"Chrome", "Chrome"}, {"Safari", "Safari"}} {
		if browser == "" && strings.Contains(agent, b[0]) {
			browser = b[1]
		}
	}
	for _, s := range [][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS", "Mac"}, {"Linux", "Linux"}} {
		if system == "" && strings.Contains(agent, s[0]) {
			system = s[1]
		}
	}
	return strings.TrimSpace(browser + " " + system)
}
