// Package fault is the one type of error that leaves a service. It is mapped once to a gRPC status and once to an
// RFC 9457 problem. Nothing internal leaves: an error that is not a Fault becomes "internal", and its text stays in
// the log.
package fault

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Domain names the reasons' owner in google.rpc.ErrorInfo.
const Domain = "kith"

// Fault says what was wrong and what would be right. It never holds a child's data: neither Message nor Facts may
// repeat what somebody told.
type Fault struct {
	// Code is the gRPC status.
	Code codes.Code
	// Reason is stable and machine-readable, such as KEY_REUSED.
	Reason string
	// Field is the request's field in its JSON name, such as told.children[0].name; empty where none is to blame.
	Field string
	// Message is a sentence for a person: what happened and what to do.
	Message string
	// Facts are ids and codes that help the caller go on, such as the current etag.
	Facts map[string]string
	// RetryAfter is how long to wait before the same call may succeed; zero says nothing.
	RetryAfter time.Duration
	cause      error
}

// Error gives the reason and the sentence.
func (f *Fault) Error() string { return f.Reason + ": " + f.Message }

// Unwrap gives the internal cause, for the log only.
func (f *Fault) Unwrap() error { return f.cause }

// Invalid is a field that can't be taken as it is, with what would be right.
func Invalid(field, message string) *Fault {
	return &Fault{Code: codes.InvalidArgument, Reason: "INVALID", Field: field, Message: message}
}

// NotFound is a thing that does not exist, or that the caller must not know of: both look the same.
func NotFound() *Fault {
	return &Fault{Code: codes.NotFound, Reason: "NOT_FOUND", Message: "there is nothing here that you may see"}
}

// Denied is an act that the caller has no right to.
func Denied(reason, message string) *Fault {
	return &Fault{Code: codes.PermissionDenied, Reason: reason, Message: message}
}

// Unauthenticated is a caller who can't be recognised.
func Unauthenticated(message string) *Fault {
	return &Fault{Code: codes.Unauthenticated, Reason: "UNAUTHENTICATED", Message: message}
}

// Conflict is a change on something that was changed meanwhile.
func Conflict(reason, message string, facts map[string]string) *Fault {
	return &Fault{Code: codes.Aborted, Reason: reason, Message: message, Facts: facts}
}

// Refused is a call that is well formed but not possible in the present state.
func Refused(reason, field, message string) *Fault {
	return &Fault{Code: codes.FailedPrecondition, Reason: reason, Field: field, Message: message}
}

// Busy is a call that can't be taken now; nothing was written.
func Busy(message string, after time.Duration) *Fault {
	return &Fault{Code: codes.Unavailable, Reason: "BUSY", Message: message, RetryAfter: after}
}

// Limited is a caller over its rate limit.
func Limited(after time.Duration) *Fault {
	return &Fault{
		Code: codes.ResourceExhausted, Reason: "RATE_LIMITED",
		Message: "too many calls in a short time; try again later", RetryAfter: after,
	}
}

// Internal hides err behind a sentence.
func Internal(err error) *Fault {
	return &Fault{
		Code: codes.Internal, Reason: "INTERNAL",
		Message: "something went wrong on our side; what you sent may not have been taken, and sending it again with the same key is safe", cause: err,
	}
}

// Unavailable is a part that does not answer at the moment.
func Unavailable(err error) *Fault {
	return &Fault{
		Code: codes.Unavailable, Reason: "UNAVAILABLE",
		Message: "this part does not answer at the moment; send it again shortly", RetryAfter: time.Second, cause: err,
	}
}

// From recognises any error: a Fault as it is, a neighbour's gRPC status, the end of a context, a database driver's
// error by its SQLSTATE. Whatever else is internal.
func From(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Fault{Code: codes.DeadlineExceeded, Reason: "TOO_SLOW", Message: "this took too long; send it again", cause: err}
	}
	if errors.Is(err, context.Canceled) {
		return &Fault{Code: codes.Canceled, Reason: "CANCELLED", Message: "the call was given up", cause: err}
	}
	var db *pgconn.PgError
	if errors.As(err, &db) {
		return fromSQLState(db)
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) || pgconn.SafeToRetry(err) {
		return Unavailable(err)
	}
	// Not status.FromError: it puts the whole text of a wrapping error into the status's message.
	var neighbour interface{ GRPCStatus() *status.Status }
	if errors.As(err, &neighbour) {
		return fromStatus(neighbour.GRPCStatus(), err)
	}
	if lost(err) {
		return Unavailable(err)
	}
	return Internal(err)
}

// lost says whether a connection broke in the middle, as it does when a database is killed.
func lost(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// fromSQLState tells what may be tried again from what may not. Codes: PostgreSQL manual, appendix A.
func fromSQLState(err *pgconn.PgError) *Fault {
	switch {
	case err.Code == "57014":
		return &Fault{Code: codes.DeadlineExceeded, Reason: "TOO_SLOW", Message: "this took too long; send it again", cause: err}
	case strings.HasPrefix(err.Code, "53"), strings.HasPrefix(err.Code, "08"), strings.HasPrefix(err.Code, "57"), err.Code == "25006":
		return Unavailable(err)
	case err.Code == "40001", err.Code == "40P01":
		return &Fault{Code: codes.Aborted, Reason: "TRY_AGAIN", Message: "somebody else was at it at the same moment; send it again", cause: err}
	}
	return Internal(err)
}

func fromStatus(s *status.Status, err error) *Fault {
	f := &Fault{Code: s.Code(), Reason: "INTERNAL", Message: s.Message(), cause: err}
	known := false
	for _, d := range s.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			f.Reason, known = d.GetReason(), d.GetDomain() == Domain
			if len(d.GetMetadata()) > 0 {
				f.Facts = d.GetMetadata()
			}
		case *errdetails.BadRequest:
			if v := d.GetFieldViolations(); len(v) > 0 {
				f.Field = v[0].GetField()
			}
		case *errdetails.RetryInfo:
			f.RetryAfter = d.GetRetryDelay().AsDuration()
		}
	}
	if known {
		return f
	}
	switch s.Code() {
	case codes.Unavailable:
		return Unavailable(err)
	case codes.DeadlineExceeded:
		return &Fault{Code: codes.DeadlineExceeded, Reason: "TOO_SLOW", Message: "this took too long; send it again", cause: err}
	case codes.Canceled:
		return &Fault{Code: codes.Canceled, Reason: "CANCELLED", Message: "the call was given up", cause: err}
	case codes.ResourceExhausted:
		return &Fault{Code: codes.InvalidArgument, Reason: "TOO_LARGE", Message: "this is larger than can be taken", cause: err}
	case codes.Unimplemented:
		return NotFound()
	}
	return Internal(err)
}

// GRPCStatus is the one mapping to gRPC.
func (f *Fault) GRPCStatus() *status.Status {
	s := status.New(f.Code, f.Message)
	info := &errdetails.ErrorInfo{Reason: f.Reason, Domain: Domain, Metadata: f.Facts}
	with, err := s.WithDetails(info)
	if err != nil {
		return s
	}
	if f.Field != "" {
		violation := &errdetails.BadRequest_FieldViolation{Field: f.Field, Description: f.Message}
		if more, err := with.WithDetails(&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{violation}}); err == nil {
			with = more
		}
	}
	if f.RetryAfter > 0 {
		if more, err := with.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(f.RetryAfter)}); err == nil {
			with = more
		}
	}
	return with
}
