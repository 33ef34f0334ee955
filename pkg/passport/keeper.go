package passport

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
)

const (
	// keepFor is how old a passport may be when it is used, so that an ended membership ends everything within a second.
	keepFor = time.Second
	// askFor is how long the directory may take.
	askFor = 5 * time.Second
	// mostKept is how many callers' passports are kept.
	mostKept = 4096
)

// ErrStranger is that the directory knows nobody by that sign-in, for whatever reason.
var ErrStranger = errors.New("nobody is known by that sign-in")

// Keeper exchanges what an entry point authenticated for passports, and keeps each for less than a second.
type Keeper struct {
	directory directoryv1.DirectoryServiceClient
	now       func() time.Time
	kept      *lru.Cache[string, issued]
	flight    singleflight.Group
}

// issued is an answer of the directory; nil for a stranger.
type issued struct {
	answer *directoryv1.IssuePassportResponse
	// asked is when the directory was asked: what it says is at least as new.
	asked time.Time
}

// NewKeeper makes an empty one.
func NewKeeper(directory directoryv1.DirectoryServiceClient, now func() time.Time) (*Keeper, error) {
	kept, err := lru.New[string, issued](mostKept)
	if err != nil {
		return nil, fmt.Errorf("passport cache: %w", err)
	}
	return &Keeper{directory: directory, now: now, kept: kept}, nil
}

// Get gives a passport that is at most a second old, under a key that stands for all of the request. Whoever comes while
// the directory is being asked waits for that answer. Errors: ErrStranger, or why the directory could not say.
func (k *Keeper) Get(ctx context.Context, key string, req *directoryv1.IssuePassportRequest) (*directoryv1.IssuePassportResponse, error) {
	for range 3 {
		if i, ok := k.fresh(key); ok {
			return i.result()
		}
		answer := k.flight.DoChan(key, func() (any, error) { return k.ask(ctx, key, req) })
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case a := <-answer:
			if a.Err != nil {
				return nil, a.Err
			}
			// Somebody else may have asked so long ago that the answer is too old for this call.
			if i, ok := a.Val.(issued); ok && k.young(i) {
				return i.result()
			}
		}
	}
	return nil, fault.Unavailable(errors.New("the directory takes more than a second to issue a passport"))
}

// Forget drops what is kept, as when somebody signs out.
func (k *Keeper) Forget(key string) { k.kept.Remove(key) }

func (i issued) result() (*directoryv1.IssuePassportResponse, error) {
	if i.answer == nil {
		return nil, ErrStranger
	}
	return i.answer, nil
}

func (k *Keeper) fresh(key string) (issued, bool) {
	i, ok := k.kept.Get(key)
	return i, ok && k.young(i)
}

// young also distrusts a passport from the future: the clock was set back.
func (k *Keeper) young(i issued) bool {
	age := k.now().Sub(i.asked)
	return age >= 0 && age < keepFor
}

func (k *Keeper) ask(ctx context.Context, key string, req *directoryv1.IssuePassportRequest) (issued, error) {
	if i, ok := k.fresh(key); ok {
		return i, nil
	}
	// One caller's hanging up must not end it for the others who wait.
	ctx = WithAuthority(context.WithoutCancel(ctx), strings.TrimPrefix(req.GetAuthority(), "authorities/"))
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	i := issued{asked: k.now()}
	answer, err := k.directory.IssuePassport(ctx, req)
	switch {
	case err == nil:
		i.answer = answer
	case fault.From(err).Code == codes.Unauthenticated:
	default:
		return issued{}, err
	}
	k.kept.Add(key, i)
	return i, nil
}
