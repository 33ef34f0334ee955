package fault_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"

	"github.com/kithcare/kith/pkg/fault"
)

// made is one fault of each constructor, with the HTTP status that it must have.
func made() map[string]struct {
	fault *fault.Fault
	http  int
} {
	facts := map[string]string{"etag": "7", "changedBy": "authorities/alpha/people/1"}
	return map[string]struct {
		fault *fault.Fault
		http  int
	}{
		"Invalid":         {fault.Invalid("told.children[0].name", "say at least a name"), 400},
		"NotFound":        {fault.NotFound(), 404},
		"Denied":          {fault.Denied("NOT_A_MEMBER", "only members may"), 403},
		"Unauthenticated": {fault.Unauthenticated("sign in"), 401},
		"Conflict":        {fault.Conflict("CHANGED", "it was changed; look again", facts), 409},
		"Refused":         {fault.Refused("KEY_REUSED", "Idempotency-Key", "send a new key"), 422},
		"Busy":            {fault.Busy("try again", 1500*time.Millisecond), 503},
		"Limited":         {fault.Limited(3 * time.Second), 429},
		"Internal":        {fault.Internal(errors.New("inner")), 500},
		"Unavailable":     {fault.Unavailable(errors.New("inner")), 503},
	}
}

func TestEveryFaultSurvivesTheWayThroughAStatus(t *testing.T) {
	t.Parallel()
	for name, c := range made() {
		sent := c.fault
		for how, err := range map[string]error{
			"a neighbour's status":         sent.GRPCStatus().Err(),
			"a neighbour's status wrapped": fmt.Errorf("our own text: %w", sent.GRPCStatus().Err()),
			"itself wrapped":               fmt.Errorf("our own text: %w", sent),
		} {
			got := fault.From(err)
			if got.Code != sent.Code || got.Reason != sent.Reason || got.Field != sent.Field || got.Message != sent.Message ||
				got.RetryAfter != sent.RetryAfter || !reflect.DeepEqual(got.Facts, sent.Facts) {
				t.Errorf("%s as %s: sent %+v, got %+v", name, how, sent, got)
			}
		}
	}
}

func TestEveryFaultIsAProblem(t *testing.T) {
	t.Parallel()
	for name, c := range made() {
		w := httptest.NewRecorder()
		fault.WriteProblem(w, c.fault)
		if w.Code != c.http {
			t.Errorf("%s: HTTP %d, want %d", name, w.Code, c.http)
		}
		if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("%s: content type %q", name, got)
		}
		if w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: an error may be kept by a cache", name)
		}
		var p fault.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if p.Status != c.http || p.Reason != c.fault.Reason || p.Field != c.fault.Field || p.Detail != c.fault.Message ||
			!reflect.DeepEqual(p.Facts, c.fault.Facts) || p.Title == "" || p.Type != "/docs/problems#"+c.fault.Reason {
			t.Errorf("%s: %+v", name, p)
		}
		if (w.Header().Get("WWW-Authenticate") != "") != (c.http == http.StatusUnauthorized) {
			t.Errorf("%s: WWW-Authenticate %q", name, w.Header().Get("WWW-Authenticate"))
		}
	}
}

func TestRetryAfterIsRoundedUp(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]string{0: "", time.Millisecond: "1", time.Second: "1", 1500 * time.Millisecond: "2", time.Minute: "60"} {
		w := httptest.NewRecorder()
		fault.WriteProblem(w, fault.Busy("later", after))
		if got := w.Header().Get("Retry-After"); got != want {
			t.Errorf("%s: Retry-After %q, want %q", after, got, want)
		}
	}
}

func TestEveryCodeHasItsHTTPStatus(t *testing.T) {
	t.Parallel()
	want := map[codes.Code]int{
		codes.OK: 200, codes.InvalidArgument: 400, codes.OutOfRange: 400, codes.Unauthenticated: 401, codes.PermissionDenied: 403,
		codes.NotFound: 404, codes.Unimplemented: 404, codes.AlreadyExists: 409, codes.Aborted: 409, codes.FailedPrecondition: 422,
		codes.ResourceExhausted: 429, codes.Canceled: 499, codes.Internal: 500, codes.Unknown: 500, codes.DataLoss: 500,
		codes.Unavailable: 503, codes.DeadlineExceeded: 504,
	}
	for code := codes.OK; code <= codes.Unauthenticated; code++ {
		if got := (&fault.Fault{Code: code}).HTTPStatus(); got != want[code] {
			t.Errorf("%s: %d, want %d", code, got, want[code])
		}
	}
	if got := (&fault.Fault{Code: codes.InvalidArgument, Reason: "TOO_LARGE"}).HTTPStatus(); got != 413 {
		t.Errorf("too large: %d", got)
	}
}

func TestDatabaseErrorsAreRecognisedByTheirCode(t *testing.T) {
	t.Parallel()
	type answer struct {
		code   codes.Code
		reason string
	}
	passing, again, slow, internal := answer{codes.Unavailable, "UNAVAILABLE"}, answer{codes.Aborted, "TRY_AGAIN"},
		answer{codes.DeadlineExceeded, "TOO_SLOW"}, answer{codes.Internal, "INTERNAL"}
	for state, want := range map[string]answer{
		"53100": passing, "53200": passing, "53300": passing, "53400": passing, "57P01": passing, "57P02": passing, "57P03": passing,
		"08000": passing, "08006": passing, "08P01": passing, "25006": passing,
		"40001": again, "40P01": again,
		"57014": slow,
		"23505": internal, "23503": internal, "23514": internal, "42P01": internal, "42501": internal, "22021": internal, "XX000": internal,
		"": internal, "5": internal,
	} {
		err := error(&pgconn.PgError{Code: state, Message: "secret", Detail: "Key (name)=(secret) already exists."})
		for how, err := range map[string]error{"plain": err, "wrapped": fmt.Errorf("insert: %w", err)} {
			f := fault.From(err)
			if f.Code != want.code || f.Reason != want.reason {
				t.Errorf("SQLSTATE %q %s: %s %s, want %s %s", state, how, f.Code, f.Reason, want.code, want.reason)
			}
			var cause *pgconn.PgError
			if !errors.As(error(f), &cause) || cause.Code != state {
				t.Errorf("SQLSTATE %q: the cause is lost for the log", state)
			}
		}
	}
}

func TestOtherErrorsAreRecognised(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err    error
		code   codes.Code
		reason string
	}{
		"deadline":              {fmt.Errorf("x: %w", context.DeadlineExceeded), codes.DeadlineExceeded, "TOO_SLOW"},
		"given up":              {fmt.Errorf("x: %w", context.Canceled), codes.Canceled, "CANCELLED"},
		"no connection":         {&pgconn.ConnectError{}, codes.Unavailable, "UNAVAILABLE"},
		"connection broke":      {fmt.Errorf("x: %w", io.ErrUnexpectedEOF), codes.Unavailable, "UNAVAILABLE"},
		"connection reset":      {&net.OpError{Op: "read", Err: errors.New("connection reset by peer")}, codes.Unavailable, "UNAVAILABLE"},
		"connection closed":     {fmt.Errorf("x: %w", net.ErrClosed), codes.Unavailable, "UNAVAILABLE"},
		"neighbour down":        {status.Error(codes.Unavailable, "dial tcp 10.0.0.7"), codes.Unavailable, "UNAVAILABLE"},
		"neighbour slow":        {status.Error(codes.DeadlineExceeded, "x"), codes.DeadlineExceeded, "TOO_SLOW"},
		"given up there":        {status.Error(codes.Canceled, "x"), codes.Canceled, "CANCELLED"},
		"message too large":     {status.Error(codes.ResourceExhausted, "x"), codes.InvalidArgument, "TOO_LARGE"},
		"neighbour older":       {status.Error(codes.Unimplemented, "x"), codes.NotFound, "NOT_FOUND"},
		"not one of ours":       {status.Error(codes.InvalidArgument, "x"), codes.Internal, "INTERNAL"},
		"anything":              {errors.New("x"), codes.Internal, "INTERNAL"},
		"nothing at all":        {nil, codes.Internal, "INTERNAL"},
		"a fault in an unknown": {fmt.Errorf("a: %w", errors.Join(errors.New("b"), fault.NotFound())), codes.NotFound, "NOT_FOUND"},
	} {
		if f := fault.From(c.err); f.Code != c.code || f.Reason != c.reason {
			t.Errorf("%s: %s %s, want %s %s", name, f.Code, f.Reason, c.code, c.reason)
		}
	}
}

// Whatever the cause says, not a word of it is in what leaves.
func TestNothingInternalLeaves(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		secret := "«" + rapid.StringMatching(`[A-Za-z0-9ß-ž ]{1,40}`).Draw(t, "secret") + "»"
		state := rapid.SampledFrom([]string{"23505", "22021", "40001", "53100", "57014", "08006", "", "42P01"}).Draw(t, "state")
		causes := []error{
			errors.New(secret),
			&pgconn.PgError{Code: state, Message: secret, Detail: secret, Hint: secret, Where: secret, TableName: secret, ConstraintName: secret},
			&net.OpError{Op: secret, Err: errors.New(secret)},
			fmt.Errorf("%s: %w", secret, context.DeadlineExceeded),
			fmt.Errorf("%s: %w", secret, io.ErrUnexpectedEOF),
			fmt.Errorf("%s: %w", secret, fault.NotFound().GRPCStatus().Err()),
			fmt.Errorf("%s: %w", secret, fault.Denied("NOT_A_MEMBER", "only members may")),
		}
		for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
			causes = append(causes, status.Error(code, secret), fmt.Errorf("%s: %w", secret, status.Error(code, secret)))
		}
		for _, cause := range causes {
			for _, f := range []*fault.Fault{fault.From(cause), fault.Internal(cause), fault.Unavailable(cause), fault.From(fault.Internal(cause))} {
				problem, err := json.Marshal(f.Problem())
				if err != nil {
					t.Fatal(err)
				}
				for where, text := range map[string]string{"status": f.GRPCStatus().Proto().String(), "problem": string(problem), "text": f.Error()} {
					if strings.Contains(text, secret) {
						t.Fatalf("%T: the %s says %s", cause, where, text)
					}
				}
			}
		}
	})
}
