package web

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"time"
)

//go:embed pages/start.html pages/style.css
var files embed.FS

// Deps is what the pages need.
type Deps struct {
	// Version of the program, shown at the foot of the page.
	Version string
}

// New gives the handler: the start page, its style sheet, and a plain answer for everything else.
func New(d Deps) http.Handler {
	start := template.Must(template.ParseFS(files, "pages/start.html"))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		var page bytes.Buffer
		if err := start.Execute(&page, d); err != nil {
			http.Error(w, "This page can't be shown at the moment. Try again shortly.", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		// Someone who hung up can't be told more.
		_, _ = w.Write(page.Bytes())
	})
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		style, err := files.ReadFile("pages/style.css")
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=3600")
		http.ServeContent(w, r, "style.css", time.Time{}, bytes.NewReader(style))
	})
	return headers(mux)
}

// headers keep the page to itself: nothing foreign is loaded and nobody frames it.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}
