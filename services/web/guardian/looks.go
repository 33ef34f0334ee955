package guardian

import (
	"cmp"
	"encoding/csv"
	"net/http"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	auditv1 "github.com/kithcare/kith/api/kith/audit/v1"
	"github.com/kithcare/kith/services/web/page"
)

const (
	// looksShown is how many looks a page shows.
	looksShown = 100
	// mostInFile is how many rows a downloaded file holds at most: ten years of one child are far fewer.
	mostInFile = 100000
)

// look is one row of a service's audit trail.
type look struct {
	*auditv1.AuditRow
	Service string
}

// who names the actor as the directory does.
func (l look) who(authority string) string {
	switch l.GetActorKind() {
	case "person":
		return authority + "/people/" + l.GetActor()
	case "partner":
		return authority + "/partners/" + l.GetActor()
	default:
		return l.GetActor()
	}
}

// question is whose looks are asked for.
type question struct {
	subjects []string
	actor    string
	// path is where the answer stands, and title its heading's key.
	path, title string
}

func looksAtFamily(v *page.Visit) error {
	id := v.R.PathValue("family")
	return answerLooks(v, question{subjects: []string{"families/" + id}, path: "/guardian/families/" + id + "/looks", title: "guardian.looks_family"})
}

func looksAtPerson(v *page.Visit) error {
	family, person := v.R.PathValue("family"), v.R.PathValue("person")
	return answerLooks(v, question{
		subjects: []string{"families/" + family + "/children/" + person, "families/" + family + "/adults/" + person},
		path:     "/guardian/families/" + family + "/people/" + person + "/looks", title: "guardian.looks_person",
	})
}

func looksBy(v *page.Visit) error {
	id := v.R.PathValue("person")
	return answerLooks(v, question{actor: id, path: "/guardian/people/" + id + "/looks", title: "guardian.looks_by"})
}

// answerLooks shows the newest looks, or all of them as a file.
func answerLooks(v *page.Visit, q question) error {
	query := v.R.URL.Query()
	before := time.Time{}
	if text := query.Get("before"); text != "" {
		var err error
		if before, err = time.Parse(time.RFC3339Nano, text); err != nil {
			return page.ErrNoPage
		}
	}
	services := []string{"familyfacing", "referral"}
	if q.actor != "" {
		services = append(services, "directory")
	} else {
		q.subjects = append(q.subjects, contactsOf(v, q.subjects)...)
	}
	if query.Get("as") == "csv" {
		return fileOf(v, services, q)
	}
	looks, missing := newest(v, services, q, before)
	older := ""
	if len(looks) > looksShown {
		looks = looks[:looksShown]
		older = q.path + "?before=" + looks[looksShown-1].GetAt().AsTime().Format(time.RFC3339Nano)
	}
	return v.Show(page.Page{
		Title: v.T("guardian.looks_title"), Section: section, Back: "/guardian", Wide: true,
		Body: looksPage(v, q, looks, v.NamesOf(actors(v, looks)...), missing, older),
	})
}

// contactsOf are the contacts that led to a family: the trail names both where one became part of the other.
func contactsOf(v *page.Visit, subjects []string) []string {
	answer, err := v.Audits["referral"].ListAuditRows(v.Ctx(), &auditv1.ListAuditRowsRequest{Parent: v.Authority, Subjects: subjects, PageSize: 200})
	if err != nil {
		// The page then says that referral does not answer.
		return nil
	}
	var contacts []string
	for _, row := range answer.GetRows() {
		for _, s := range row.GetSubjects() {
			if strings.HasPrefix(s, "contacts/") && strings.Count(s, "/") == 1 && !slices.Contains(contacts, s) && len(contacts) < 50 && row.GetActorKind() == "service" {
				contacts = append(contacts, s)
			}
		}
	}
	return contacts
}

// newest merges the services' trails, newest first. A service that does not answer is named, and the others go on.
func newest(v *page.Visit, services []string, q question, before time.Time) (looks []look, missing []string) {
	answers := make([]page.Part[[]*auditv1.AuditRow], len(services))
	var calls []func()
	for i, service := range services {
		calls = append(calls, func() {
			req := &auditv1.ListAuditRowsRequest{Parent: v.Authority, Subjects: q.subjects, Actor: q.actor, PageSize: looksShown + 1}
			if !before.IsZero() {
				req.Until = timestamppb.New(before)
			}
			answer, err := v.Audits[service].ListAuditRows(v.Ctx(), req)
			answers[i] = page.Of(answer.GetRows(), err)
		})
	}
	page.Together(calls...)
	for i, a := range answers {
		if a.Err != nil {
			missing = append(missing, services[i])
		}
		for _, row := range a.Value {
			looks = append(looks, look{row, services[i]})
		}
	}
	slices.SortStableFunc(looks, func(a, b look) int {
		return cmp.Compare(b.GetAt().AsTime().UnixMicro(), a.GetAt().AsTime().UnixMicro())
	})
	return looks, missing
}

func actors(v *page.Visit, looks []look) []string {
	all := make([]string, 0, len(looks))
	for _, l := range looks {
		all = append(all, l.who(v.Authority))
	}
	return all
}

// fileOf answers every look as a table for another program. A service that does not answer fails the file: half of it
// would look like all of it.
func fileOf(v *page.Visit, services []string, q question) error {
	var looks []look
	for _, service := range services {
		token := ""
		for len(looks) < mostInFile {
			answer, err := v.Audits[service].ListAuditRows(v.Ctx(), &auditv1.ListAuditRowsRequest{
				Parent: v.Authority, Subjects: q.subjects, Actor: q.actor, PageSize: 200, PageToken: token,
			})
			if err != nil {
				return err
			}
			for _, row := range answer.GetRows() {
				looks = append(looks, look{row, service})
			}
			if token = answer.GetNextPageToken(); token == "" {
				break
			}
		}
	}
	slices.SortStableFunc(looks, func(a, b look) int {
		return cmp.Compare(b.GetAt().AsTime().UnixMicro(), a.GetAt().AsTime().UnixMicro())
	})
	names := v.NamesOf(actors(v, looks)...)
	h := v.W.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="looks.csv"`)
	h.Set("Cache-Control", "no-store")
	w := csv.NewWriter(v.W)
	rows := [][]string{{"time", "who", "kind", "id", "by way of", "service", "call", "why", "allowed", "refusal", "records", "digest"}}
	for _, l := range looks {
		who := l.who(v.Authority)
		if name := names[who]; name != "" {
			who = name
		}
		rows = append(rows, []string{
			l.GetAt().AsTime().Format(time.RFC3339Nano), harmless(who), l.GetActorKind(), l.GetActor(), l.GetEntry(), l.Service, l.GetMethod(),
			harmless(l.GetReason()), yesNo(l.GetAllowed()), l.GetDenial(), strings.Join(l.GetSubjects(), " "), l.GetDigest(),
		})
	}
	v.W.WriteHeader(http.StatusOK)
	// Someone who hung up can't be told more.
	_ = w.WriteAll(rows)
	return nil
}

func yesNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// harmless keeps a spreadsheet from taking a text for a formula.
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
