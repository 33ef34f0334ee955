package reach

import (
	"net/mail"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestOnlyAddressesOfTheOpenInternetAreCalled(t *testing.T) {
	t.Parallel()
	for address, open := range map[string]bool{
		"8.8.8.8": true, "185.199.108.153": true, "2a00:1450:4009:80b::200e": true,
		"127.0.0.1": false, "127.9.9.9": false, "::1": false, "0.0.0.0": false, "0.1.2.3": false, "::": false,
		"10.1.2.3": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false, "fc00::1": false, "fd12::1": false,
		"169.254.169.254": false, "fe80::1": false, "fe80::1%eth0": false, "fec0::1": false,
		"100.64.0.1": false, "100.127.255.254": false, "100.63.0.1": true, "100.128.0.1": true,
		"224.0.0.1": false, "239.1.1.1": false, "ff02::1": false, "255.255.255.255": false, "240.0.0.1": false,
		"::ffff:10.0.0.1": false, "::ffff:8.8.8.8": false, "::ffff:127.0.0.1": false, "::127.0.0.1": false,
		"64:ff9b::a00:1": false, "2002:a00:1::1": false, "2001::1": false,
		"192.0.2.1": false, "198.51.100.1": false, "203.0.113.1": false, "198.18.0.1": false, "2001:db8::1": false,
	} {
		if got := (Hook{}).open(netip.MustParseAddr(address)); got != open {
			t.Errorf("%s: open %v, want %v", address, got, open)
		}
	}
	if (Hook{Loopback: true}).open(netip.MustParseAddr("10.1.2.3")) || !(Hook{Loopback: true}).open(netip.MustParseAddr("127.0.0.1")) {
		t.Error("the setting for this machine opens something else")
	}
}

func TestOnlyHTTPSIsCalled(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]error{
		"https://partner.example/hook": nil, "https://8.8.8.8:8443/hook": nil, "http://partner.example/hook": errURL, "ftp://partner.example": errURL,
		"https://user:secret@partner.example": errURL, "partner.example/hook": errURL, "": errURL, "https://": errURL, "http://127.0.0.1/": errInside,
		"https://127.0.0.1/": errInside, "https://[::ffff:8.8.8.8]/": errInside, "https://[::1]/": errInside, "https://169.254.169.254/latest": errInside,
	} {
		if got := (Hook{}).mayCall(address); got != want { //nolint:errorlint // these are the values themselves
			t.Errorf("%q: %v, want %v", address, got, want)
		}
	}
	for address, want := range map[string]error{
		"http://127.0.0.1:80/": nil, "http://localhost/": nil, "http://partner.example/hook": errURL, "https://[::ffff:127.0.0.1]/": errInside,
	} {
		if got := (Hook{Loopback: true}).mayCall(address); got != want { //nolint:errorlint // these are the values themselves
			t.Errorf("%q where this machine may be called: %v, want %v", address, got, want)
		}
	}
}

func TestNoProxyIsAsked(t *testing.T) {
	t.Parallel()
	if (Hook{}).transport().Proxy != nil {
		t.Error("a proxy of the environment would connect to what must not be called")
	}
}

func TestALetterHoldsOnlyItsOwnHeaders(t *testing.T) {
	t.Parallel()
	from, to := &mail.Address{Name: "Kith", Address: "kith@kith.invalid"}, &mail.Address{Name: "A Person", Address: "desk@partner.example"}
	text := string(letter(from, to, "Receipt\r\nBcc: other@partner.example", "first\nsecond\r\nthird", time.Unix(0, 0)))
	if strings.Contains(text, "\r\nBcc:") || strings.Contains(text, "A Person") {
		t.Errorf("the letter is %q", text)
	}
	if !strings.HasSuffix(text, "\r\n\r\nfirst\r\nsecond\r\nthird\r\n") {
		t.Errorf("the words are %q", text)
	}
}
