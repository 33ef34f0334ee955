package referral

import (
	"context"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/calendar"
)

// fresh is how long an answer of the directory is used without asking again.
const fresh = 10 * time.Second

// office is what the directory says of an authority, as far as contacts need it.
type office struct {
	hours         calendar.Hours
	urgent        time.Duration
	howToEscalate string
	contactPhone  string
	outOfHours    *directoryv1.OutOfHours
}

// unknownOffice stands in until the directory has answered for the first time: usual hours, so that a contact can be
// taken in with a due time. The hours matter only for what comes on a day off.
func unknownOffice() office {
	hours, _ := calendar.ParseHours("09:00", "17:00")
	return office{hours: hours, urgent: time.Hour}
}

func officeOf(a *directoryv1.Authority) (office, error) {
	hours, err := calendar.ParseHours(a.GetOpens(), a.GetCloses())
	if err != nil {
		return office{}, err
	}
	return office{
		hours: hours, urgent: time.Duration(a.GetUrgentMinutes()) * time.Minute,
		howToEscalate: a.GetHowToEscalate(), contactPhone: a.GetContactPhone(), outOfHours: a.GetOutOfHours(),
	}, nil
}

type knownOffice struct {
	office office
	until  time.Time
}

// authorities asks the directory about authorities, and keeps what it says for a short while.
type authorities struct {
	directory directoryv1.DirectoryServiceClient
	now       func() time.Time
	known     *lru.Cache[string, knownOffice]
}

func newAuthorities(directory directoryv1.DirectoryServiceClient, now func() time.Time) (*authorities, error) {
	known, err := lru.New[string, knownOffice](512)
	return &authorities{directory: directory, now: now, known: known}, err
}

// get gives the authority's office. Where the directory does not answer it gives what it said last, else an error
// together with an office of usual hours: whoever takes in a contact goes on with that.
func (a *authorities) get(ctx context.Context, authority string) (office, error) {
	had, ok := a.known.Get(authority)
	if ok && a.now().Before(had.until) {
		return had.office, nil
	}
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	answer, err := a.directory.GetAuthority(ctx, &directoryv1.GetAuthorityRequest{Name: "authorities/" + authority})
	if err == nil {
		var o office
		if o, err = officeOf(answer.GetAuthority()); err == nil {
			// The out-of-hours contact is told to services only, so a partner's call must not replace it by nothing.
			if o.outOfHours == nil {
				o.outOfHours = had.office.outOfHours
			}
			a.known.Add(authority, knownOffice{o, a.now().Add(fresh)})
			return o, nil
		}
	}
	if ok {
		return had.office, nil
	}
	return unknownOffice(), err
}

// askAgain asks with the caller's own passport whatever is known, for what only services are told.
func (a *authorities) askAgain(ctx context.Context, authority string) (office, error) {
	if had, ok := a.known.Get(authority); ok {
		had.until = time.Time{}
		a.known.Add(authority, had)
	}
	return a.get(ctx, authority)
}

// office gives what is known of the authority. A directory that has never answered holds nothing up.
func (s *Service) office(ctx context.Context, authority string) office {
	o, err := s.authorities.get(ctx, authority)
	if err != nil {
		s.log.WarnContext(ctx, "the directory does not say an authority's hours; usual ones were taken", "authority", authority)
	}
	return o
}
