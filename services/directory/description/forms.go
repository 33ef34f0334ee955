package description

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Form is the shape a text must have; it answers "" when the text fits, else how it should look, to follow "must be".
type Form func(string) string

var (
	keyPattern          = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	subjectPattern      = regexp.MustCompile(`^[!-~]{1,255}$`)
	phonePattern        = regexp.MustCompile(`^\+?[0-9][0-9 ()-]*[0-9]( ?(ext|x)\.? ?[0-9]{1,6})?$`)
	registrationPattern = regexp.MustCompile(`^SW[0-9]{1,8}$`)
	gssPattern          = regexp.MustCompile(`^[ENSW][0-9]{8}$`)
	propertyPattern     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)
)

// AKey is a council's short name for something, such as amina-yusuf.
func AKey(s string) string {
	if len(s) > 63 || !keyPattern.MatchString(s) {
		return "a key: lower case letters, digits and single hyphens, beginning with a letter, at most 63"
	}
	return ""
}

// ASubject is how somebody, or a partner's system, is called at an OIDC issuer.
func ASubject(s string) string {
	if !subjectPattern.MatchString(s) {
		return "an identifier of at most 255 plain characters without spaces"
	}
	return ""
}

// APhone is a telephone number as people write it.
func APhone(s string) string {
	if n := len(phoneDigits(s)); !phonePattern.MatchString(s) || n < 3 || n > 15 {
		return "a telephone number, as 020 7946 0101 or +44 20 7946 0101"
	}
	return ""
}

// phoneDigits are the digits dialled, without an extension.
func phoneDigits(s string) string {
	number, _, _ := strings.Cut(strings.ToLower(s), "x")
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
}

// AnEmail is an address alone, without a name beside it.
func AnEmail(s string) string {
	address, err := mail.ParseAddress(s)
	if err != nil || address.Address != s || len(s) > 254 || strings.HasSuffix(s, "]") {
		return "an e-mail address, as name@council.example"
	}
	return ""
}

// ARegistration is a number of Social Work England.
func ARegistration(s string) string {
	if !registrationPattern.MatchString(s) {
		return "a Social Work England number: SW followed by digits"
	}
	return ""
}

func aGSSCode(s string) string {
	if !gssPattern.MatchString(s) {
		return "a council's GSS code, as E09000020"
	}
	return ""
}

func aProperty(s string) string {
	if !propertyPattern.MatchString(s) {
		return "the name of a property, as WD13NM"
	}
	return ""
}

// aPlace keeps the files a description names beside it: an import reads nothing else of the machine.
func aPlace(s string) string {
	if path.IsAbs(s) || path.Clean(s) != s || s == "." || strings.HasPrefix(s, "..") || strings.ContainsAny(s, `\:`) {
		return "a path inside the folder of this file, as places/wards.geojson"
	}
	return ""
}

// ACallBack is where signed calls may go: over https, or to a system on this machine.
func ACallBack(s string) string {
	const want = "an https address, or http on this machine alone"
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return want
	}
	ip := net.ParseIP(u.Hostname())
	loopback := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme == "https" || u.Scheme == "http" && loopback {
		return ""
	}
	return want
}

// ASourceCode accepts the referral source codes of the CIN census 2025.
func ASourceCode(s string) string {
	switch s {
	case "1A", "1B", "1C", "1D", "2A", "2B", "3A", "3B", "3C", "3D", "3E", "3F", "4",
		"5A", "5B", "5C", "5D", "6", "7", "8", "9", "10":
		return ""
	}
	return "a referral source code of the CIN census: 1A to 1D, 2A, 2B, 3A to 3F, 4, 5A to 5D, 6, 7, 8, 9 or 10"
}

func aTeamKind(s string) string {
	switch TeamKind(s) {
	case FamilyFacing, Referral, Insight, Enabler, Strategy:
		return ""
	}
	return "one of family_facing, referral, insight, enabler, strategy"
}

// AScope is something that a partner's token may do.
func AScope(s string) string {
	if Scope(s) == ContactsWrite || Scope(s) == ContactsRead {
		return ""
	}
	return "contacts:write or contacts:read"
}

func aPublicKey(s string) string {
	const want = "a PEM block PUBLIC KEY holding an Ed25519, an ECDSA or an RSA key of at least 2048 bits"
	block, rest := pem.Decode([]byte(s))
	if block == nil || block.Type != "PUBLIC KEY" || strings.TrimSpace(string(rest)) != "" {
		return want
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return want
	}
	switch k := key.(type) {
	case ed25519.PublicKey, *ecdsa.PublicKey:
		return ""
	case *rsa.PublicKey:
		if k.N.BitLen() >= 2048 {
			return ""
		}
	}
	return want
}

// Words is a text of up to limit characters; lines says whether it may run over several lines.
func Words(limit int, lines bool) Form {
	return func(s string) string {
		for _, r := range s {
			if unicode.IsControl(r) && !(lines && r == '\n') {
				return "text without control characters"
			}
		}
		switch {
		case strings.TrimSpace(s) == "":
			return "text that is not blank"
		case utf8.RuneCountInString(s) > limit:
			return fmt.Sprintf("shorter, at most %d characters", limit)
		}
		return ""
	}
}
