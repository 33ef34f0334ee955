package gateway

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strconv"

	swagger "github.com/swaggo/files/v2"

	"github.com/kithcare/kith/pkg/fault"
)

//go:embed pages
var pages embed.FS

// docsPolicy lets the pages use what this process serves, and nothing else. Swagger UI draws its icons from data: addresses.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// docs serves the OpenAPI document and the pages that show it, from memory alone.
type docs struct{ files map[string]file }

type file struct {
	kind string
	text []byte
}

func newDocs(routes map[string]*route, from Deps) (*docs, error) {
	document, err := describe(routes, from.Version)
	if err != nil {
		return nil, err
	}
	reasons, err := problemsPage()
	if err != nil {
		return nil, err
	}
	start, err := guidePage(from)
	if err != nil {
		return nil, err
	}
	d := &docs{files: map[string]file{
		"/docs":          {"text/html; charset=utf-8", start},
		"/openapi.json":  {"application/json", document},
		"/docs/problems": {"text/html; charset=utf-8", reasons},
	}}
	for _, f := range []struct {
		path string
		from fs.FS
		name string
		kind string
	}{
		{"/docs/reference", pages, "pages/reference.html", "text/html; charset=utf-8"},
		{"/docs/kit.json", kit, "kit/kit.json", "application/json"},
		{"/docs/kit.py", kit, "kit/kit.py", "text/x-python; charset=utf-8"},
		{"/docs/initializer.js", pages, "pages/initializer.js", "text/javascript; charset=utf-8"},
		{"/docs/docs.css", pages, "pages/docs.css", "text/css; charset=utf-8"},
		{"/docs/swagger-ui-bundle.js", swagger.FS, "swagger-ui-bundle.js", "text/javascript; charset=utf-8"},
		{"/docs/swagger-ui.css", swagger.FS, "swagger-ui.css", "text/css; charset=utf-8"},
		{"/docs/favicon-32x32.png", swagger.FS, "favicon-32x32.png", "image/png"},
	} {
		text, err := fs.ReadFile(f.from, f.name)
		if err != nil {
			return nil, fmt.Errorf("documentation: %w", err)
		}
		d.files[f.path] = file{f.kind, text}
	}
	return d, nil
}

// ServeHTTP serves a page.
func (d *docs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := d.files[r.URL.Path]
	switch {
	case r.URL.Path == "/docs/":
		http.Redirect(w, r, "/docs", http.StatusMovedPermanently)
		return
	case !ok:
		fault.WriteProblem(w, fault.NotFound())
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		writeProblem(w, http.StatusMethodNotAllowed, &fault.Fault{Reason: "METHOD_NOT_ALLOWED", Message: "this page can only be read"})
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Content-Security-Policy", docsPolicy)
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Length", strconv.Itoa(len(f.text)))
	// A reader who hung up can't be told more.
	_, _ = w.Write(f.text)
}

func problemsPage() ([]byte, error) {
	page, err := template.ParseFS(pages, "pages/problems.html")
	if err != nil {
		return nil, fmt.Errorf("documentation: %w", err)
	}
	var text bytes.Buffer
	if err := page.Execute(&text, reasons()); err != nil {
		return nil, fmt.Errorf("documentation: %w", err)
	}
	return text.Bytes(), nil
}
