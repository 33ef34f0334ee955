package gateway

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/kithcare/kith/pkg/fault"
)

const (
	// maxDepth is how deep objects and lists may lie in each other.
	maxDepth = 64
	// maxNamed is how much of an unknown field's name is repeated to its sender, in characters.
	maxNamed = 60
)

// checkForm reads a body once, against the message it is to become, and names the first field that is wrong. It says
// nothing about what the fields mean: that is the service's. No answer repeats a value.
func checkForm(r *route, text []byte) *fault.Fault {
	if len(text) == 0 {
		return nil
	}
	if !utf8.Valid(text) {
		return &fault.Fault{Code: invalid, Reason: "NOT_UTF8", Message: "the body is not valid UTF-8, first at byte " + strconv.Itoa(invalidAt(text))}
	}
	if tooDeep(text) {
		return &fault.Fault{Code: invalid, Reason: "TOO_DEEP", Message: fmt.Sprintf("objects and lists may lie at most %d deep in each other", maxDepth)}
	}
	f := &form{scanner: scanner{text: text}, place: make([]step, 0, 8)}
	if !f.take('{') {
		return f.unlike("must be a JSON object")
	}
	if wrong := f.object(r.body, r.notInBody); wrong != nil {
		return wrong
	}
	if f.next(); f.at < len(text) {
		return notJSON("", "there is something after the end of the JSON object")
	}
	return nil
}

// invalidAt finds the first byte that is not UTF-8.
func invalidAt(text []byte) int {
	at := 0
	for at < len(text) {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return at
}

// tooDeep counts brackets outside strings. It runs before anything that takes memory or stack by depth.
func tooDeep(text []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// form is the reading of one body.
type form struct {
	scanner
	// place is where the reading is, for the names of fields.
	place []step
}

// step is a field, or with index ≥ 0 an element of the list in the step before.
type step struct {
	name  string
	index int
}

// path names the present place as told.children[0].name.
func (f *form) path() string {
	var b strings.Builder
	for i, s := range f.place {
		switch {
		case s.index >= 0:
			fmt.Fprintf(&b, "[%d]", s.index)
		case s.name == "":
			// Between an object's fields.
		case i > 0:
			b.WriteString("." + s.name)
		default:
			b.WriteString(s.name)
		}
	}
	return b.String()
}

// object reads an object that becomes the message, after its bracket.
func (f *form) object(of protoreflect.MessageDescriptor, elsewhere map[protoreflect.Name]bool) *fault.Fault {
	fields := of.Fields()
	seen := make([]bool, fields.Len())
	f.place = append(f.place, step{index: -1})
	for first := true; !f.take('}'); first = false {
		f.place[len(f.place)-1].name = ""
		if !first && !f.take(',') {
			return f.broken()
		}
		key, ok := f.quoted()
		if !ok {
			return f.broken()
		}
		name := key.String()
		f.place[len(f.place)-1].name = name
		fd := fields.ByJSONName(name)
		switch {
		case fd == nil || elsewhere[fd.Name()]:
			f.place[len(f.place)-1].name = short(name)
			return &fault.Fault{
				Code: invalid, Reason: "UNKNOWN_FIELD", Field: f.path(),
				Message: "unknown field " + strconv.Quote(short(name)) + "; names are as in the OpenAPI document",
			}
		case seen[fd.Index()]:
			return &fault.Fault{Code: invalid, Reason: "DUPLICATE_KEY", Field: f.path(), Message: "this key is there twice; which one is meant can't be known"}
		case !f.take(':'):
			return f.broken()
		}
		seen[fd.Index()] = true
		if wrong := f.field(fd); wrong != nil {
			return wrong
		}
	}
	f.place = f.place[:len(f.place)-1]
	return nil
}

// field reads a field's value. null stands for a field that is not there.
func (f *form) field(fd protoreflect.FieldDescriptor) *fault.Fault {
	switch {
	case f.word("null"):
		return nil
	case !fd.IsList():
		return f.value(fd)
	case !f.take('['):
		return f.unlike("must be a list")
	}
	f.place = append(f.place, step{})
	for i := 0; !f.take(']'); i++ {
		f.place[len(f.place)-1].index = i
		if i > 0 && !f.take(',') {
			return f.broken()
		}
		if wrong := f.value(fd); wrong != nil {
			return wrong
		}
	}
	f.place = f.place[:len(f.place)-1]
	return nil
}

// value holds one value against the field's type.
func (f *form) value(fd protoreflect.FieldDescriptor) *fault.Fault {
	switch fd.Kind() {
	case protoreflect.MessageKind:
		if !f.take('{') {
			return f.unlike("must be an object")
		}
		return f.object(fd.Message(), nil)
	case protoreflect.BoolKind:
		if !f.word("true") && !f.word("false") {
			return f.unlike("must be true or false")
		}
	case protoreflect.Int32Kind:
		return f.whole()
	case protoreflect.EnumKind:
		return f.oneOf(fd.Enum())
	default:
		return f.words()
	}
	return nil
}

func (f *form) whole() *fault.Fault {
	if c := f.next(); c != '-' && (c < '0' || c > '9') {
		return f.unlike("must be a whole number")
	}
	number, ok := f.number()
	if !ok {
		return f.broken()
	}
	if _, err := strconv.ParseInt(string(number), 10, 32); err != nil {
		return wrongType(f.path(), "must be a whole number of at most 32 bits")
	}
	return nil
}

func (f *form) oneOf(enum protoreflect.EnumDescriptor) *fault.Fault {
	if f.next() != '"' {
		return f.unlike("must be one of " + enumNames(enum))
	}
	name, ok := f.quoted()
	switch {
	case !ok:
		return f.broken()
	case enum.Values().ByName(protoreflect.Name(name.String())) == nil:
		return wrongType(f.path(), "must be one of "+enumNames(enum))
	}
	return nil
}

// words checks a text.
func (f *form) words() *fault.Fault {
	if f.next() != '"' {
		return f.unlike("must be text in quotes")
	}
	text, ok := f.quoted()
	switch {
	case !ok:
		return f.broken()
	case text.nul:
		return holdsNUL(f.path())
	case text.half:
		return &fault.Fault{Code: invalid, Reason: "NOT_UTF8", Field: f.path(), Message: `holds half of a surrogate pair (\ud800 to \udfff), which is no character`}
	}
	return nil
}

// unlike says that a value of another kind stands here, or no value at all.
func (f *form) unlike(message string) *fault.Fault {
	if c := f.next(); c == 0 || strings.IndexByte(`"{[tfn-0123456789`, c) < 0 {
		return f.broken()
	}
	return wrongType(f.path(), message)
}

// broken says that the text is no JSON from here on.
func (f *form) broken() *fault.Fault {
	if f.at < len(f.text) && f.text[f.at] == 0 {
		return holdsNUL(f.path())
	}
	return notJSON(f.path(), "the body is not JSON, first at byte "+strconv.Itoa(f.at))
}

func wrongType(field, message string) *fault.Fault {
	return &fault.Fault{Code: invalid, Reason: "WRONG_TYPE", Field: field, Message: message}
}

func notJSON(field, message string) *fault.Fault {
	return &fault.Fault{Code: invalid, Reason: "NOT_JSON", Field: field, Message: message}
}

func holdsNUL(field string) *fault.Fault {
	return &fault.Fault{Code: invalid, Reason: "NUL", Field: field, Message: "must not contain the character NUL (U+0000)"}
}

// short keeps a name that can be anything to a length that can be read.
func short(name string) string {
	if utf8.RuneCountInString(name) <= maxNamed {
		return name
	}
	return string([]rune(name)[:maxNamed]) + "…"
}

func enumNames(enum protoreflect.EnumDescriptor) string {
	names := make([]string, enum.Values().Len())
	for i := range names {
		names[i] = string(enum.Values().Get(i).Name())
	}
	return strings.Join(names, ", ")
}

// supported says whether checkForm knows every type that a body of this message can hold.
func supported(message protoreflect.MessageDescriptor) error {
	return supportedIn(message, map[protoreflect.FullName]bool{})
}

func supportedIn(message protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool) error {
	if seen[message.FullName()] {
		return nil
	}
	seen[message.FullName()] = true
	for i := range message.Fields().Len() {
		fd := message.Fields().Get(i)
		switch kind := fd.Kind(); {
		case fd.IsMap(), fd.ContainingOneof() != nil, message.ParentFile().Package() == "google.protobuf":
			return fmt.Errorf("gateway: a request body can't be checked with a field like %s yet", fd.FullName())
		case kind == protoreflect.MessageKind:
			if err := supportedIn(fd.Message(), seen); err != nil {
				return err
			}
		case kind == protoreflect.StringKind, kind == protoreflect.BoolKind, kind == protoreflect.Int32Kind, kind == protoreflect.EnumKind:
		default:
			return fmt.Errorf("gateway: a request body can't be checked with a field like %s yet", fd.FullName())
		}
	}
	return nil
}
