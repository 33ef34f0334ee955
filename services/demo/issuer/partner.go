package issuer

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

func assertionAlgorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA, jose.RS256}
}

// partnerToken gives a partner that proves its key an access token for the scopes it asks for and may have; for all it
// may have when it asks for none.
func (i *Issuer) partnerToken(form url.Values) (*tokens, *protocolError) {
	partner, problem := i.authenticate(form)
	if problem != nil {
		return nil, problem
	}
	granted := partner.Scopes
	if asked := strings.Fields(form.Get("scope")); len(asked) > 0 {
		granted = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(asked))), func(scope string) bool {
			return !slices.Contains(partner.Scopes, scope)
		})
	}
	if len(granted) == 0 {
		return nil, &protocolError{http.StatusBadRequest, "invalid_scope", "this partner may have none of the scopes asked for"}
	}
	return i.accessToken(partner.ClientID, partner.ClientID, strings.Join(granted, " "), partnerLife)
}

// authenticate finds the partner whose key signed the assertion (RFC 7523, sections 2.2 and 3). iat and jti, optional
// there, are needed here: without them an assertion could be used twice.
func (i *Issuer) authenticate(form url.Values) (knownPartner, *protocolError) {
	var none knownPartner
	if form.Get("client_assertion_type") != assertionType {
		return none, invalidClient("client_assertion_type must be " + assertionType)
	}
	assertion, err := jwt.ParseSigned(form.Get("client_assertion"), assertionAlgorithms())
	if err != nil {
		return none, invalidClient("client_assertion must be a JWT signed with ES256, EdDSA or RS256")
	}
	var told, claims jwt.Claims
	if err := assertion.UnsafeClaimsWithoutVerification(&told); err != nil {
		return none, invalidClient("the assertion's claims can't be read")
	}
	partner, known := i.partners[told.Subject]
	if !known || assertion.Claims(partner.key, &claims) != nil {
		return none, invalidClient("the assertion is not signed by a partner known here")
	}
	if id := form.Get("client_id"); id != "" && id != partner.ClientID {
		return none, invalidClient("client_id is not the assertion's sub")
	}
	if problem := i.checkAssertion(claims); problem != nil {
		return none, problem
	}
	return partner, nil
}

func (i *Issuer) checkAssertion(claims jwt.Claims) *protocolError {
	now := i.now()
	if claims.Issuer != claims.Subject {
		return invalidClient("the assertion's iss and sub must both be the client_id")
	}
	if !claims.Audience.Contains(i.tokenURL()) && !claims.Audience.Contains(i.url) {
		return invalidClient("the assertion's aud must be the token endpoint or the issuer")
	}
	if claims.Expiry == nil || claims.IssuedAt == nil || claims.ID == "" || len(claims.ID) > 256 {
		return invalidClient("the assertion needs exp, iat, and a jti of at most 256 characters")
	}
	if err := claims.ValidateWithLeeway(jwt.Expected{Time: now}, 0); err != nil {
		return invalidClient("the assertion has expired or is not valid yet")
	}
	if claims.Expiry.Time().After(now.Add(partnerLife)) {
		return invalidClient("the assertion's exp must be within five minutes")
	}
	if claims.IssuedAt.Time().Before(i.started) {
		return invalidClient("the assertion was made before this issuer started: make a new one")
	}
	err := i.jtis.put(claims.Subject+" "+claims.ID, struct{}{}, claims.Expiry.Time(), now)
	if errors.Is(err, errFull) {
		return &protocolError{http.StatusTooManyRequests, "temporarily_unavailable", "too many assertions within five minutes"}
	}
	if err != nil {
		return invalidClient("the assertion's jti was used before")
	}
	return nil
}
