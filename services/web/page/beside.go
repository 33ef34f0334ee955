package page

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// kept is a field of a form that was sent after the session had ended.
type kept struct{ Name, Value string }

// signInFirst asks whoever is not signed in to do so. A page is then shown after all; what was sent in a form stays on
// the page, with sign-in beside it, and goes on as the very same request.
func signInFirst(v *Visit) error {
	to := v.R.URL.RequestURI()
	switch {
	case v.R.Header.Get("Hx-Request") != "" || v.R.Header.Get("Accept") == "*/*":
		v.W.Header().Set("Cache-Control", "no-store")
		v.W.WriteHeader(http.StatusUnauthorized)
		return nil
	case v.R.Method == http.MethodPost:
		return goOnAfterwards(v)
	default:
		return v.Go("/sign-in?to="+url.QueryEscape(Local(to)), "")
	}
}

// goOnAfterwards shows the words of a form whose session has ended. They are in the page and nowhere else.
func goOnAfterwards(v *Visit) error {
	if err := v.R.ParseForm(); err != nil || !v.ourForm() {
		return errForeign
	}
	var all []kept
	names := make([]string, 0, len(v.R.PostForm))
	for name := range v.R.PostForm {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range v.R.PostForm[name] {
			all = append(all, kept{name, value})
		}
	}
	v.Status(http.StatusUnauthorized)
	return v.Show(Page{Title: v.T("beside.title"), Body: besidePage(v, v.R.URL.Path, all)})
}

// typed are the fields that somebody wrote words in, to be seen while signing in.
func typed(all []kept) []kept {
	return slices.DeleteFunc(slices.Clone(all), func(k kept) bool {
		return strings.HasPrefix(k.Name, "form-") || !strings.Contains(strings.TrimSpace(k.Value), " ")
	})
}
