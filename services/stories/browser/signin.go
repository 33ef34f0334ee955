package browser

import (
	"strings"
)

// SignIn signs somebody in as they do it: by way of the council's own page, and choosing an authority where they have
// several; the first is Kensington and Chelsea. The tab is then at the first page.
func (x *Tab) SignIn(person string, authority ...string) *Tab {
	x.t.Helper()
	x.visit("/sign-in?to=%2F")
	x.Continue(person, authority...)
	return x
}

// Continue chooses the person at the council's page where the tab is, and goes on to where it was led from.
func (x *Tab) Continue(person string, authority ...string) *Tab {
	x.t.Helper()
	x.at("choose "+person, must[spot](x.tab, "choose "+person+" at the issuer's page", "pressValue", "subject", subject(x.t, person), !x.plain))
	if x.URLPath() == "/signed-in" {
		name := strings.TrimPrefix(Kensington, "authorities/")
		if len(authority) > 0 {
			name = strings.TrimPrefix(authority[0], "authorities/")
		}
		x.arrive()
		x.at("choose "+name, must[spot](x.tab, "choose "+name, "pressValue", "authority", name, !x.plain))
	}
	if at := x.URLPath(); at == "/signed-in" || strings.HasPrefix(at, "/demonstration/") {
		x.failf("%s is not signed in", person)
	}
	x.arrive()
	return x
}

// URLPath is the path that the tab is at, without its query.
func (x *Tab) URLPath() string {
	x.t.Helper()
	return must[string](x.tab, "read the address", "location.pathname")
}
