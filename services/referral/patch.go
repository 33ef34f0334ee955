package referral

import (
	"context"
	"slices"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
)

// askFor is how long a contact waits for the directory before it is taken in without its answer.
const askFor = 2 * time.Second

// cover is what the directory says of a postcode.
type cover struct {
	teams []string
	known bool
}

type knownCover struct {
	cover cover
	until time.Time
}

// patches asks the directory whose patch a postcode is in, and keeps what it says for a short while.
type patches struct {
	directory directoryv1.DirectoryServiceClient
	now       func() time.Time
	known     *lru.Cache[string, knownCover]
}

func newPatches(directory directoryv1.DirectoryServiceClient, now func() time.Time) (*patches, error) {
	known, err := lru.New[string, knownCover](20000)
	return &patches{directory: directory, now: now, known: known}, err
}

func (p *patches) cover(ctx context.Context, authority, postcode string) (cover, error) {
	key := authority + "/" + postcode
	if had, ok := p.known.Get(key); ok && p.now().Before(had.until) {
		return had.cover, nil
	}
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	answer, err := p.directory.CoverPostcode(ctx, &directoryv1.CoverPostcodeRequest{Parent: "authorities/" + authority, Postcode: postcode})
	if err != nil {
		return cover{}, err
	}
	c := cover{known: answer.GetKnown()}
	for _, name := range answer.GetTeams() {
		c.teams = append(c.teams, strings.TrimPrefix(name, inAuthority(authority, "teams/")))
	}
	p.known.Add(key, knownCover{c, p.now().Add(fresh)})
	return c, nil
}

// patchFound is the team that the address gives, or why a person has to choose it.
type patchFound struct {
	team  string
	needs referralv1.NeedsPerson
	// unknown says that a postcode is not one of the authority's own.
	unknown bool
}

// settle weighs what the directory says of every postcode told of one child.
func settle(covers []cover) patchFound {
	if len(covers) == 0 {
		return patchFound{needs: referralv1.NeedsPerson_NEEDS_PERSON_NO_ADDRESS}
	}
	var found patchFound
	var teams []string
	outside := false
	for _, c := range covers {
		found.unknown = found.unknown || !c.known
		outside = outside || len(c.teams) == 0
		for _, t := range c.teams {
			if !slices.Contains(teams, t) {
				teams = append(teams, t)
			}
		}
	}
	switch {
	case len(teams) == 0:
		found.needs = referralv1.NeedsPerson_NEEDS_PERSON_NO_PATCH
	case len(teams) > 1 || outside:
		// One address in a patch and another outside all of them is two places as well.
		found.needs = referralv1.NeedsPerson_NEEDS_PERSON_TWO_PATCHES
	default:
		found.team = teams[0]
	}
	return found
}

// find gives the team for a child's postcodes. Where the directory does not answer a person, or a later look, has to.
func (p *patches) find(ctx context.Context, authority string, postcodes []string) patchFound {
	covers := make([]cover, 0, len(postcodes))
	for _, postcode := range postcodes {
		c, err := p.cover(ctx, authority, postcode)
		if err != nil {
			return patchFound{needs: referralv1.NeedsPerson_NEEDS_PERSON_PATCH_UNKNOWN}
		}
		covers = append(covers, c)
	}
	return settle(covers)
}
