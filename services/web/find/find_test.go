package find

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/services/web/page"
)

const northKensington = "authorities/a/teams/north-kensington"

func visitor(t *testing.T, seats ...*directoryv1.Seat) *page.Visit {
	t.Helper()
	site, err := page.NewSite(page.Config{
		Neighbours: page.Neighbours{Directory: directoryv1.NewDirectoryServiceClient(nil)}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	return &page.Visit{Site: site, Text: site.Catalogue.In("en"), Self: &directoryv1.Self{Seats: seats}}
}

func TestSearchAndBreakGlassAreOfferedToWhoMeetsFamilies(t *testing.T) {
	t.Parallel()
	for kind, want := range map[directoryv1.TeamKind]bool{
		directoryv1.TeamKind_TEAM_KIND_FAMILY_FACING: true, directoryv1.TeamKind_TEAM_KIND_REFERRAL: true,
		directoryv1.TeamKind_TEAM_KIND_INSIGHT: false, directoryv1.TeamKind_TEAM_KIND_ENABLER: false, directoryv1.TeamKind_TEAM_KIND_STRATEGY: false,
	} {
		v := visitor(t, &directoryv1.Seat{Team: "authorities/a/teams/x", Kind: kind})
		require.Equal(t, want, mayFind(v), kind)
		require.Equal(t, want, mayBreakGlass(v), kind)
		v.Self.Guardian = true
		require.True(t, mayFind(v))
		require.Equal(t, want, mayBreakGlass(v), "a guardian alone breaks no glass")
	}
}

func TestAMatchSaysWhoseItIs(t *testing.T) {
	t.Parallel()
	v := visitor(t, &directoryv1.Seat{Team: northKensington, Kind: directoryv1.TeamKind_TEAM_KIND_FAMILY_FACING})
	r := &results{teams: map[string]*directoryv1.Team{northKensington: {Title: "North Kensington"}}, names: page.Names{"authorities/a/people/p": "Ada"}}
	m := &familyfacingv1.Match{Team: northKensington, FamilyState: familyfacingv1.FamilyState_FAMILY_STATE_ALLOCATED, Worker: "authorities/a/people/p"}
	require.Equal(t, "North Kensington: with a worker, Ada", r.standing(v, m))
	require.True(t, ours(v, m))
	m.Worker, m.Team, m.FamilyState = "", "authorities/a/teams/chelsea", familyfacingv1.FamilyState_FAMILY_STATE_AWAITING_ALLOCATION
	require.Equal(t, "chelsea: waiting for a worker", r.standing(v, m), "the team's key while the directory does not answer")
	require.False(t, ours(v, m))
	for n := range familyfacingv1.FamilyState_name {
		m.FamilyState = familyfacingv1.FamilyState(n)
		require.NotContains(t, r.standing(v, m), "find.")
	}
}

func TestAMatchSaysWhoItIs(t *testing.T) {
	t.Parallel()
	v := visitor(t)
	for _, c := range []struct {
		child bool
		age   int32
		want  string
	}{
		{true, 8, "Child, 8 years"}, {true, 1, "Child, 1 year"}, {true, 0, "Child, under 1 year"}, {true, -1, "Child, age not known"}, {false, 40, "Adult, 40 years"},
	} {
		require.Equal(t, c.want, kindOf(v, &familyfacingv1.Match{Child: c.child, AgeYears: c.age}))
	}
	require.Equal(t, "Somebody whose name is not known", nameOf(v, &familyfacingv1.Match{FullName: " "}))
	text, colour := sure(v, &familyfacingv1.Match{Confidence: familyfacingv1.Confidence_CONFIDENCE_NEARLY_CERTAIN})
	require.Equal(t, []string{"Nearly certain", "green"}, []string{text, colour})
}
