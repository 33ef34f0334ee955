package referral

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
	"github.com/kithcare/kith/pkg/audit"
	"github.com/kithcare/kith/pkg/passport"
)

// lookAgain is how long a patch that could not be looked up waits for the next attempt.
const lookAgain = 10 * time.Second

// patchLookup looks up the patches that the directory did not tell when a contact came.
type patchLookup struct {
	Contact string `json:"contact"`
}

// Kind names the job.
func (patchLookup) Kind() string { return "patch_lookup" }

type patchWorker struct {
	river.WorkerDefaults[patchLookup]
	service *Service
}

// Work tries until the directory answers: giving up would leave the child with nobody.
func (w *patchWorker) Work(ctx context.Context, job *river.Job[patchLookup]) error {
	id, err := uuid.Parse(job.Args.Contact)
	if err != nil {
		return river.JobCancel(err)
	}
	if open, err := w.service.lookUpPatches(ctx, id); open || err != nil {
		return river.JobSnooze(lookAgain)
	}
	return nil
}

// lookUpPatches finds the teams of a contact's children whose patch is not known yet, and says whether some still are.
func (s *Service) lookUpPatches(ctx context.Context, id uuid.UUID) (open bool, err error) {
	authority := passport.Authority(ctx)
	ctx, err = s.act(ctx, authority, "patch_lookup", "")
	if err != nil {
		return true, err
	}
	var l *look
	var tolds []*referralv1.Told
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if l, err = s.open(ctx, tx, authority, id, false); err != nil {
			return err
		}
		tolds, err = toldsUpTo(ctx, tx, id, l.contact.Version)
		return err
	})
	if err != nil {
		return true, err
	}
	found := map[uuid.UUID]patchFound{}
	for _, c := range l.children {
		if !c.patchUnknown() {
			continue
		}
		one := s.patches.find(ctx, authority, readChild(toldAt(tolds, int(c.Place)), l.now).Postcodes)
		if one.needs == referralv1.NeedsPerson_NEEDS_PERSON_PATCH_UNKNOWN {
			open = true
			continue
		}
		found[c.ID] = one
	}
	return open, s.inTx(ctx, func(tx pgx.Tx) error { return s.keepPatches(ctx, tx, authority, id, found) })
}

func (c *child) patchUnknown() bool {
	return c.Needs == int16(referralv1.NeedsPerson_NEEDS_PERSON_PATCH_UNKNOWN) && c.Team == ""
}

// keepPatches puts the teams in, unless a person has chosen one meanwhile.
func (s *Service) keepPatches(ctx context.Context, tx pgx.Tx, authority string, id uuid.UUID, found map[uuid.UUID]patchFound) error {
	l, err := s.open(ctx, tx, authority, id, true)
	if err != nil {
		return err
	}
	for _, c := range l.children {
		f, ok := found[c.ID]
		if !ok || !c.patchUnknown() {
			continue
		}
		c.Team, c.Needs, c.PostcodeUnknown = f.team, int16(f.needs), f.unknown
		if c.Team != "" {
			if err := insertChoice(inside{ctx, tx}, c, l.contact.Version, "services/referral", l.now); err != nil {
				return err
			}
		}
		if err := saveChild(ctx, tx, c); err != nil {
			return err
		}
	}
	if err := saveContact(ctx, tx, l.contact, l.children, l.now); err != nil {
		return err
	}
	return audit.Write(ctx, tx, l.now, "look up patches again", subjects(l.contact, l.children)...)
}
