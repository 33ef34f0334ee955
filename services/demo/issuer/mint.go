package issuer

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// accessClaims are the claims of an access token, after RFC 9068.
type accessClaims struct {
	jwt.Claims
	ClientID string `json:"client_id"`
	Scope    string `json:"scope,omitempty"`
}

// idClaims are the claims of an id token (OpenID Connect Core, section 2).
type idClaims struct {
	jwt.Claims
	AuthTime *jwt.NumericDate `json:"auth_time"`
	Nonce    string           `json:"nonce,omitempty"`
	AtHash   string           `json:"at_hash"`
	Name     string           `json:"name,omitempty"`
}

// loadSigners reads or makes the signing key and prepares what is signed and published with it.
func (i *Issuer) loadSigners(file string) error {
	private, err := loadOrCreateKey(file)
	if err != nil {
		return err
	}
	key := jose.JSONWebKey{Key: private, Algorithm: string(jose.ES256), Use: "sig"}
	thumbprint, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return fmt.Errorf("name the key %s: %w", file, err)
	}
	key.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	i.keys = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key.Public()}}

	signing := jose.SigningKey{Algorithm: jose.ES256, Key: key}
	if i.signID, err = jose.NewSigner(signing, (&jose.SignerOptions{}).WithType("JWT")); err != nil {
		return fmt.Errorf("use the key %s: %w", file, err)
	}
	if i.signAT, err = jose.NewSigner(signing, (&jose.SignerOptions{}).WithType("at+jwt")); err != nil {
		return fmt.Errorf("use the key %s: %w", file, err)
	}
	return nil
}

func (i *Issuer) accessToken(subject, clientID, scope string, life time.Duration) (*tokens, *protocolError) {
	now := i.now()
	signed, err := jwt.Signed(i.signAT).Claims(accessClaims{
		Claims: jwt.Claims{
			Issuer: i.url, Subject: subject, Audience: jwt.Audience{i.audience}, ID: rand.Text(),
			IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(life)),
		},
		ClientID: clientID, Scope: scope,
	}).Serialize()
	if err != nil {
		return nil, serverError()
	}
	return &tokens{AccessToken: signed, TokenType: "Bearer", ExpiresIn: int(life.Seconds()), Scope: scope}, nil
}

func (i *Issuer) personTokens(granted grant) (*tokens, *protocolError) {
	answer, problem := i.accessToken(granted.subject, granted.clientID, granted.scope, personLife)
	if problem != nil {
		return nil, problem
	}
	now, digest := i.now(), sha256.Sum256([]byte(answer.AccessToken))
	signed, err := jwt.Signed(i.signID).Claims(idClaims{
		Claims: jwt.Claims{
			Issuer: i.url, Subject: granted.subject, Audience: jwt.Audience{granted.clientID},
			IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(personLife)),
		},
		AuthTime: jwt.NewNumericDate(granted.signedInAt),
		Nonce:    granted.nonce,
		AtHash:   base64.RawURLEncoding.EncodeToString(digest[:len(digest)/2]),
		Name:     i.people[granted.subject].Name,
	}).Serialize()
	if err != nil {
		return nil, serverError()
	}
	answer.IDToken = signed
	return answer, nil
}
