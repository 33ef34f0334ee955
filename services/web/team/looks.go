package team

import (
	"strings"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/services/web/page"
)

// lookList is a page of who looked at a family. It is a page of its own and not on the family's: asking for it is a look too,
// and would stand beside every other.
type lookList struct {
	Looks       []*familyfacingv1.Look
	names       page.Names
	First, Next string
}

func looks(v *page.Visit) error {
	id, ok := idIn(v, "family")
	if !ok {
		return page.ErrNoPage
	}
	here := v.R.URL.Query().Get("page")
	answer, err := v.Families.ListLooks(v.Ctx(), &familyfacingv1.ListLooksRequest{Parent: v.Authority + "/families/" + id, PageToken: here})
	if err != nil {
		return err
	}
	l := &lookList{Looks: answer.GetLooks()}
	var sought []string
	for _, look := range l.Looks {
		sought = append(sought, v.Authority+"/"+look.GetActor())
	}
	l.names = v.NamesOf(sought...)
	l.First, l.Next = pages("/families/"+id+"/looks", here, answer.GetNextPageToken())
	return v.Show(page.Page{Title: v.T("team.looks_title"), Back: "/families/" + id, Body: looksPage(v, l)})
}

// who is how whoever looked is called.
func (l *lookList) who(v *page.Visit, look *familyfacingv1.Look) string {
	if name := l.names[v.Authority+"/"+look.GetActor()]; name != "" {
		return name
	}
	if strings.HasPrefix(look.GetActor(), "services/") {
		return v.T("team.look_kith")
	}
	return v.T("names.someone")
}
