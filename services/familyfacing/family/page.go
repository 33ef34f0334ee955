package family

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/kithcare/kith/pkg/fault"
)

// place is where a page of a list ended.
type place struct {
	Rank int       `json:"r,omitempty"`
	At   time.Time `json:"t"`
	ID   uuid.UUID `json:"i"`
	// Filter is what was asked for: a token belongs to one list.
	Filter string `json:"f,omitempty"`
}

// token is the place as the caller carries it to the next page.
func (p place) token(filter string) string {
	p.Filter = filter
	p.At = p.At.UTC()
	text, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// readToken is the place before the first line for an empty token. Errors: INVALID for a token of no such list.
func readToken(token, filter string) (place, error) {
	if token == "" {
		return place{}, nil
	}
	var p place
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil || p.Filter != filter {
		return place{}, fault.Invalid("pageToken", "take it from the answer before, and ask for the same list")
	}
	return p, nil
}
