package gateway_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTheDocumentSaysWhatTheGatewayDoes(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	w := h.ask(t, http.MethodGet, "/openapi.json", "", "Authorization", "")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("status %d, %s", w.Code, w.Header())
	}
	var d struct {
		OpenAPI  string                    `json:"openapi"`
		Servers  []any                     `json:"servers"`
		Security []map[string]any          `json:"security"`
		Paths    map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || !strings.HasPrefix(d.OpenAPI, "3.1") || len(d.Servers) != 1 || len(d.Security) != 1 {
		t.Fatalf("%v: %.200s", err, w.Body)
	}
	text := func(path, method string) string {
		t.Helper()
		encoded, err := json.Marshal(d.Paths["/v1/authorities/{authority}/"+path][method])
		if err != nil {
			t.Fatal(err)
		}
		return string(encoded)
	}
	receive := text("contacts", "post")
	for _, want := range []string{`"201"`, `"Location"`, `"name":"Idempotency-Key"`, `"examples"`, "#/components/responses/Problem"} {
		if !strings.Contains(receive, want) {
			t.Errorf("receiving a contact is described without %s", want)
		}
	}
	screen := text("contacts/{contact}/children/{child}:screen", "post")
	for _, want := range []string{`"name":"Idempotency-Key"`, `"name":"If-Match"`} {
		if !strings.Contains(screen, want) {
			t.Errorf("screening a child is described without %s", want)
		}
	}
	if whole := w.Body.String(); strings.Contains(whole, "requestId") {
		t.Error("the document shows requestId, which comes from a header")
	}
	if strings.Contains(text("patches:cover", "post"), "Idempotency-Key") {
		t.Error("a call that makes nothing is described with a key")
	}
}

// The examples are taken as they stand.
func TestTheExamplesAreTaken(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	var d struct {
		Paths map[string]struct {
			Post struct {
				RequestBody struct {
					Content map[string]struct {
						Examples map[string]struct {
							Value json.RawMessage `json:"value"`
						} `json:"examples"`
					} `json:"content"`
				} `json:"requestBody"`
			} `json:"post"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(h.ask(t, http.MethodGet, "/openapi.json", "").Body.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	examples := d.Paths["/v1/authorities/{authority}/contacts"].Post.RequestBody.Content["application/json"].Examples
	if len(examples) != 2 {
		t.Fatalf("%d examples", len(examples))
	}
	for name, e := range examples {
		if w := h.ask(t, http.MethodPost, contacts, string(e.Value)); w.Code != http.StatusCreated {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestThePagesNeedNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for _, path := range []string{"/docs", "/docs/reference", "/docs/problems", "/docs/kit.json", "/docs/kit.py", "/docs/initializer.js", "/docs/docs.css", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js"} {
		w := h.ask(t, http.MethodGet, path, "", "Authorization", "")
		if w.Code != http.StatusOK || w.Body.Len() == 0 {
			t.Errorf("%s: %d", path, w.Code)
		}
		policy := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "script-src 'self';") || strings.Contains(policy, "http") {
			t.Errorf("%s: policy %q", path, policy)
		}
		if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			page := w.Body.String()
			if regexp.MustCompile(`(src="|<link[^>]*href=")(https?:)?//`).MatchString(page) || regexp.MustCompile(`<script>|<style|\son\w+=`).MatchString(page) {
				t.Errorf("%s fetches from elsewhere, or has a script of its own", path)
			}
		}
	}
	if w := h.ask(t, http.MethodGet, "/docs/", ""); w.Code != http.StatusMovedPermanently || w.Header().Get("Location") != "/docs" {
		t.Errorf("/docs/: %d %s", w.Code, w.Header().Get("Location"))
	}
	if w := h.ask(t, http.MethodGet, "/docs/swagger-ui-bundle.js.map", ""); w.Code != http.StatusNotFound {
		t.Errorf("a file that is not shown: %d", w.Code)
	}
}

// Every problem's type leads to /docs/problems; so every reason has its line there.
func TestEveryReasonIsExplained(t *testing.T) {
	t.Parallel()
	page := newHouse(t, nil).ask(t, http.MethodGet, "/docs/problems", "").Body.String()
	given := regexp.MustCompile(`(?:fault\.(?:Denied|Conflict|Refused)\(\s*|Reason:\s+)"([A-Z][A-Z0-9_]+)"`)
	found := 0
	// Only the pages reach these, which say the sentence itself.
	pagesOnly := []string{"../../services/web", "../../services/directory/administration", "../../services/familyfacing/guard"}
	for _, folder := range []string{"../../pkg", "../../services"} {
		err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
			if err == nil && entry.IsDir() && slices.Contains(pagesOnly, path) {
				return filepath.SkipDir
			}
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range given.FindAllStringSubmatch(string(text), -1) {
				found++
				if !strings.Contains(page, `id="`+m[1]+`"`) {
					t.Errorf("%s answers %s, which reasons in problems.go do not explain", path, m[1])
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 20 {
		t.Errorf("only %d reasons were found", found)
	}
}
