package issuer

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"mime"
	"net/http"
	"net/url"
)

// protocolError is an error of RFC 6749, section 5.2. Its description is for the developer of the client.
type protocolError struct {
	status      int
	Code        string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

func invalidRequest(why string) *protocolError {
	return &protocolError{http.StatusBadRequest, "invalid_request", why}
}

func invalidGrant(why string) *protocolError {
	return &protocolError{http.StatusBadRequest, "invalid_grant", why}
}

func invalidClient(why string) *protocolError {
	return &protocolError{http.StatusUnauthorized, "invalid_client", why}
}

func serverError() *protocolError {
	return &protocolError{http.StatusInternalServerError, "server_error", "the token can't be signed"}
}

// tokens is the answer of RFC 6749, section 5.1. ExpiresIn is in seconds.
type tokens struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"`
	Scope       string `json:"scope"`
	IDToken     string `json:"id_token,omitempty"`
}

func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	answer, problem := i.answerTokenRequest(r)
	if problem == nil {
		answerJSON(w, http.StatusOK, answer)
		return
	}
	if problem.status == http.StatusUnauthorized && r.Header.Get("Authorization") != "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="demonstration issuer"`)
	}
	if problem.status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "60")
	}
	answerJSON(w, problem.status, problem)
}

func (i *Issuer) answerTokenRequest(r *http.Request) (*tokens, *protocolError) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, invalidRequest("the body must be application/x-www-form-urlencoded")
	}
	if err := r.ParseForm(); err != nil {
		return nil, invalidRequest("the body can't be read, or is longer than 64 KB")
	}
	for name, values := range r.PostForm {
		if len(values) > 1 {
			return nil, invalidRequest("a parameter is given twice: " + asciiOnly(name))
		}
	}
	if r.Header.Get("Authorization") != "" || r.PostForm.Get("client_secret") != "" {
		return nil, invalidClient("no client has a secret here: people's clients use PKCE, partners private_key_jwt")
	}
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		return i.exchangeCode(r.PostForm)
	case "client_credentials":
		return i.partnerToken(r.PostForm)
	case "":
		return nil, invalidRequest("grant_type is missing")
	default:
		return nil, &protocolError{http.StatusBadRequest, "unsupported_grant_type", "authorization_code and client_credentials are offered"}
	}
}

func asciiOnly(name string) string {
	if !printable(name) || len(name) > 40 {
		return "(a name that can't be shown)"
	}
	return name
}

// exchangeCode gives a person's tokens for a code. A code is used up by the first attempt, also by a wrong one.
func (i *Issuer) exchangeCode(form url.Values) (*tokens, *protocolError) {
	if _, known := i.clients[form.Get("client_id")]; !known {
		return nil, invalidClient("client_id is not a client people sign in to")
	}
	for _, name := range []string{"code", "redirect_uri", "code_verifier"} {
		if form.Get(name) == "" {
			return nil, invalidRequest(name + " is missing")
		}
	}
	granted, found := i.codes.take(form.Get("code"), i.now())
	digest := sha256.Sum256([]byte(form.Get("code_verifier")))
	challenge := base64.RawURLEncoding.EncodeToString(digest[:])
	switch {
	case !found:
		return nil, invalidGrant("the code is not known, was used, or has expired")
	case granted.clientID != form.Get("client_id"):
		return nil, invalidGrant("the code was given to another client")
	case granted.redirectURI != form.Get("redirect_uri"):
		return nil, invalidGrant("redirect_uri is not the one the code was sent to")
	case subtle.ConstantTimeCompare([]byte(granted.challenge), []byte(challenge)) != 1:
		return nil, invalidGrant("code_verifier does not match the code_challenge")
	}
	return i.personTokens(granted)
}
