package issuer_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kithcare/kith/services/demo/issuer"
)

func TestTheCommandGetsAPersonsToken(t *testing.T) {
	t.Parallel()
	run := start(t)
	token, err := issuer.PersonToken(t.Context(), run.url, alice)
	require.NoError(t, err)
	access := run.verify(t, token, "kith")
	assert.Equal(t, alice, access.Subject)
	var told struct {
		ClientID string `json:"client_id"`
	}
	require.NoError(t, access.Claims(&told))
	assert.Equal(t, "kith-token", told.ClientID)

	_, err = issuer.PersonToken(t.Context(), run.url, "nobody")
	require.ErrorContains(t, err, `knows no person with the subject "nobody"`)
	run.config.Clients = run.config.Clients[:1]
	run.restart(t)
	_, err = issuer.PersonToken(t.Context(), run.url, alice)
	require.ErrorContains(t, err, "refuses the sign-in of kith-token")
}

func TestTheCommandGetsAPartnersToken(t *testing.T) {
	t.Parallel()
	run := start(t)
	run.clock.pass(400 * 24 * time.Hour) // the issuer's clock counts, not this machine's
	token, err := issuer.PartnerToken(t.Context(), run.url, police, run.key, []string{"contacts.read"})
	require.NoError(t, err)
	assert.Equal(t, police, run.verify(t, token, "kith").Subject)

	_, err = issuer.PartnerToken(t.Context(), run.url, police, run.key, []string{"contacts.read", "families.allocate"})
	require.ErrorContains(t, err, `may not have the scope "families.allocate"`)
	_, err = issuer.PartnerToken(t.Context(), run.url, police, run.key, []string{"families.allocate"})
	require.ErrorContains(t, err, "none of the scopes")
	_, err = issuer.PartnerToken(t.Context(), run.url, "stranger", run.key, nil)
	require.ErrorContains(t, err, "not signed by a partner known here")
	_, err = issuer.PartnerToken(t.Context(), run.url, police, nil, nil)
	require.ErrorContains(t, err, "can't sign assertions")
}

func TestTheCommandSaysWhenThereIsNoIssuer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	free := listener.Addr().String()
	require.NoError(t, listener.Close())
	_, err = issuer.PersonToken(t.Context(), "http://"+free+"/demo-issuer", alice)
	require.ErrorContains(t, err, "the platform is not running")

	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	_, err = issuer.PersonToken(t.Context(), other.URL, alice)
	require.ErrorContains(t, err, "another program")
	_, err = issuer.PersonToken(t.Context(), "http://kith.example.org/demo-issuer", alice)
	require.ErrorContains(t, err, "loopback")
	stopped, stop := context.WithCancel(t.Context())
	stop()
	_, err = issuer.PersonToken(stopped, other.URL, alice)
	require.ErrorIs(t, err, context.Canceled)
}
