package match_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/passport"
	"github.com/kithcare/kith/services/familyfacing/family"
	"github.com/kithcare/kith/services/platform/try"
)

var kith *try.Platform

func TestMain(m *testing.M) { os.Exit(try.Main(m, &kith)) }

const (
	screener  = "priya-raman"
	worker    = "amina-yusuf"
	adviser   = "helena-vasquez-moor"
	guardian  = "margaret-adeyemi-stone"
	north     = "north-kensington"
	authority = "authorities/" + try.Kensington
)

// as acts for somebody at the pages.
func as(t *testing.T, who string) context.Context {
	t.Helper()
	return kith.At(t, "web", try.Kensington, who)
}

// asService acts for the referral service.
func asService(t *testing.T) context.Context {
	t.Helper()
	answer, err := directoryv1.NewDirectoryServiceClient(kith.Conn(t, "referral", "directory")).IssuePassport(t.Context(), &directoryv1.IssuePassportRequest{
		Authority: authority, Bearer: &directoryv1.IssuePassportRequest_Service{Service: &directoryv1.ServiceCause{Cause: "test"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return passport.WithToken(t.Context(), try.Kensington, answer.GetPassport())
}

// pages and desk are the service as the pages and as the referral service call it.
func pages(t *testing.T) familyfacingv1.MatchServiceClient {
	return familyfacingv1.NewMatchServiceClient(kith.Conn(t, "web", "familyfacing"))
}

func desk(t *testing.T) familyfacingv1.MatchServiceClient {
	return familyfacingv1.NewMatchServiceClient(kith.Conn(t, "referral", "familyfacing"))
}

// find looks for somebody as a member of a Family Facing Team.
func find(t *testing.T, sought *familyfacingv1.Sought) []*familyfacingv1.Match {
	t.Helper()
	return findAs(as(t, worker), t, &familyfacingv1.MatchPeopleRequest{Parent: authority, Sought: []*familyfacingv1.Sought{sought}}).GetMatches()
}

func findAs(ctx context.Context, t *testing.T, req *familyfacingv1.MatchPeopleRequest) *familyfacingv1.MatchPeopleResponse {
	t.Helper()
	answer, err := pages(t).MatchPeople(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func box(words string) *familyfacingv1.Sought { return &familyfacingv1.Sought{Anything: words} }

// seed brings families in, each with an id, and open unless it is closed.
func seed(t *testing.T, in string, past ...*family.PastFamily) {
	t.Helper()
	var all []family.PastFamily
	for _, f := range past {
		if f.ID == uuid.Nil {
			f.ID = uuid.New()
		}
		if f.Team == "" {
			f.Team = north
		}
		if f.OpenedAt.IsZero() {
			f.OpenedAt = time.Now().Add(-time.Hour)
		}
		all = append(all, *f)
	}
	kith.Owner(t, in, func(conn *pgx.Conn) error {
		return pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), `SET LOCAL search_path = familyfacing`); err != nil {
				return err
			}
			return family.Seed(t.Context(), tx, all)
		})
	})
}

// own changes something with the owner's login.
func own(t *testing.T, sql string, args ...any) {
	t.Helper()
	kith.Owner(t, try.Kensington, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), sql, args...)
		return err
	})
}

func born(text string) time.Time {
	day, _ := time.Parse(time.DateOnly, text)
	return day
}

// names are who was found.
func names(found []*familyfacingv1.Match) string {
	var all []string
	for _, m := range found {
		all = append(all, m.GetFullName())
	}
	return strings.Join(all, ", ")
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return fault.From(err).Reason
}
