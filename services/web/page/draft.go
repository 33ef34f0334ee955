package page

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"

	draftv1 "github.com/kithcare/kith/api/kith/draft/v1"
	"github.com/kithcare/kith/pkg/fault"
)

// restore fills a form with what the person left unfinished. Where the keeper does not answer the form is empty, and
// what is kept stays kept.
func (v *Visit) restore(f *Form) {
	drafts := v.Drafts[f.Keeper]
	if f.Key == "" || drafts == nil {
		return
	}
	answer, err := drafts.GetDraft(v.ctx, &draftv1.GetDraftRequest{Parent: v.Authority, Form: f.Key})
	if err != nil {
		v.Log.WarnContext(v.ctx, "a draft can't be read", "keeper", f.Keeper, "error", err)
		return
	}
	draft := answer.GetDraft()
	if draft == nil {
		return
	}
	for _, field := range draft.GetFields() {
		switch field.GetName() {
		case fieldRequest:
			// A form that was sent, and whose answer was lost, is the same form when it is sent again.
			f.RequestID = field.GetValue()
		case fieldEtag:
			f.Etag = field.GetValue()
		default:
			f.Values.Add(field.GetName(), field.GetValue())
		}
	}
	f.Restored, f.Revision, f.SavedAt = true, draft.GetRevision(), draft.GetSavedAt().AsTime()
}

// keep keeps the words of a form that could not be sent, also for who has no JavaScript. That it can't be kept is no
// reason to lose the page that holds the words.
func (v *Visit) keep(f *Form) {
	if f.Key == "" || v.Drafts[f.Keeper] == nil {
		return
	}
	if err := v.save(f); err != nil {
		v.Log.WarnContext(v.ctx, "a draft can't be kept", "keeper", f.Keeper, "error", err)
	}
}

func (v *Visit) save(f *Form) error {
	req := &draftv1.SaveDraftRequest{Parent: v.Authority, Form: f.Key, Revision: f.Revision, Fields: []*draftv1.DraftField{
		{Name: fieldRequest, Value: f.RequestID}, {Name: fieldEtag, Value: f.Etag},
	}}
	names := make([]string, 0, len(f.Values))
	for name := range f.Values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range f.Values[name] {
			if value != "" {
				req.Fields = append(req.Fields, &draftv1.DraftField{Name: name, Value: value})
			}
		}
	}
	answer, err := v.Drafts[f.Keeper].SaveDraft(v.ctx, req)
	if err != nil {
		return err
	}
	f.Revision, f.SavedAt = answer.GetRevision(), answer.GetSavedAt().AsTime()
	return nil
}

// Done throws the draft of a form away that was sent. Where that fails, the draft is offered once more; sending it again
// is the same request and does nothing twice.
func (v *Visit) Done(f *Form) {
	if f.Key == "" || v.Drafts[f.Keeper] == nil {
		return
	}
	if _, err := v.Drafts[f.Keeper].DeleteDraft(v.ctx, &draftv1.DeleteDraftRequest{Parent: v.Authority, Form: f.Key}); err != nil {
		v.Log.WarnContext(v.ctx, "a draft can't be deleted", "keeper", f.Keeper, "error", err)
	}
}

// AddDrafts serves what forms send while somebody types, and the throwing away.
func (s *Site) AddDrafts() {
	s.Act("/drafts/{keeper}", keepDraft)
	s.Act("/drafts/{keeper}/throw-away", throwAway)
}

// keepDraft keeps a form's words for its script, and answers with the revision to save on.
func keepDraft(v *Visit) error {
	f, err := v.draftOf()
	if err != nil {
		return err
	}
	answer := map[string]string{}
	status := http.StatusOK
	if err := v.save(f); err != nil {
		problem := fault.From(err)
		status = problem.HTTPStatus()
		answer["problem"] = v.sentence(problem)
	} else {
		answer["revision"] = strconv.FormatInt(f.Revision, 10)
		answer["saved"] = v.T("draft.saved", "Time", v.Clock(f.SavedAt))
		answer["idleUntil"] = Machine(v.Self.GetIdleUntil().AsTime())
	}
	v.W.Header().Set("Content-Type", "application/json")
	v.W.Header().Set("Cache-Control", "no-store")
	v.W.WriteHeader(status)
	return json.NewEncoder(v.W).Encode(answer)
}

// throwAway deletes the draft and opens the form afresh.
func throwAway(v *Visit) error {
	f, err := v.draftOf()
	if err != nil {
		return err
	}
	if _, err := v.Drafts[f.Keeper].DeleteDraft(v.ctx, &draftv1.DeleteDraftRequest{Parent: v.Authority, Form: f.Key}); err != nil {
		return err
	}
	return v.Go(Local(v.R.PostForm.Get("form-back")), "draft_thrown_away")
}

func (v *Visit) draftOf() (*Form, error) {
	keeper := v.R.PathValue("keeper")
	if v.Drafts[keeper] == nil {
		return nil, ErrNoPage
	}
	return v.Sent(keeper, v.R.PostForm.Get("form-key")), nil
}

// Local is a path of these pages; anything else becomes the start page. Browsers take a backslash for a slash, and leave
// tabs and line ends out of an address.
func Local(path string) string {
	if len(path) < 1 || path[0] != '/' || strings.HasPrefix(path, "//") || len(path) > 500 || strings.ContainsFunc(path, strange) {
		return "/"
	}
	return path
}

func strange(r rune) bool { return r == '\\' || unicode.IsControl(r) }
