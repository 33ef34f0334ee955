package issuer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"golang.org/x/oauth2"
)

// discovered is what the clients need of the discovery document, with the issuer's time.
type discovered struct {
	Issuer    string `json:"issuer"`
	Authorize string `json:"authorization_endpoint"`
	Token     string `json:"token_endpoint"`
	now       time.Time
}

func find(ctx context.Context, issuerURL string) (*discovered, error) {
	if _, err := parseIssuerURL(issuerURL); err != nil {
		return nil, err
	}
	answer, err := send(ctx, issuerURL, http.MethodGet, issuerURL+"/.well-known/openid-configuration", nil)
	if err != nil {
		return nil, err
	}
	var found discovered
	if answer.status != http.StatusOK || json.Unmarshal(answer.body, &found) != nil || found.Issuer != issuerURL {
		return nil, fmt.Errorf("there is no demonstration issuer at %s: another program may be using the address", issuerURL)
	}
	if found.now, err = http.ParseTime(answer.date); err != nil {
		return nil, fmt.Errorf("the demonstration issuer at %s does not tell the time", issuerURL)
	}
	return &found, nil
}

type answered struct {
	status   int
	date     string
	location *url.URL
	body     []byte
}

// why quotes the protocol's error from a redirect, where there is one.
func (a answered) why() string {
	told := a.location.Query()
	if told.Get("error") == "" {
		return ""
	}
	return fmt.Sprintf(": %s (%s)", told.Get("error_description"), told.Get("error"))
}

func httpClient() *http.Client {
	return &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func send(ctx context.Context, issuerURL, method, address string, form url.Values) (*answered, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, inWords(issuerURL, err)
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := httpClient().Do(request)
	if err != nil {
		return nil, inWords(issuerURL, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, inWords(issuerURL, err)
	}
	location, err := response.Location()
	if err != nil {
		location = &url.URL{}
	}
	return &answered{status: response.StatusCode, date: response.Header.Get("Date"), location: location, body: body}, nil
}

// inWords turns an error of the way to the issuer, or of its token endpoint, into a sentence.
func inWords(issuerURL string, err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("the platform is not running: nothing answers at %s (start it with \"kith up\")", issuerURL)
	}
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.ErrorCode != "" {
		return fmt.Errorf("the demonstration issuer at %s refuses: %s (%s)", issuerURL, refused.ErrorDescription, refused.ErrorCode)
	}
	return fmt.Errorf("the demonstration issuer at %s can't be asked: %w", issuerURL, err)
}
