package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kithcare/kith/services/web"
)

func TestTheStartPage(t *testing.T) {
	t.Parallel()
	pages := web.New(web.Deps{Version: "v1 & more"})
	for path, want := range map[string]int{"/": http.StatusOK, "/style.css": http.StatusOK, "/elsewhere": http.StatusNotFound} {
		answer := httptest.NewRecorder()
		pages.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		if answer.Code != want {
			t.Errorf("%s: %d, want %d", path, answer.Code, want)
		}
		if !strings.Contains(answer.Header().Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s may load foreign things", path)
		}
		if path == "/" && !strings.Contains(answer.Body.String(), "v1 &amp; more") {
			t.Errorf("the version is not shown, or not escaped: %s", answer.Body)
		}
	}
}
