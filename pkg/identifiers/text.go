package identifiers

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// What [Text] refuses.
var (
	ErrNotUTF8 = errors.New("the text is not valid UTF-8")
	ErrNUL     = errors.New("the text contains a NUL character")
)

// Text tells whether a text can be kept as told: valid UTF-8 without a NUL, which PostgreSQL can't
// hold. It returns nil, [ErrNotUTF8] or [ErrNUL].
func Text(s string) error {
	switch {
	case !utf8.ValidString(s):
		return ErrNotUTF8
	case strings.ContainsRune(s, 0):
		return ErrNUL
	}
	return nil
}
