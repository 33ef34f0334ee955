package issuer

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// SandboxPath is where the demonstration gives partners' tokens away, below the issuer's URL: whoever tries an interface
// has no key yet.
const SandboxPath = "/sandbox"

// sandboxToken is a partner's token on the page.
type sandboxToken struct{ Name, Scopes, Token string }

func (i *Issuer) sandbox(w http.ResponseWriter, _ *http.Request) {
	var all []sandboxToken
	partners := slices.SortedFunc(maps.Values(i.partners), func(a, b knownPartner) int { return cmp.Compare(a.Name, b.Name) })
	for _, p := range partners {
		scopes := strings.Join(p.Scopes, " ")
		token, problem := i.accessToken(p.ClientID, p.ClientID, scopes, partnerLife)
		if problem != nil {
			http.Error(w, "The tokens can't be made.", http.StatusInternalServerError)
			return
		}
		all = append(all, sandboxToken{Name: p.Name, Scopes: scopes, Token: token.AccessToken})
	}
	i.answerPage(w, http.StatusOK, "sandbox.html", struct {
		Prefix string
		Tokens []sandboxToken
	}{i.prefix, all})
}
