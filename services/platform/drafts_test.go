package platform_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	draftv1 "github.com/kithcare/kith/api/kith/draft/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/platform/try"
)

// typing is somebody of an authority who types into a form of a service.
type typing struct{ service, authority, person, form string }

func (w typing) do(t *testing.T) (context.Context, draftv1.DraftServiceClient, string) {
	t.Helper()
	return kith.At(t, "web", w.authority, w.person), draftv1.NewDraftServiceClient(kith.Conn(t, "web", w.service)), "authorities/" + w.authority
}

func (w typing) save(t *testing.T, value string, revision int64) (*draftv1.SaveDraftResponse, error) {
	t.Helper()
	ctx, client, parent := w.do(t)
	return client.SaveDraft(ctx, &draftv1.SaveDraftRequest{
		Parent: parent, Form: w.form, Revision: revision, Fields: []*draftv1.DraftField{{Name: "worry", Value: value}},
	})
}

func (w typing) kept(t *testing.T) string {
	t.Helper()
	ctx, client, parent := w.do(t)
	answer, err := client.GetDraft(ctx, &draftv1.GetDraftRequest{Parent: parent, Form: w.form})
	if err != nil {
		t.Fatal(err)
	}
	if answer.GetDraft() == nil {
		return ""
	}
	return answer.GetDraft().GetFields()[0].GetValue()
}

// TestADraftStaysWhereItIsTyped saves words in one place and looks for them in all others.
func TestADraftStaysWhereItIsTyped(t *testing.T) {
	t.Parallel()
	form := "contacts/" + uuid.NewString() + "/screen"
	mine := typing{"referral", try.Kensington, "priya-raman", form}
	if _, err := mine.save(t, marker, 0); err != nil {
		t.Fatal(err)
	}
	for name, other := range map[string]typing{
		"a colleague": {"referral", try.Kensington, "marcus-fairweather", form}, "another service": {"familyfacing", try.Kensington, "priya-raman", form},
		"another authority": {"referral", try.Hammersmith, "marlon-bissette", form}, "another form": {"referral", try.Kensington, "priya-raman", form + "/x"},
	} {
		if got := other.kept(t); got != "" {
			t.Errorf("%s reads the words", name)
		}
		ctx, client, parent := other.do(t)
		list, err := client.ListDrafts(ctx, &draftv1.ListDraftsRequest{Parent: parent})
		if err != nil || other.form == form && strings.Contains(list.String(), form) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := mine.kept(t); got != marker {
		t.Errorf("one's own: %q", got)
	}
	// Not with the other authority's passport either.
	ctx, client, _ := typing{"referral", try.Hammersmith, "marlon-bissette", form}.do(t)
	if _, err := client.GetDraft(ctx, &draftv1.GetDraftRequest{Parent: "authorities/" + try.Kensington, Form: form}); status.Code(err) != codes.NotFound {
		t.Errorf("from the other authority: %v", err)
	}
}

func TestADraftThatCantBeKeptIsRefusedClearly(t *testing.T) {
	t.Parallel()
	w := typing{"familyfacing", try.Kensington, "amina-yusuf", "families/" + uuid.NewString() + "/hand-over"}
	saved, err := w.save(t, "kept", 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		words  string
		field  string
		reason string
	}{
		"NUL":                 {"a\x00b", "fields[0].value", "INVALID"},
		"a field too long":    {strings.Repeat("x", 50_001), "fields[0].value", "INVALID"},
		"larger than a frame": {strings.Repeat("x", 5<<20), "", "TOO_LARGE"},
	} {
		_, err := w.save(t, c.words, saved.GetRevision())
		if f := fault.From(err); f.Reason != c.reason || f.Field != c.field || len(f.Message) > 200 {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = w.save(t, "unseen", 0)
	if f := fault.From(err); f.Code != codes.Aborted || f.Reason != "CHANGED" || f.Facts["revision"] == "" || f.Facts["savedAt"] == "" {
		t.Errorf("a conflict over the wire: %v", err)
	}
	if got := w.kept(t); got != "kept" {
		t.Errorf("now %q is kept", got)
	}
	ctx, client, parent := w.do(t)
	var most []*draftv1.DraftField
	for range 5 {
		most = append(most, &draftv1.DraftField{Name: "x", Value: strings.Repeat("x", 49_999)})
	}
	_, err = client.SaveDraft(ctx, &draftv1.SaveDraftRequest{Parent: parent, Form: w.form, Revision: saved.GetRevision(), Fields: most})
	if f := fault.From(err); f.Reason != "INVALID" || f.Field != "fields" {
		t.Errorf("250 KB in all: %v", err)
	}
	// Other people's characters are none of these.
	if _, err = w.save(t, "👩\u200d👧\u200d👦 \u200fمرحبا\u200f O’Brien\r\n", saved.GetRevision()); err != nil || w.kept(t) != "👩\u200d👧\u200d👦 \u200fمرحبا\u200f O’Brien\r\n" {
		t.Errorf("%v, %q", err, w.kept(t))
	}
	if _, err = client.DeleteDraft(ctx, &draftv1.DeleteDraftRequest{Parent: parent, Form: w.form}); err != nil || w.kept(t) != "" {
		t.Errorf("deleted: %v, %q", err, w.kept(t))
	}
	kith.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
		var left int
		err := conn.QueryRow(t.Context(), `SELECT count(*) FROM familyfacing.draft WHERE form = $1`, w.form).Scan(&left)
		if left != 0 {
			t.Errorf("%d rows are left of it", left)
		}
		return err
	})
}
