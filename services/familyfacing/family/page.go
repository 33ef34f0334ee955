package family

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/kithcare/kith/pkg/fault"
)

// Place is where a page of a list ended, in this room's lists and the other rooms'.
type Place struct {
	Rank int       `json:"r,omitempty"`
	At   time.Time `json:"t"`
	ID   uuid.UUID `json:"i"`
	// Filter is what was asked for: a token belongs to one list.
	Filter string `json:"f,omitempty"`
}

// Token is the place as the caller carries it to the next page.
func (p Place) Token(filter string) string {
	p.Filter = filter
	p.At = p.At.UTC()
	text, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// ReadPlace is the place before the first line for an empty token. Errors: INVALID for a token of no such list.
func ReadPlace(token, filter string) (Place, error) {
	if token == "" {
		return Place{}, nil
	}
	var p Place
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil || p.Filter != filter {
		return Place{}, fault.Invalid("pageToken", "take it from the answer before, and ask for the same list")
	}
	return p, nil
}
