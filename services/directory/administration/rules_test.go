package administration

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kithcare/kith/services/directory/description"
)

func TestAKeyIsMadeOfAnyName(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		"Amina Yusuf": "amina-yusuf", "Zoë  O'Brien–Łuć": "zoe-obrien-luc", "Jean-Luc": "jean-luc", "Straße 7": "strasse-7",
		"李小龙": "person", "7 of Nine": "person-7-of-nine", "": "person", " - ": "person", "Dr. Å": "dr-a",
	} {
		if got := keyFrom(title); got != want {
			t.Errorf("%q gives %q, want %q", title, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		title := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-z0-9 é'’-]{0,300}`)).Draw(t, "title")
		taken := rapid.SliceOfN(rapid.Map(rapid.IntRange(1, 4), func(n int) string { return freeKey(keyFrom(title), make([]string, n)) }), 0, 3).Draw(t, "taken")
		key := keyFrom(title)
		for range 3 {
			free := freeKey(key, taken)
			if want := description.AKey(free); want != "" || len(free) > 60 || slices.Contains(taken, free) {
				t.Fatalf("%q gives %q with %q taken", title, free, taken)
			}
			taken = append(taken, free)
		}
	})
}

func TestSubjectsAreNamesWithoutTheirAuthority(t *testing.T) {
	t.Parallel()
	got := subjects([]string{"authorities/a/teams/b", "authorities/a", "", "authorities/a/people/c"})
	if !slices.Equal(got, []string{"teams/b", "people/c"}) {
		t.Errorf("%q", got)
	}
}
