package administration

import (
	"context"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
)

// RemovePerson lets somebody go: their seats end now, those to come never begin, and their sign-in gives no passport any
// more. What they did stays theirs. Errors: CHANGED, LAST_ADMINISTRATOR, LAST_GUARDIAN.
func (s *Service) RemovePerson(ctx context.Context, req *directoryv1.RemovePersonRequest) (*directoryv1.RemovePersonResponse, error) {
	return run(ctx, s, changing[*directoryv1.RemovePersonResponse]{
		req: req, purpose: "remove a person", answer: &directoryv1.RemovePersonResponse{},
		names: func(*directoryv1.RemovePersonResponse) []string { return []string{req.GetName()} },
		work: func(c change) (*directoryv1.RemovePersonResponse, error) {
			id, err := personIn(ctx, req.GetName())
			if err != nil {
				return nil, err
			}
			p, err := readPerson(ctx, c.tx, id)
			if err != nil {
				return nil, err
			}
			if err := p.unchanged(ctx, "this person", req.GetEtag()); err != nil {
				return nil, err
			}
			return &directoryv1.RemovePersonResponse{}, c.removePerson(ctx, p)
		},
	})
}

func (c change) removePerson(ctx context.Context, p *person) error {
	before, err := c.offices(ctx)
	if err != nil {
		return err
	}
	_, err = c.tx.Exec(ctx, `UPDATE person SET removed = true, version = version + 1, changed_at = $2, changed_by = $3, on_page = true WHERE id = $1`,
		p.ID, c.at, c.by)
	if err != nil {
		return err
	}
	_, err = c.tx.Exec(ctx, `UPDATE membership SET until = greatest(since, $2), changed_at = $2, changed_by = $3, on_page = true
		WHERE person = $1 AND (until IS NULL OR until > greatest(since, $2))`, p.ID, c.at, c.by)
	if err != nil {
		return err
	}
	after, err := c.offices(ctx)
	if err != nil {
		return err
	}
	return before.permit(after, "name", "name")
}
