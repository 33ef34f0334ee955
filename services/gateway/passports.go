package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"
	"google.golang.org/grpc/codes"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
)

const (
	// passportAge is how old a passport may be when it is used, so that an ended membership ends everything within a second.
	passportAge = time.Second
	// passportWait is how long the directory may take.
	passportWait = 5 * time.Second
	// maxPassports is how many callers' passports are kept.
	maxPassports = 4096
)

// passports exchanges callers for passports.
type passports struct {
	directory directoryv1.DirectoryServiceClient
	now       func() time.Time
	kept      *lru.Cache[string, issued]
	flight    singleflight.Group
}

// issued is a passport, or that the directory knows no such caller.
type issued struct {
	token string
	// asked is when the directory was asked: what it says is at least as new.
	asked    time.Time
	stranger bool
}

func newPassports(directory directoryv1.DirectoryServiceClient, now func() time.Time) (*passports, error) {
	kept, err := lru.New[string, issued](maxPassports)
	if err != nil {
		return nil, fmt.Errorf("passport cache: %w", err)
	}
	return &passports{directory: directory, now: now, kept: kept}, nil
}

// get gives a passport that is at most a second old. Whoever comes while the directory is being asked waits for that
// answer. Errors: errStranger, or why the directory could not say.
func (p *passports) get(ctx context.Context, who caller) (string, error) {
	key := strings.Join(append([]string{who.authority, who.issuer, who.subject, fmt.Sprint(who.partner)}, who.scopes...), "\x00")
	for range 3 {
		if i, ok := p.fresh(key); ok {
			return i.result()
		}
		answer := p.flight.DoChan(key, func() (any, error) { return p.ask(ctx, key, who) })
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case a := <-answer:
			if a.Err != nil {
				return "", a.Err
			}
			// Somebody else may have asked so long ago that the answer is too old for this call.
			if i, ok := a.Val.(issued); ok && p.young(i) {
				return i.result()
			}
		}
	}
	return "", fault.Unavailable(errors.New("the directory takes more than a second to issue a passport"))
}

func (i issued) result() (string, error) {
	if i.stranger {
		return "", errStranger
	}
	return i.token, nil
}

func (p *passports) fresh(key string) (issued, bool) {
	i, ok := p.kept.Get(key)
	return i, ok && p.young(i)
}

// young also distrusts a passport from the future: the clock was set back.
func (p *passports) young(i issued) bool {
	age := p.now().Sub(i.asked)
	return age >= 0 && age < passportAge
}

func (p *passports) ask(ctx context.Context, key string, who caller) (issued, error) {
	if i, ok := p.fresh(key); ok {
		return i, nil
	}
	// One caller's hanging up must not end it for the others who wait.
	ctx, cancel := context.WithTimeout(passport.WithAuthority(context.WithoutCancel(ctx), who.authority), passportWait)
	defer cancel()
	i := issued{asked: p.now()}
	answer, err := p.directory.IssuePassport(ctx, who.request())
	switch {
	case err == nil:
		i.token = answer.GetPassport()
	case fault.From(err).Code == codes.Unauthenticated:
		i.stranger = true
	default:
		return issued{}, err
	}
	p.kept.Add(key, i)
	return i, nil
}

// request is the caller as the directory is told of it.
func (c caller) request() *directoryv1.IssuePassportRequest {
	r := &directoryv1.IssuePassportRequest{Authority: "authorities/" + c.authority}
	if c.partner {
		r.Bearer = &directoryv1.IssuePassportRequest_Partner{Partner: &directoryv1.PartnerClient{Issuer: c.issuer, ClientId: c.subject, Scopes: c.scopes}}
	} else {
		r.Bearer = &directoryv1.IssuePassportRequest_Person{Person: &directoryv1.SignedIn{Issuer: c.issuer, Subject: c.subject}}
	}
	return r
}
