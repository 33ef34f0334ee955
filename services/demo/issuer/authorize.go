package issuer

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// grant is what a code stands for until it is exchanged.
type grant struct {
	clientID    string
	redirectURI string
	challenge   string
	nonce       string
	scope       string
	subject     string
	signedInAt  time.Time
}

// carried are the parameters of an authorization request, which the sign-in form sends again to be checked again.
func carried() []string {
	return []string{
		"client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce",
		"code_challenge", "code_challenge_method", "prompt", "request", "request_uri", "registration",
	}
}

// printable tells whether s is not empty and only visible ASCII and spaces, as RFC 6749 (appendix A) wants.
func printable(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r > 0x7e })
}

// authorize shows the page that asks who is signing in.
func (i *Issuer) authorize(w http.ResponseWriter, r *http.Request) {
	form, ok := i.readRequest(w, r)
	if !ok {
		return
	}
	fields := url.Values{}
	for _, name := range carried() {
		if value := form.Get(name); value != "" {
			fields.Set(name, value)
		}
	}
	i.answerPage(w, http.StatusOK, "sign_in.html", map[string]any{
		"Prefix": i.prefix, "Client": form.Get("client_id"), "Fields": fields, "Authorities": i.page,
	})
}

// signIn answers the page's form: back to the client with a code, or with access_denied.
func (i *Issuer) signIn(w http.ResponseWriter, r *http.Request) {
	form, ok := i.readRequest(w, r)
	if !ok {
		return
	}
	if form.Get("decline") != "" {
		i.sendBack(w, r, form, url.Values{"error": {"access_denied"}, "error_description": {"nobody was chosen"}})
		return
	}
	if _, known := i.people[form.Get("subject")]; !known || len(form["subject"]) != 1 {
		i.refuse(w, http.StatusBadRequest, "There is no such demonstration person.")
		return
	}
	code, now := rand.Text(), i.now()
	err := i.codes.put(code, grant{
		clientID: form.Get("client_id"), redirectURI: form.Get("redirect_uri"), challenge: form.Get("code_challenge"),
		nonce: form.Get("nonce"), scope: staffScope(form.Get("scope")), subject: form.Get("subject"), signedInAt: now,
	}, now.Add(codeLife), now)
	if err != nil {
		i.sendBack(w, r, form, url.Values{"error": {"temporarily_unavailable"}, "error_description": {"too many people are signing in"}})
		return
	}
	i.sendBack(w, r, form, url.Values{"code": {code}})
}

// readRequest reads and checks an authorization request. When it returns false, the answer has been given: a page
// while it isn't certain where an answer may be sent, the client's redirect URI after (RFC 6749, section 4.1.2.1).
func (i *Issuer) readRequest(w http.ResponseWriter, r *http.Request) (url.Values, bool) {
	if err := r.ParseForm(); err != nil {
		i.refuse(w, http.StatusBadRequest, "The request can't be read, or is too long.")
		return nil, false
	}
	form := r.PostForm
	if r.Method != http.MethodPost {
		form = r.URL.Query()
	}
	client, known := i.clients[form.Get("client_id")]
	if !known || len(form["client_id"]) != 1 {
		i.refuse(w, http.StatusBadRequest, "The program that sent you here is not known to the demonstration issuer (client_id).")
		return nil, false
	}
	if len(form["redirect_uri"]) != 1 || !client.redirectAllowed(form.Get("redirect_uri")) {
		i.refuse(w, http.StatusBadRequest, "The program that sent you here asks for the answer to go where it may not go (redirect_uri).")
		return nil, false
	}
	if problem := checkRequest(form); problem != nil {
		i.sendBack(w, r, form, url.Values{"error": {problem.Code}, "error_description": {problem.Description}})
		return nil, false
	}
	return form, true
}

func checkRequest(form url.Values) *protocolError {
	for _, name := range carried() {
		values, given := form[name]
		if given && (len(values) > 1 || len(values[0]) > 2048 || (values[0] != "" && !printable(values[0]))) {
			return invalidRequest(name + " must be given once, in at most 2048 printable ASCII characters")
		}
	}
	challenge, err := base64.RawURLEncoding.Strict().DecodeString(form.Get("code_challenge"))
	switch {
	case form.Get("request") != "":
		return &protocolError{Code: "request_not_supported", Description: "request objects are not supported"}
	case form.Get("request_uri") != "":
		return &protocolError{Code: "request_uri_not_supported", Description: "request objects are not supported"}
	case form.Get("registration") != "":
		return &protocolError{Code: "registration_not_supported", Description: "registration is not supported"}
	case form.Get("response_type") == "":
		return invalidRequest("response_type is missing")
	case form.Get("response_type") != "code":
		return &protocolError{Code: "unsupported_response_type", Description: "response_type must be code"}
	case form.Get("response_mode") != "" && form.Get("response_mode") != "query":
		return invalidRequest("response_mode must be query")
	case !slices.Contains(strings.Fields(form.Get("scope")), "openid"):
		return &protocolError{Code: "invalid_scope", Description: "scope must contain openid"}
	case form.Get("code_challenge_method") != "S256":
		return invalidRequest("code_challenge_method must be S256")
	case err != nil || len(challenge) != 32:
		return invalidRequest("code_challenge must be a SHA-256 digest in base64url without padding")
	case slices.Contains(strings.Fields(form.Get("prompt")), "none"):
		return &protocolError{Code: "login_required", Description: "signing in asks each time"}
	}
	return nil
}

// staffScope leaves out the scopes this issuer doesn't know, as OpenID Connect Core (section 3.1.2.1) wants.
func staffScope(asked string) string {
	if slices.Contains(strings.Fields(asked), "profile") {
		return "openid profile"
	}
	return "openid"
}

// sendBack redirects to the client with the answer, its state, and who answers (RFC 9207).
func (i *Issuer) sendBack(w http.ResponseWriter, r *http.Request, form, answer url.Values) {
	answer.Set("iss", i.url)
	if state := form["state"]; len(state) == 1 && printable(state[0]) {
		answer.Set("state", state[0])
	}
	http.Redirect(w, r, form.Get("redirect_uri")+"?"+answer.Encode(), http.StatusSeeOther)
}

func (i *Issuer) refuse(w http.ResponseWriter, status int, reason string) {
	i.answerPage(w, status, "refused.html", map[string]any{"Prefix": i.prefix, "Reason": reason})
}

type authorityOnPage struct {
	Title string
	Teams []teamOnPage
}

type teamOnPage struct {
	Note   string
	People []Person
}

// arrange groups people by authority and team, each in the order of its first appearance.
func arrange(people []Person) []authorityOnPage {
	var page []authorityOnPage
	for _, person := range people {
		a := slices.IndexFunc(page, func(known authorityOnPage) bool { return known.Title == person.Authority })
		if a < 0 {
			a, page = len(page), append(page, authorityOnPage{Title: person.Authority})
		}
		teams := page[a].Teams
		t := slices.IndexFunc(teams, func(known teamOnPage) bool { return known.Note == person.Note })
		if t < 0 {
			t, teams = len(teams), append(teams, teamOnPage{Note: person.Note})
		}
		teams[t].People = append(teams[t].People, person)
		page[a].Teams = teams
	}
	return page
}
