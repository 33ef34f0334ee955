package gateway

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf16"
)

// scanner reads JSON from memory, a piece at a time and without copying. encoding/json's tokens cost seven times as much
// (90 µs for a contact of 1.3 kB), mostly for memory.
type scanner struct {
	text []byte
	at   int
}

// next skips white space and gives the byte that follows, without taking it; 0 at the end.
func (s *scanner) next() byte {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return c
		}
	}
	return 0
}

// take takes the byte if it is the next one.
func (s *scanner) take(c byte) bool {
	if s.next() != c || s.at == len(s.text) {
		return false
	}
	s.at++
	return true
}

// word takes true, false or null.
func (s *scanner) word(want string) bool {
	if s.next() == 0 || !bytes.HasPrefix(s.text[s.at:], []byte(want)) {
		return false
	}
	s.at += len(want)
	return true
}

// number takes a number in JSON's form.
func (s *scanner) number() ([]byte, bool) {
	s.next()
	rest := s.text[s.at:]
	n := len(rest) - len(bytes.TrimLeft(rest, "+-.0123456789eE"))
	s.at += n
	return rest[:n], json.Valid(rest[:n])
}

// quoted is a text as it stands between its quotes.
type quoted struct {
	raw []byte
	// escapes says that raw differs from what it means.
	escapes bool
	// nul and half say that the text holds U+0000, or half of a surrogate pair.
	nul, half bool
}

// String gives what the text means.
func (q quoted) String() string {
	if !q.escapes {
		return string(q.raw)
	}
	var text string
	// The scanner has checked every escape.
	_ = json.Unmarshal(append(append([]byte{'"'}, q.raw...), '"'), &text)
	return text
}

// quoted takes a text. Where that fails the scanner stands at what is wrong.
func (s *scanner) quoted() (q quoted, ok bool) {
	if !s.take('"') {
		return q, false
	}
	start := s.at
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '"':
			q.raw = s.text[start:s.at]
			s.at++
			return q, true
		case c == '\\':
			q.escapes = true
			if !s.escape(&q) {
				return q, false
			}
		case c < ' ':
			return q, false
		default:
			s.at++
		}
	}
	return q, false
}

// escape takes a backslash and what it escapes.
func (s *scanner) escape(q *quoted) bool {
	if s.at+1 >= len(s.text) {
		return false
	}
	if c := s.text[s.at+1]; c != 'u' {
		s.at += 2
		return bytes.IndexByte([]byte(`"\/bfnrt`), c) >= 0
	}
	code, ok := s.codeUnit()
	switch {
	case !ok:
		return false
	case code == 0:
		q.nul = true
	case utf16.IsSurrogate(code):
		second, ok := s.codeUnit()
		// DecodeRune gives U+FFFD for whatever is no pair.
		q.half = q.half || !ok || utf16.DecodeRune(code, second) == '\uFFFD'
	}
	return true
}

// codeUnit takes \u and four digits.
func (s *scanner) codeUnit() (rune, bool) {
	rest := s.text[s.at:]
	if len(rest) < 6 || rest[0] != '\\' || rest[1] != 'u' {
		return 0, false
	}
	code, err := strconv.ParseUint(string(rest[2:6]), 16, 16)
	if err != nil {
		return 0, false
	}
	s.at += 6
	return rune(code), true
}
