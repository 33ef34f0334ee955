package fault

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"

	"google.golang.org/grpc/codes"
)

// Problem is a Fault as RFC 9457 problem details.
type Problem struct {
	// Type is a URI reference that names the kind of problem.
	Type string `json:"type"`
	// Title is the reason in words.
	Title string `json:"title"`
	// Status repeats the HTTP status.
	Status int `json:"status"`
	// Detail says what happened and what to do.
	Detail string `json:"detail"`
	// Reason is stable and machine-readable.
	Reason string `json:"reason"`
	// Field is the request's field in its JSON name.
	Field string `json:"field,omitempty"`
	// Facts are ids and codes that help the caller go on.
	Facts map[string]string `json:"facts,omitempty"`
}

// HTTPStatus is the one mapping to HTTP.
func (f *Fault) HTTPStatus() int {
	if f.Reason == "TOO_LARGE" {
		return http.StatusRequestEntityTooLarge
	}
	switch f.Code {
	case codes.OK:
		return http.StatusOK
	case codes.InvalidArgument, codes.OutOfRange:
		return http.StatusBadRequest
	case codes.Unauthenticated:
		return http.StatusUnauthorized
	case codes.PermissionDenied:
		return http.StatusForbidden
	case codes.NotFound, codes.Unimplemented:
		return http.StatusNotFound
	case codes.AlreadyExists, codes.Aborted:
		return http.StatusConflict
	case codes.FailedPrecondition:
		return http.StatusUnprocessableEntity
	case codes.ResourceExhausted:
		return http.StatusTooManyRequests
	case codes.Unavailable:
		return http.StatusServiceUnavailable
	case codes.DeadlineExceeded:
		return http.StatusGatewayTimeout
	case codes.Canceled:
		return 499
	default:
		return http.StatusInternalServerError
	}
}

// Problem gives the fault as problem details.
func (f *Fault) Problem() Problem {
	status := f.HTTPStatus()
	title := http.StatusText(status)
	if title == "" {
		title = "The call was given up"
	}
	return Problem{
		Type: "/docs/problems#" + f.Reason, Title: title, Status: status,
		Detail: f.Message, Reason: f.Reason, Field: f.Field, Facts: f.Facts,
	}
}

// WriteProblem answers an HTTP request with the fault.
func WriteProblem(w http.ResponseWriter, f *Fault) {
	body, err := json.Marshal(f.Problem())
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	if f.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds()))))
	}
	if f.Code == codes.Unauthenticated {
		h.Set("WWW-Authenticate", `Bearer realm="kith"`)
	}
	w.WriteHeader(f.HTTPStatus())
	// The answer is already on its way; a caller who hung up can't be told more.
	_, _ = w.Write(append(body, '\n'))
}
