package reach

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Hook makes signed web call-backs.
type Hook struct {
	// Loopback lets them go to this machine, also by plain http. Only the demonstration and tests set it.
	Loopback bool
}

// Message is one call-back.
type Message struct {
	// URL is where it goes: https, without a login in it.
	URL string
	// Secret signs it (Standard Webhooks, with or without the prefix whsec_).
	Secret string
	// ID is the message's own. It stays the same however often it is tried, so that the receiver can drop a second one.
	ID string
	// At is the time of this attempt: receivers refuse what is minutes old.
	At time.Time
	// Body is JSON.
	Body []byte
}

// Send makes one attempt, at most 15 seconds long. It succeeds where the address answers with a 2xx; what else it answers
// is not read. Errors hold nothing of the answer, so that they may be shown and kept.
func (h Hook) Send(ctx context.Context, m Message) error {
	if err := h.mayCall(m.URL); err != nil {
		return err
	}
	req, err := signed(ctx, m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	transport := h.transport()
	defer transport.CloseIdleConnections()
	client := http.Client{
		Transport: transport,
		// A signed message goes where it was addressed, and nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(req.WithContext(ctx))
	if err != nil {
		return unreached(err)
	}
	_ = answer.Body.Close()
	switch answer.StatusCode / 100 {
	case 2:
		return nil
	case 3:
		return fmt.Errorf("the call-back address answered %d: redirects are not followed", answer.StatusCode)
	default:
		return fmt.Errorf("the call-back address answered %d", answer.StatusCode)
	}
}

// signed is the request with its signature (Standard Webhooks).
func signed(ctx context.Context, m Message) (*http.Request, error) {
	signer, err := standardwebhooks.NewWebhook(m.Secret)
	if err != nil || m.Secret == "" {
		return nil, errors.New("the call-back secret is not base64")
	}
	signature, err := signer.Sign(m.ID, m.At, m.Body)
	if err != nil {
		return nil, errors.New("the call-back can't be signed")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL, bytes.NewReader(m.Body))
	if err != nil {
		return nil, errURL
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "kith")
	req.Header.Set(standardwebhooks.HeaderWebhookID, m.ID)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(m.At.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return req, nil
}

// transport connects only where it may. No proxy is asked: it would connect for us to what we must not.
func (h Hook) transport() *http.Transport {
	dialer := &net.Dialer{Timeout: within, ControlContext: h.control}
	return &http.Transport{
		DialContext: dialer.DialContext, DisableKeepAlives: true, DisableCompression: true, TLSHandshakeTimeout: within,
		ResponseHeaderTimeout: within, MaxResponseHeaderBytes: 64 << 10,
	}
}

// control looks at the very address that is about to be connected to, after its name was resolved: a name that resolves
// to another address the second time gains nothing.
func (h Hook) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !h.open(to.Addr()) {
		return errInside
	}
	return nil
}

var (
	errURL    = errors.New("the call-back address can't be read: it should be https://host/path")
	errInside = errors.New("the call-back address lies inside a network, and is not called")
)

// mayCall looks at an address before its name is resolved.
func (h Hook) mayCall(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Opaque != "" {
		return errURL
	}
	ip, err := netip.ParseAddr(u.Hostname())
	if err == nil && (ip.Is4In6() || !h.open(ip)) {
		return errInside
	}
	switch {
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && h.Loopback && (u.Hostname() == "localhost" || ip.IsLoopback()):
		return nil
	default:
		return errURL
	}
}

// open tells an address that anybody on the internet could be called at.
func (h Hook) open(ip netip.Addr) bool {
	if ip.IsLoopback() {
		return h.Loopback
	}
	if !ip.IsValid() || ip.Zone() != "" || !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	for _, p := range special() {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

// special are the networks of RFC 6890 and its successors that Go does not know as private: shared address space,
// documentation, benchmarks, and those that carry an IPv4 address inside an IPv6 one.
func special() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
		netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
		netip.MustParsePrefix("::/96"), netip.MustParsePrefix("::ffff:0:0/96"), netip.MustParsePrefix("64:ff9b::/96"),
		netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"),
		netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("3fff::/20"),
		netip.MustParsePrefix("5f00::/16"), netip.MustParsePrefix("fec0::/10"),
	}
}

// unreached says why a call-back did not arrive, without what the other side said.
func unreached(err error) error {
	var timeout net.Error
	switch {
	case errors.Is(err, errInside):
		return errInside
	case errors.As(err, &timeout) && timeout.Timeout():
		return errors.New("the call-back address does not answer in time")
	default:
		return errors.New("the call-back address does not answer")
	}
}
