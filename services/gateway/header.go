package gateway

import (
	"context"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/pkg/rpc"
)

// maxKey is the longest Idempotency-Key, in characters: as long as request_id in the protos.
const maxKey = 200

// headers takes the Idempotency-Key and If-Match.
func (c *call) headers(r *http.Request) *fault.Fault {
	if c.route.etag != nil {
		tag := strings.TrimPrefix(r.Header.Get("If-Match"), "W/")
		c.etag = strings.Trim(tag, `"`)
		if !plain(c.etag) {
			return malformedHeader("If-Match", "must hold the etag that was read, in quotes")
		}
	}
	if c.route.requestID == nil {
		return nil
	}
	keys := r.Header.Values("Idempotency-Key")
	switch {
	case len(keys) == 0 || keys[0] == "":
		return &fault.Fault{
			Code: invalid, Reason: "KEY_MISSING", Field: "Idempotency-Key",
			Message: "send the header Idempotency-Key: a new value for every new thing, the same on every retry",
		}
	case len(keys) > 1:
		return malformedHeader("Idempotency-Key", "must be sent once")
	case utf8.RuneCountInString(keys[0]) > maxKey:
		return malformedHeader("Idempotency-Key", "must have at most 200 characters")
	case !plain(keys[0]):
		return malformedHeader("Idempotency-Key", "must be UTF-8 without control characters")
	}
	c.key = keys[0]
	return nil
}

func malformedHeader(name, message string) *fault.Fault {
	return &fault.Fault{Code: invalid, Reason: "HEADER_MALFORMED", Field: name, Message: message}
}

func plain(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// conn is a connection on which the call's key and etag go into the message.
type conn struct{ grpc.ClientConnInterface }

// Invoke sends the call.
func (c conn) Invoke(ctx context.Context, method string, request, reply any, options ...grpc.CallOption) error {
	call := callOf(ctx)
	message, ok := request.(proto.Message)
	if call == nil || !ok {
		return fault.NotFound()
	}
	call.fill(message.ProtoReflect())
	if call.overLimit {
		ctx = rpc.MarkOverLimit(ctx)
	}
	call.sent = true
	return c.ClientConnInterface.Invoke(ctx, method, request, reply, options...)
}

// fill sets what came in headers: the key, whatever the body said; the etag, where the body has none.
func (c *call) fill(m protoreflect.Message) {
	if c.route.requestID != nil {
		m.Set(c.route.requestID, protoreflect.ValueOfString(c.key))
	}
	if c.route.etag != nil && c.etag != "" && !m.Has(c.route.etag) {
		m.Set(c.route.etag, protoreflect.ValueOfString(c.etag))
	}
}
