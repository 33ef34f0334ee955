package gateway

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/kithcare/kith/pkg/fault"
)

const (
	// maxBody is the largest body, in bytes.
	maxBody = 1 << 20
	// maxDrain is how much of a body that is too large is read and dropped, so that its sender gets to read the answer
	// instead of a broken connection.
	maxDrain = 16 << 20

	invalid = codes.InvalidArgument
)

// read takes the body into memory. A method without a body reads none.
func (c *call) read(r *http.Request) *fault.Fault {
	if c.route.body == nil || r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	if r.ContentLength > maxBody {
		return c.tooLarge(r)
	}
	var text bytes.Buffer
	if r.ContentLength > 0 {
		text.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	if _, err := text.ReadFrom(io.LimitReader(r.Body, maxBody+1)); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return c.tooLarge(r)
		}
		return notJSON("", "the body broke off")
	}
	if text.Len() > maxBody {
		return c.tooLarge(r)
	}
	c.text = text.Bytes()
	if len(c.text) > 0 && !isJSON(r.Header) {
		return &fault.Fault{
			Code: invalid, Reason: unsupportedMedia, Field: "Content-Type",
			Message: "send the body as application/json in UTF-8, not compressed",
		}
	}
	return nil
}

func (c *call) tooLarge(r *http.Request) *fault.Fault {
	// The answer is the same whether or not the rest arrives.
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, maxDrain))
	return &fault.Fault{Code: invalid, Reason: "TOO_LARGE", Message: "the body is larger than 1 MiB, the most that is taken"}
}

func isJSON(h http.Header) bool {
	if h.Get("Content-Encoding") != "" {
		return false
	}
	kind := h.Get("Content-Type")
	if kind == "application/json" {
		return true
	}
	kind, params, err := mime.ParseMediaType(kind)
	charset := params["charset"]
	return err == nil && kind == "application/json" && (charset == "" || strings.EqualFold(charset, "utf-8"))
}

// body is a checked body on its way through the mux.
type body struct {
	text []byte
	at   int
}

// Read gives the text.
func (b *body) Read(p []byte) (int, error) {
	if b.at >= len(b.text) {
		return 0, io.EOF
	}
	n := copy(p, b.text[b.at:])
	b.at += n
	return n, nil
}

// Close does nothing.
func (b *body) Close() error { return nil }
