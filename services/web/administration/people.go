package administration

import (
	"net/url"
	"strconv"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/services/web/page"
)

func addPeople(s *page.Site) {
	s.Read(home+"/people", only(people))
	s.Read(home+"/people/new", only(newPerson))
	s.Act(home+"/people/new", only(savePerson))
	s.Read(home+"/people/{person}", only(onePerson))
	s.Act(home+"/people/{person}", only(savePerson))
	s.Act(home+"/people/{person}/remove", only(removePerson))
}

// people lists everybody, or those whose name holds some letters.
func people(v *page.Visit) error {
	query := v.R.URL.Query()
	sought := query.Get("name")
	answer, err := v.Administration.ListPeople(v.Ctx(), &directoryv1.ListPeopleRequest{Parent: v.Authority, Contains: sought, PageToken: query.Get("page")})
	if err != nil {
		return err
	}
	further := next(home+"/people", answer.GetNextPageToken(), url.Values{"name": {sought}})
	return v.Show(page.Page{Title: v.T("admin.people"), Section: section, Back: home, Wide: true, Body: peoplePage(v, answer.GetPeople(), sought, further)})
}

func newPerson(v *page.Visit) error {
	f := v.NewForm("", "")
	f.Set("person.fullTimeThousandths", "1")
	return showPerson(v, f, nil)
}

func onePerson(v *page.Visit) error {
	p, err := readPerson(v)
	if err != nil {
		return err
	}
	f := v.NewForm("", "")
	f.Etag = p.GetEtag()
	for field, value := range map[string]string{
		"person.title": p.GetTitle(), "person.subject": p.GetSubject(), "person.registration": p.GetRegistration(),
		"person.registeredUntil": p.GetRegisteredUntil(), "person.email": p.GetEmail(), "person.phone": p.GetPhone(),
		"person.fullTimeThousandths": fullTime(p.GetFullTimeThousandths()), "person.administrator": tick(p.GetAdministrator()),
		"person.guardian": tick(p.GetGuardian()),
	} {
		f.Set(field, value)
	}
	return showPerson(v, f, p)
}

func readPerson(v *page.Visit) (*directoryv1.DirectoryPerson, error) {
	answer, err := v.Administration.GetPerson(v.Ctx(), &directoryv1.GetPersonRequest{Name: person(v, v.R.PathValue("person"))})
	return answer.GetPerson(), err
}

func showPerson(v *page.Visit, f *page.Form, p *directoryv1.DirectoryPerson) error {
	title := v.T("admin.new_person")
	if p != nil {
		title = v.T("admin.person")
	}
	return v.Show(page.Page{Title: title, Section: section, Back: home + "/people", Form: f, Body: personPage(v, f, p)})
}

// savePerson makes a person or changes one. What the form does not show stays as it is.
func savePerson(v *page.Visit) error {
	f := v.Sent("", "")
	p := &directoryv1.DirectoryPerson{}
	if id := v.R.PathValue("person"); id != "" {
		var err error
		if p, err = readPerson(v); err != nil {
			return err
		}
	}
	again := func() error {
		if p.GetName() == "" {
			return showPerson(v, f, nil)
		}
		return showPerson(v, f, p)
	}
	share, ok := thousandths(f.Trimmed("person.fullTimeThousandths"))
	if !ok {
		f.Wrong("person.fullTimeThousandths", v.T("admin.full_time_wrong"))
		return v.Again(f, nil, again)
	}
	saved := &directoryv1.DirectoryPerson{
		Name: p.GetName(), Key: p.GetKey(), Title: f.Trimmed("person.title"), Subject: f.Trimmed("person.subject"),
		Registration: f.Trimmed("person.registration"), RegisteredUntil: f.Trimmed("person.registeredUntil"), FullTimeThousandths: share,
		Email: f.Trimmed("person.email"), Phone: f.Trimmed("person.phone"), Administrator: f.Has("person.administrator", "yes"),
		Guardian: f.Has("person.guardian", "yes"), Etag: f.Etag, Qualifications: p.GetQualifications(),
	}
	answer, err := v.Administration.SavePerson(v.Ctx(), &directoryv1.SavePersonRequest{Parent: v.Authority, Person: saved, RequestId: f.RequestID})
	if err != nil {
		return v.Again(f, err, again)
	}
	return v.Go(home+"/people/"+page.Last(answer.GetPerson().GetName()), "person_saved")
}

func removePerson(v *page.Visit) error {
	f := v.Sent("", "")
	_, err := v.Administration.RemovePerson(v.Ctx(), &directoryv1.RemovePersonRequest{
		Name: person(v, v.R.PathValue("person")), Etag: f.Etag, RequestId: f.RequestID,
	})
	if err != nil {
		return v.Again(f, err, func() error {
			p, err := readPerson(v)
			if err != nil {
				return err
			}
			shown := v.NewForm("", "")
			shown.Problems, shown.Etag = f.Problems, p.GetEtag()
			shown.Set("person.title", p.GetTitle())
			shown.Set("person.subject", p.GetSubject())
			shown.Set("person.fullTimeThousandths", fullTime(p.GetFullTimeThousandths()))
			return showPerson(v, shown, p)
		})
	}
	return v.Go(home+"/people", "person_removed")
}

// fullTime is a share of full time as people write it: 1, 0.8.
func fullTime(thousandths int32) string {
	return strconv.FormatFloat(float64(thousandths)/1000, 'f', -1, 64)
}

// thousandths reads a share of full time.
func thousandths(text string) (int32, bool) {
	share, err := strconv.ParseFloat(text, 64)
	if err != nil || share < 0.001 || share > 1 {
		return 0, false
	}
	return int32(share*1000 + 0.5), true
}

func tick(is bool) string {
	if is {
		return "yes"
	}
	return ""
}

// span is when a seat is held.
func span(v *page.Visit, s *directoryv1.DirectorySeat) string {
	if s.GetUntil() == nil {
		return v.T("admin.seat_since", "Since", v.Date(s.GetSince().AsTime()))
	}
	return v.T("admin.seat_from_until", "Since", v.Date(s.GetSince().AsTime()), "Until", v.Date(s.GetUntil().AsTime()))
}

// personPath is where a person's form is sent.
func personPath(p *directoryv1.DirectoryPerson) string {
	if p == nil {
		return home + "/people/new"
	}
	return home + "/people/" + page.Last(p.GetName())
}
