package administration_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/services/directory/description"
	"github.com/kithcare/kith/services/platform/try"
)

func last(name string) string { return name[strings.LastIndex(name, "/")+1:] }

// of acts for a member of a team who is no administrator.
func of(t testing.TB) context.Context {
	t.Helper()
	return kith.At(t, "web", try.Hammersmith, member)
}

func rule(kind directoryv1.PatchRuleKind, value string) *directoryv1.PatchRule {
	return &directoryv1.PatchRule{Kind: kind, Value: value}
}

const (
	ward     = directoryv1.PatchRuleKind_PATCH_RULE_KIND_WARD
	district = directoryv1.PatchRuleKind_PATCH_RULE_KIND_DISTRICT
	sector   = directoryv1.PatchRuleKind_PATCH_RULE_KIND_SECTOR
	postcode = directoryv1.PatchRuleKind_PATCH_RULE_KIND_POSTCODE
)

func preview(t testing.TB, team string, rules ...*directoryv1.PatchRule) *directoryv1.PreviewPatchResponse {
	t.Helper()
	answer, err := client(t).PreviewPatch(admin(t), &directoryv1.PreviewPatchRequest{Team: team, Rules: rules})
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func savePatch(t testing.TB, team, etag string, rules ...*directoryv1.PatchRule) *directoryv1.DirectoryTeam {
	t.Helper()
	answer, err := client(t).SavePatch(admin(t), &directoryv1.SavePatchRequest{Team: team, Rules: rules, Etag: etag, RequestId: key()})
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetTeam()
}

// cover asks whose a postcode is, as the referral service does.
func cover(t testing.TB, code string) []string {
	t.Helper()
	answer, err := directoryv1.NewDirectoryServiceClient(kith.Conn(t, "web", "directory")).CoverPostcode(admin(t), &directoryv1.CoverPostcodeRequest{Parent: hammersmith, Postcode: code})
	if err != nil {
		t.Fatal(err)
	}
	var teams []string
	for _, name := range answer.GetTeams() {
		teams = append(teams, last(name))
	}
	return teams
}

// stored reads the table that CoverPostcode answers from.
func stored(t testing.TB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	kith.Owner(t.(*testing.T), try.Hammersmith, func(conn *pgx.Conn) error {
		rows, err := conn.Query(t.Context(), `SELECT postcode, teams FROM directory.postcode`)
		if err != nil {
			return err
		}
		var code string
		var teams []string
		_, err = pgx.ForEachRow(rows, []any{&code, &teams}, func() error { all[code] = slices.Clone(teams); return nil })
		return err
	})
	return all
}

// count is the coverage of what is stored, reckoned by itself.
func count(all map[string][]string) *directoryv1.Coverage {
	m := &directoryv1.Coverage{Postcodes: int32(len(all))}
	for code, teams := range all {
		switch {
		case len(teams) == 0:
			m.WithoutTeam++
			m.FirstWithoutTeam = append(m.FirstWithoutTeam, code)
		case len(teams) > 1:
			m.WithSeveral++
			overlap := &directoryv1.Overlap{Postcode: code}
			for _, one := range teams {
				overlap.Teams = append(overlap.Teams, hammersmith+"/teams/"+one)
			}
			m.FirstWithSeveral = append(m.FirstWithSeveral, overlap)
		}
	}
	slices.Sort(m.FirstWithoutTeam)
	slices.SortFunc(m.FirstWithSeveral, func(a, b *directoryv1.Overlap) int { return strings.Compare(a.GetPostcode(), b.GetPostcode()) })
	m.FirstWithoutTeam = m.GetFirstWithoutTeam()[:min(100, len(m.GetFirstWithoutTeam()))]
	m.FirstWithSeveral = m.GetFirstWithSeveral()[:min(100, len(m.GetFirstWithSeveral()))]
	return m
}

// TestPatches runs one after the other: each changes whose Hammersmith's postcodes are.
func TestPatches(t *testing.T) {
	t.Parallel()
	t.Run("as imported", asImported)
	t.Run("a new team in five minutes", fiveMinutes)
	t.Run("what is no patch", noPatch)
	t.Run("preview is what is saved", previewIsSaved)
	t.Run("two teams at once", twoPatchesAtOnce)
	t.Run("quickly", quickly)
}

func asImported(t *testing.T) {
	a := kith.Described[try.Hammersmith]
	wards, err := client(t).ListWards(admin(t), &directoryv1.ListWardsRequest{Parent: hammersmith})
	if err != nil || len(wards.GetWards()) != 16 {
		t.Fatalf("%v, %v", wards, err)
	}
	if !slices.IsSortedFunc(wards.GetWards(), func(a, b *directoryv1.Ward) int { return strings.Compare(a.GetTitle(), b.GetTitle()) }) {
		t.Errorf("the wards are not by name: %v", wards)
	}
	n := map[string]int32{}
	for _, in := range a.Coverage.Wards {
		for _, name := range in {
			n[name]++
		}
	}
	for _, w := range wards.GetWards() {
		if w.GetPostcodes() != n[w.GetTitle()] || len(w.GetTeams()) != 1 {
			t.Errorf("%v, want %d postcodes", w, n[w.GetTitle()])
		}
	}
	team := getTeam(t, hammersmith+"/teams/fulham")
	if len(team.GetPatch()) != 8 || team.GetPatch()[0].GetValue() != "Fulham Broadway" || int(team.GetPostcodes()) != a.Report.ByTeam["fulham"] {
		t.Errorf("%v, want %d postcodes", team, a.Report.ByTeam["fulham"])
	}
	same := preview(t, team.GetName(), team.GetPatch()...)
	if !proto.Equal(same.GetBefore(), same.GetAfter()) || !proto.Equal(same.GetBefore(), count(stored(t))) || same.GetPostcodes() != team.GetPostcodes() {
		t.Errorf("the patch as it is: %v", same)
	}
	if same.GetBefore().GetWithoutTeam() != 4 || same.GetBefore().GetWithSeveral() != 0 {
		t.Errorf("the demonstration's gaps: %v", same.GetBefore())
	}
}

// fiveMinutes is an administrator's story: a team, three members, its patch.
func fiveMinutes(t *testing.T) {
	a := kith.Described[try.Hammersmith]
	team := saveTeam(t, newTeam())
	var people, subjects []string
	for _, title := range []string{"Ama Invented", "Ben Invented", "Cy Invented"} {
		p := savePerson(t, somebody(title))
		people, subjects = append(people, p.GetName()), append(subjects, p.GetSubject())
	}
	seatThem(t, team.GetName(), people...)
	// A ward of Fulham's as its own rule, so that both name it, and a postcode of the other team's.
	var shared, taken, gap string
	for code, wards := range a.Coverage.Wards {
		switch {
		case slices.Contains(wards, "Town"):
			shared = code
		case slices.Contains(wards, "Askew"):
			taken = code
		case len(wards) == 0:
			gap = code
		}
	}
	rules := []*directoryv1.PatchRule{rule(ward, " town "), rule(postcode, strings.ToLower(strings.ReplaceAll(taken, " ", ""))), rule(postcode, gap), rule(postcode, gap)}
	seen := preview(t, team.GetName(), rules...)
	if before := stored(t); !proto.Equal(seen.GetBefore(), count(before)) || !slices.Equal(before[shared], []string{"fulham"}) {
		t.Errorf("a preview changed something, or is wrong about the present")
	}
	if seen.GetAfter().GetWithSeveral() == 0 || seen.GetAfter().GetWithoutTeam() != seen.GetBefore().GetWithoutTeam()-1 {
		t.Errorf("the preview: %v", seen)
	}
	saved := savePatch(t, team.GetName(), team.GetEtag(), rules...)
	if !proto.Equal(seen.GetAfter(), count(stored(t))) || saved.GetPostcodes() != seen.GetPostcodes() {
		t.Error("what was shown before saving is not what is so now")
	}
	if len(saved.GetPatch()) != 3 || saved.GetPatch()[0].GetValue() != "Town" || len(saved.GetSeats()) != 3 || saved.GetEtag() == team.GetEtag() {
		t.Errorf("saved: %v", saved)
	}
	key := last(team.GetName())
	both := []string{"fulham", key}
	slices.Sort(both)
	for code, want := range map[string][]string{shared: both, taken: {key}, gap: {key}} {
		if got := cover(t, code); !slices.Equal(got, want) {
			t.Errorf("%s is covered by %v, want %v", code, got, want)
		}
	}
	for _, subject := range subjects {
		if p := rights(t, subject); !p.MemberOf(key, time.Now()) {
			t.Errorf("a new member's passport: %+v", p)
		}
	}
	_, err := client(t).SavePatch(admin(t), &directoryv1.SavePatchRequest{Team: team.GetName(), Etag: team.GetEtag(), RequestId: "late"})
	changed(t, err, kith.Person(t, try.Hammersmith, administrator))
	_, err = client(t).RemoveTeam(admin(t), &directoryv1.RemoveTeamRequest{Name: team.GetName(), Etag: saved.GetEtag(), RequestId: "early"})
	refused(t, err, codes.FailedPrecondition, "IN_USE", "name", "Ama Invented, Ben Invented, Cy Invented", "a patch (postcode ")
	// Without its patch, everything is as it was.
	savePatch(t, team.GetName(), saved.GetEtag())
	if !proto.Equal(seen.GetBefore(), count(stored(t))) {
		t.Error("a patch that is taken away leaves something behind")
	}
}

func noPatch(t *testing.T) {
	team := saveTeam(t, newTeam())
	for name, c := range map[string]struct {
		team                string
		rule                *directoryv1.PatchRule
		code                codes.Code
		reason, field, says string
	}{
		"no such ward":              {"", rule(ward, "Golborne"), codes.InvalidArgument, "INVALID", "rules[1].value", `there is no ward "Golborne" in this authority`},
		"a postcode elsewhere":      {"", rule(postcode, "W10 4RA"), codes.InvalidArgument, "INVALID", "rules[1].value", "the postcode W10 4RA is not one of this authority's"},
		"no postcode":               {"", rule(postcode, "W12"), codes.InvalidArgument, "INVALID", "rules[1].value", `a full postcode, as W10 5BN; "W12" is none`},
		"a sector elsewhere":        {"", rule(sector, "AB1 2"), codes.InvalidArgument, "INVALID", "rules[1].value", "no postcode of this authority lies in the sector AB1 2"},
		"no sector":                 {"", rule(sector, "W128"), codes.InvalidArgument, "INVALID", "rules[1].value", "written with its space"},
		"a district elsewhere":      {"", rule(district, "ab1"), codes.InvalidArgument, "INVALID", "rules[1].value", "no postcode of this authority lies in the district AB1"},
		"no district":               {"", rule(district, "W12 8"), codes.InvalidArgument, "INVALID", "rules[1].value", "a postcode district"},
		"no kind":                   {"", rule(0, "W12"), codes.InvalidArgument, "INVALID", "rules[1].kind", ""},
		"no Family Facing Team":     {hammersmith + "/teams/insight", rule(district, "W12"), codes.FailedPrecondition, "NOT_A_FAMILY_FACING_TEAM", "team", "only a Family Facing Team has a patch"},
		"no team":                   {hammersmith + "/teams/atlantis", rule(district, "W12"), codes.NotFound, "NOT_FOUND", "", ""},
		"another authority's team":  {kensington + "/teams/chelsea", rule(district, "W12"), codes.NotFound, "NOT_FOUND", "", ""},
		"another authority's by id": {hammersmith + "/teams/chelsea", rule(district, "W12"), codes.NotFound, "NOT_FOUND", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			name, etag := team.GetName(), team.GetEtag()
			if c.team != "" {
				name, etag = c.team, "1"
			}
			rules := []*directoryv1.PatchRule{rule(district, "w12"), c.rule}
			_, err := client(t).PreviewPatch(admin(t), &directoryv1.PreviewPatchRequest{Team: name, Rules: rules})
			refused(t, err, c.code, c.reason, c.field, c.says)
			_, err = client(t).SavePatch(admin(t), &directoryv1.SavePatchRequest{Team: name, Rules: rules, Etag: etag, RequestId: key()})
			refused(t, err, c.code, c.reason, c.field, c.says)
		})
	}
}

// previewIsSaved tries patches out at random, saves them, and holds the two against each other and against the rule
// that an import follows.
func previewIsSaved(t *testing.T) {
	a := kith.Described[try.Hammersmith]
	var codesOf []string
	for code := range a.Coverage.Postcodes {
		codesOf = append(codesOf, code)
	}
	slices.Sort(codesOf)
	teams := []*directoryv1.DirectoryTeam{saveTeam(t, newTeam()), saveTeam(t, newTeam()), getTeam(t, hammersmith+"/teams/fulham")}
	former := teams[2].GetPatch()
	held := map[string][]*directoryv1.PatchRule{"fulham": former, "shepherds-bush": getTeam(t, hammersmith+"/teams/shepherds-bush").GetPatch()}
	drawn := rapid.Custom(func(r *rapid.T) *directoryv1.PatchRule {
		code := rapid.SampledFrom(codesOf).Draw(r, "of")
		p, _ := description.ParsePostcode(code)
		kind := rapid.SampledFrom([]directoryv1.PatchRuleKind{ward, ward, district, sector, postcode}).Draw(r, "kind")
		wards := a.Coverage.Wards[code]
		switch {
		case kind == ward && len(wards) > 0:
			return rule(ward, wards[0])
		case kind == district:
			return rule(district, p.District())
		case kind == sector:
			return rule(sector, p.Sector())
		}
		return rule(postcode, code)
	})
	for n := range 8 {
		rules := rapid.SliceOfN(drawn, 0, 40).Example(n)
		which := n % len(teams)
		team := teams[which]
		seen := preview(t, team.GetName(), rules...)
		teams[which] = savePatch(t, team.GetName(), team.GetEtag(), rules...)
		held[last(team.GetName())] = rules
		now := stored(t)
		if !proto.Equal(seen.GetAfter(), count(now)) || seen.GetPostcodes() != teams[which].GetPostcodes() {
			t.Fatalf("with %v of %s: shown %v, saved %v", rules, team.GetName(), seen.GetAfter(), count(now))
		}
		decide := imported(held)
		for code, got := range now {
			p, _ := description.ParsePostcode(code)
			if want := decide.Cover(p, a.Coverage.Wards[code]); !slices.Equal(got, want) {
				t.Fatalf("%s is covered by %v, an import would say %v", code, got, want)
			}
		}
	}
	for n, rules := range [][]*directoryv1.PatchRule{nil, nil, former} {
		savePatch(t, teams[n].GetName(), teams[n].GetEtag(), rules...)
	}
	for code, got := range stored(t) {
		if !slices.Equal(got, a.Coverage.Postcodes[code]) {
			t.Fatalf("%s is covered by %v, and by %v before all this", code, got, a.Coverage.Postcodes[code])
		}
	}
}

// imported puts rules together as an import does.
func imported(held map[string][]*directoryv1.PatchRule) *description.Rules {
	kinds := map[directoryv1.PatchRuleKind]description.RuleKind{
		ward: description.WardRule, district: description.DistrictRule, sector: description.SectorRule, postcode: description.PostcodeRule,
	}
	var all []description.Rule
	for team, rules := range held {
		for _, r := range rules {
			all = append(all, description.Rule{Kind: kinds[r.GetKind()], Value: r.GetValue(), Team: team})
		}
	}
	return description.NewRules(all)
}

// Two administrators save the patches of two teams at the same moment: each is settled with the other's.
func twoPatchesAtOnce(t *testing.T) {
	one, two := saveTeam(t, newTeam()), saveTeam(t, newTeam())
	errs := make(chan error, 2)
	for _, team := range []*directoryv1.DirectoryTeam{one, two} {
		ctx := admin(t)
		go func() {
			_, err := client(t).SavePatch(ctx, &directoryv1.SavePatchRequest{
				Team: team.GetName(), Etag: team.GetEtag(), RequestId: key(), Rules: []*directoryv1.PatchRule{rule(sector, "W12 8")},
			})
			errs <- err
		}()
	}
	for range 2 {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	want := []string{last(one.GetName()), last(two.GetName())}
	slices.Sort(want)
	found := 0
	for code, got := range stored(t) {
		if strings.HasPrefix(code, "W12 8") {
			found++
			if !slices.Equal(got, want) {
				t.Fatalf("%s is covered by %v, want %v", code, got, want)
			}
		}
	}
	if found == 0 {
		t.Error("no postcode lies in W12 8")
	}
	for _, team := range []*directoryv1.DirectoryTeam{one, two} {
		savePatch(t, team.GetName(), getTeam(t, team.GetName()).GetEtag())
	}
}

// quickly saves a patch that changes most of the authority's postcodes.
func quickly(t *testing.T) {
	team := saveTeam(t, newTeam())
	best := time.Hour
	for range 3 {
		for _, rules := range [][]*directoryv1.PatchRule{{rule(district, "W6"), rule(district, "W12"), rule(district, "W14"), rule(district, "SW6")}, nil} {
			began := time.Now()
			team = savePatch(t, team.GetName(), team.GetEtag(), rules...)
			best = min(best, time.Since(began))
		}
	}
	t.Logf("a patch is saved in %v", best)
	if best > time.Second {
		t.Errorf("saving a patch takes %v", best)
	}
}

// wardsUnknown has Kensington to itself: its tables are made what they were before wards were kept.
func wardsUnknown(t *testing.T) {
	kith.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), `UPDATE directory.postcode SET wards = '{}'; DELETE FROM directory.cover_rule WHERE kind = 'ward'`)
		return err
	})
	ctx := kith.At(t, "web", try.Kensington, lucy)
	wards, err := client(t).ListWards(ctx, &directoryv1.ListWardsRequest{Parent: kensington})
	if err != nil || len(wards.GetWards()) != 0 {
		t.Errorf("%v, %v", wards, err)
	}
	rules := []*directoryv1.PatchRule{rule(postcode, "W10 4RA")}
	_, err = client(t).PreviewPatch(ctx, &directoryv1.PreviewPatchRequest{Team: kensington + "/teams/chelsea", Rules: rules})
	refused(t, err, codes.FailedPrecondition, "NEEDS_IMPORT", "", "kith import directory")
	_, err = client(t).SavePatch(ctx, &directoryv1.SavePatchRequest{Team: kensington + "/teams/chelsea", Rules: rules, Etag: "2", RequestId: key()})
	refused(t, err, codes.FailedPrecondition, "NEEDS_IMPORT", "", "kith import directory")
	chelsea, err := client(t).GetTeam(ctx, &directoryv1.GetTeamRequest{Name: kensington + "/teams/chelsea"})
	if err != nil || len(chelsea.GetTeam().GetPatch()) != 2 || chelsea.GetTeam().GetPostcodes() == 0 {
		t.Fatal(chelsea, err)
	}
	holland, err := client(t).GetTeam(ctx, &directoryv1.GetTeamRequest{Name: kensington + "/teams/holland-park"})
	if err != nil || len(holland.GetTeam().GetPatch()) != 0 {
		t.Fatal(holland, err)
	}
	_, err = client(t).RemoveTeam(ctx, &directoryv1.RemoveTeamRequest{Name: holland.GetTeam().GetName(), Etag: holland.GetTeam().GetEtag(), RequestId: key()})
	refused(t, err, codes.FailedPrecondition, "IN_USE", "name", "a patch (", " postcodes)")
}
