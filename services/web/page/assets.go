package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed assets
var assetFiles embed.FS

// asset is a style sheet, script or picture, as it goes over the wire.
type asset struct {
	kind          string
	plain, packed []byte
}

// Assets are what pages load, under one folder named by the content of all of it: a browser keeps them for ever, and a
// new program has new addresses.
type Assets struct {
	folder string
	files  map[string]asset
}

func newAssets() (*Assets, error) {
	a := &Assets{files: map[string]asset{}}
	sum := sha256.New()
	err := fs.WalkDir(assetFiles, "assets", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || kindOf(name) == "" {
			return err
		}
		content, err := assetFiles.ReadFile(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n", name, len(content))
		sum.Write(content)
		packed, err := pack(content)
		// Scripts and sheets of npm stand beside ours, so that they find one another.
		short := strings.TrimPrefix(strings.TrimPrefix(name, "assets/"), "npm/")
		a.files[short] = asset{kind: kindOf(name), plain: content, packed: packed}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("assets: %w", err)
	}
	if _, ok := a.files["govuk-frontend.css"]; !ok {
		return nil, errors.New("the pages' style sheets are not in this program: it was built without `make build`")
	}
	a.folder = "/assets/" + hex.EncodeToString(sum.Sum(nil)[:8]) + "/"
	return a, nil
}

func kindOf(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	default:
		return ""
	}
}

func pack(content []byte) ([]byte, error) {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	err = w.Close()
	return packed.Bytes(), err
}

// URL is where a page finds a file.
func (a *Assets) URL(name string) string { return a.folder + name }

// ServeHTTP answers a file.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, ours := strings.CutPrefix(r.URL.Path, a.folder)
	file, ok := a.files[name]
	if !ours || !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", file.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	content := file.plain
	if takesGzip(r) {
		h.Set("Content-Encoding", "gzip")
		content = file.packed
	}
	// Someone who hung up can't be told more.
	_, _ = io.Copy(w, bytes.NewReader(content))
}

func takesGzip(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
}
