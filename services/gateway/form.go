package gateway

import (
	"bytes"
	"encoding/json"
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
	f := &form{text: text, tokens: json.NewDecoder(bytes.NewReader(text)), place: make([]step, 0, 8)}
	f.tokens.UseNumber()
	token, wrong := f.next()
	if wrong != nil {
		return wrong
	}
	if token != json.Delim('{') {
		return wrongType("", "the body must be a JSON object")
	}
	if wrong := f.object(r.body, r.notInBody); wrong != nil {
		return wrong
	}
	if len(bytes.TrimLeft(text[f.tokens.InputOffset():], " \t\r\n")) > 0 {
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
	text   []byte
	tokens *json.Decoder
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

// object reads the rest of an object that becomes the message.
func (f *form) object(of protoreflect.MessageDescriptor, elsewhere map[protoreflect.Name]bool) *fault.Fault {
	fields := of.Fields()
	seen := make([]bool, fields.Len())
	f.place = append(f.place, step{index: -1})
	for f.tokens.More() {
		f.place[len(f.place)-1].name = ""
		token, wrong := f.next()
		if wrong != nil {
			return wrong
		}
		name, ok := token.(string)
		if !ok {
			return notJSON(f.path(), "a field's name must be in quotes")
		}
		f.place[len(f.place)-1].name = short(name)
		fd := fields.ByJSONName(name)
		switch {
		case fd == nil || elsewhere[fd.Name()]:
			return &fault.Fault{
				Code: invalid, Reason: "UNKNOWN_FIELD", Field: f.path(),
				Message: "unknown field " + strconv.Quote(short(name)) + "; names are as in the OpenAPI document",
			}
		case seen[fd.Index()]:
			return &fault.Fault{Code: invalid, Reason: "DUPLICATE_KEY", Field: f.path(), Message: "this key is there twice; which one is meant can't be known"}
		}
		seen[fd.Index()] = true
		if wrong := f.field(fd); wrong != nil {
			return wrong
		}
	}
	f.place = f.place[:len(f.place)-1]
	return f.end('}')
}

// field reads a field's value. null stands for a field that is not there.
func (f *form) field(fd protoreflect.FieldDescriptor) *fault.Fault {
	token, wrong := f.next()
	if wrong != nil {
		return wrong
	}
	if token == nil {
		return nil
	}
	if !fd.IsList() {
		return f.value(fd, token)
	}
	if token != json.Delim('[') {
		return wrongType(f.path(), "must be a list")
	}
	f.place = append(f.place, step{})
	for i := 0; f.tokens.More(); i++ {
		f.place[len(f.place)-1].index = i
		if token, wrong = f.next(); wrong != nil {
			return wrong
		}
		if wrong = f.value(fd, token); wrong != nil {
			return wrong
		}
	}
	f.place = f.place[:len(f.place)-1]
	return f.end(']')
}

// value holds one value against the field's type.
func (f *form) value(fd protoreflect.FieldDescriptor, token json.Token) *fault.Fault {
	switch fd.Kind() {
	case protoreflect.MessageKind:
		if token != json.Delim('{') {
			return wrongType(f.path(), "must be an object")
		}
		return f.object(fd.Message(), nil)
	case protoreflect.BoolKind:
		if _, ok := token.(bool); !ok {
			return wrongType(f.path(), "must be true or false")
		}
	case protoreflect.Int32Kind:
		number, ok := token.(json.Number)
		if !ok {
			return wrongType(f.path(), "must be a whole number")
		}
		if _, err := strconv.ParseInt(number.String(), 10, 32); err != nil {
			return wrongType(f.path(), "must be a whole number of at most 32 bits")
		}
	case protoreflect.EnumKind:
		if name, ok := token.(string); !ok || fd.Enum().Values().ByName(protoreflect.Name(name)) == nil {
			return wrongType(f.path(), "must be one of "+enumNames(fd.Enum()))
		}
	default:
		return f.words(token)
	}
	return nil
}

// words checks a text.
func (f *form) words(token json.Token) *fault.Fault {
	text, ok := token.(string)
	switch {
	case !ok:
		return wrongType(f.path(), "must be text in quotes")
	case strings.IndexByte(text, 0) >= 0:
		return holdsNUL(f.path())
	case strings.ContainsRune(text, utf8.RuneError) && halfPairs(f.text[:f.tokens.InputOffset()], text):
		return &fault.Fault{Code: invalid, Reason: "NOT_UTF8", Field: f.path(), Message: `holds half of a surrogate pair (\ud800 to \udfff), which is no character`}
	}
	return nil
}

// halfPairs says whether the decoder put U+FFFD in place of an escaped half of a surrogate pair: then the text has more
// of them than the string that read ends with.
func halfPairs(read []byte, text string) bool {
	raw := read[:len(read)-1]
	start := len(raw)
	for start > 0 && (raw[start-1] != '"' || escaped(raw[:start-1])) {
		start--
	}
	raw = raw[start:]
	written := bytes.Count(raw, []byte("\uFFFD")) + bytes.Count(bytes.ToLower(raw), []byte(`\ufffd`))
	return strings.Count(text, "\uFFFD") > written
}

// escaped says whether what follows is escaped: an odd number of backslashes stands before it.
func escaped(before []byte) bool {
	return (len(before)-len(bytes.TrimRight(before, `\`)))%2 == 1
}

// next gives the next token.
func (f *form) next() (json.Token, *fault.Fault) {
	token, err := f.tokens.Token()
	if err == nil {
		return token, nil
	}
	if bytes.IndexByte(f.text, 0) >= 0 {
		return nil, holdsNUL(f.path())
	}
	return nil, notJSON(f.path(), "the body is not JSON, first after byte "+strconv.FormatInt(f.tokens.InputOffset(), 10))
}

// end reads the bracket that closes an object or a list.
func (f *form) end(bracket json.Delim) *fault.Fault {
	token, wrong := f.next()
	if wrong == nil && token != bracket {
		return notJSON(f.path(), "a bracket is not closed")
	}
	return wrong
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
