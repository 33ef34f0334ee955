package gateway

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/kithcare/kith/pkg/fault"
)

// checkQuery holds the query against the method's parameters. The mux would pass over what it does not know, and
// repeat what it can't read.
func (r *route) checkQuery(req *http.Request) *fault.Fault {
	if req.URL.RawQuery == "" {
		return nil
	}
	values, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		return notJSON("", "the query can't be read: percent signs start an escaped byte, and parameters are joined by &")
	}
	for name, told := range values {
		fd := r.query[name]
		switch {
		case fd == nil:
			return &fault.Fault{
				Code: invalid, Reason: "UNKNOWN_FIELD", Field: short(strings.ToValidUTF8(name, "�")),
				Message: "this method has no such parameter; names are as in the OpenAPI document",
			}
		case len(told) > 1:
			return &fault.Fault{Code: invalid, Reason: "DUPLICATE_KEY", Field: name, Message: "this parameter is there twice; which one is meant can't be known"}
		}
		if wrong := checkParameter(fd, told[0]); wrong != nil {
			return wrong
		}
	}
	return nil
}

func checkParameter(fd protoreflect.FieldDescriptor, told string) *fault.Fault {
	name := fd.JSONName()
	switch fd.Kind() {
	case protoreflect.BoolKind:
		if told != "true" && told != "false" {
			return wrongType(name, "must be true or false")
		}
	case protoreflect.Int32Kind:
		if _, err := strconv.ParseInt(told, 10, 32); err != nil {
			return wrongType(name, "must be a whole number of at most 32 bits")
		}
	case protoreflect.EnumKind:
		if fd.Enum().Values().ByName(protoreflect.Name(told)) == nil {
			return wrongType(name, "must be one of "+enumNames(fd.Enum()))
		}
	default:
		if !utf8.ValidString(told) {
			return &fault.Fault{Code: invalid, Reason: "NOT_UTF8", Field: name, Message: "must be UTF-8"}
		}
		if strings.IndexByte(told, 0) >= 0 {
			return holdsNUL(name)
		}
	}
	return nil
}
