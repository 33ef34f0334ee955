package issuer

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestOnceHoldsNoMoreThanItsLimit(t *testing.T) {
	t.Parallel()
	now := time.Date(2031, 3, 1, 0, 0, 0, 0, time.UTC)
	held := newOnce[int](3)
	for n := range 3 {
		require.NoError(t, held.put(strconv.Itoa(n), n, now.Add(time.Duration(n)*time.Minute), now))
	}
	require.ErrorIs(t, held.put("0", 9, now, now), errTaken)
	require.ErrorIs(t, held.put("3", 3, now, now), errFull)
	later := now.Add(time.Second)
	require.NoError(t, held.put("3", 3, later, later), "what has expired makes room")
	got, ok := held.take("2", later)
	assert.True(t, ok)
	assert.Equal(t, 2, got)
	_, ok = held.take("2", later)
	assert.False(t, ok)
	_, ok = held.take("1", now.Add(time.Hour))
	assert.False(t, ok)
}

// A redirect that is allowed is always on this machine and below its prefix, whatever was asked for.
func TestAllowedRedirectsStayWhereTheyBelong(t *testing.T) {
	t.Parallel()
	client := Client{ID: "c", RedirectPrefixes: []string{"http://127.0.0.1:8080/in/"}, AnyPort: true}
	allowed := 0
	below := regexp.MustCompile(`^http://127\.0\.0\.1(:\d+)?/in/[^?#\\% \x00]*$`)
	piece := rapid.SampledFrom([]string{
		"http:", "//", "/", "127.0.0.1", ":8080", ":9", "@", "example.org", "in", "..", ".", "%2f", "%2e", "\\", "?", "#", "a", "\x00", " ", ";", "[::1]",
	})
	rapid.Check(t, func(t *rapid.T) {
		raw := strings.Join(rapid.SliceOfN(piece, 0, 8).Draw(t, "tail"), "")
		if rapid.Bool().Draw(t, "rooted") {
			raw = "http://127.0.0.1:8080/in/" + raw
		}
		if !client.redirectAllowed(raw) {
			return
		}
		allowed++
		path, found := strings.CutPrefix(below.FindString(raw), "http://127.0.0.1")
		if !found || slices.Contains(strings.Split(path, "/"), "..") {
			t.Fatalf("%q is allowed", raw)
		}
	})
	assert.Positive(t, allowed, "the property saw no allowed redirect")
}
