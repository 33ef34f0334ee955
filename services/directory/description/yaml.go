package description

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

const (
	maxDescription = 4 << 20 // bytes; a council of 2,000 people needs about 1 MB
	maxLine        = 8 << 10 // bytes
	maxDepth       = 100     // brackets open at once
)

// document is the file while it is being read; it gathers every problem instead of stopping at the first, which is why
// the tree is walked here rather than decoded by the YAML library.
type document struct {
	name     string
	problems []Problem
}

func (d *document) problem(line int, format string, args ...any) {
	d.problems = append(d.problems, Problem{File: d.name, Line: line, Reason: fmt.Sprintf(format, args...)})
}

// parse answers the file's one mapping, or nil with the problem noted.
func (d *document) parse(r io.Reader) *entry {
	text, err := io.ReadAll(io.LimitReader(r, maxDescription+1))
	if err != nil {
		d.problem(0, "The file can't be read: %v.", err)
		return nil
	}
	// A Windows line end counts twice in the parser's line numbers.
	text = bytes.ReplaceAll(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("\r\n"), []byte("\n"))
	if !d.readable(text) {
		return nil
	}
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if syntax := (*yaml.SyntaxError)(nil); errors.As(err, &syntax) {
		d.problem(syntax.Token.Position.Line, "This is not YAML: %s.", syntax.Message)
		return nil
	}
	if err != nil {
		d.problem(0, "This is not YAML: %v.", err)
		return nil
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		d.problem(1, "The file must hold one YAML document and this one holds none or several.")
		return nil
	}
	return d.entry(file.Docs[0].Body, "description")
}

// readable refuses what nobody writes into a description: too much, bytes that are not UTF-8, control characters, and the
// endless lines and nesting that would keep the parser busy for hours.
func (d *document) readable(text []byte) bool {
	if len(text) > maxDescription {
		d.problem(0, "The file is larger than %d MB.", maxDescription>>20)
		return false
	}
	depth := 0
	for i, line := range bytes.Split(text, []byte("\n")) {
		depth += bytes.Count(line, []byte("[")) + bytes.Count(line, []byte("{"))
		depth -= bytes.Count(line, []byte("]")) + bytes.Count(line, []byte("}"))
		control := bytes.IndexFunc(line, func(r rune) bool { return r < ' ' && r != '\t' })
		switch {
		case !utf8.Valid(line):
			d.problem(i+1, "This line holds bytes that are not UTF-8 text; save the file as UTF-8.")
		case control >= 0:
			d.problem(i+1, "This line holds a control character (%#02x).", line[control])
		case len(line) > maxLine:
			d.problem(i+1, "This line is longer than %d bytes.", maxLine)
		case depth > maxDepth:
			d.problem(i+1, "More than %d brackets are open on this line.", maxDepth)
		default:
			continue
		}
		return false
	}
	return true
}

// field is one `name: value` of a mapping.
type field struct {
	line int
	node ast.Node
}

// entry is one mapping of the file. It hands out its fields by name, notes a problem for each that does not fit, and
// finish names those that nobody asked for.
type entry struct {
	doc    *document
	what   string // a word for sentences: "person"
	line   int
	fields map[string]field
	asked  []string
	flow   bool // written in { }
	absent bool // already told of, so nothing more is said about its fields
}

// entry reads node as a mapping. What is no mapping is noted, and gives an entry without fields.
func (d *document) entry(node ast.Node, what string) *entry {
	e := &entry{doc: d, what: what, line: lineOf(node), fields: map[string]field{}}
	mapping, ok := node.(*ast.MappingNode)
	if !ok {
		d.problem(e.line, "The %s must be a list of fields, as `name: value`.", what)
		e.absent = true
		return e
	}
	e.flow = mapping.IsFlowStyle
	if len(mapping.Values) > 0 {
		e.line = lineOf(mapping.Values[0].Key)
	}
	for _, pair := range mapping.Values {
		e.add(pair)
	}
	return e
}

func (e *entry) add(pair *ast.MappingValueNode) {
	line := lineOf(pair.Key)
	if _, merge := pair.Key.(*ast.MergeKeyNode); merge {
		e.doc.problem(line, "A merge (`<<`) is not read here; write the fields out.")
		return
	}
	name := literal(pair.Key)
	if first, twice := e.fields[name]; twice {
		e.doc.problem(line, "The field `%s` stands twice in this %s; the first is on line %d.", name, e.what, first.line)
		return
	}
	e.fields[name] = field{line: line, node: pair.Value}
}

// finish notes every field that this kind of entry does not have.
func (e *entry) finish() {
	if e.absent {
		return
	}
	for name, f := range e.fields {
		if slices.Contains(e.asked, name) {
			continue
		}
		if _, null := f.node.(*ast.NullNode); null && e.flow {
			e.doc.problem(f.line, "`%s` is not a field of this %s; in { } a comma begins a new field, so put text with a comma in quotes.", name, e.what)
			continue
		}
		e.doc.problem(f.line, "`%s` is not a field of this %s; its fields are %s.", name, e.what, strings.Join(e.asked, ", "))
	}
}

// at is the line of a field, or of the entry where the field is not there.
func (e *entry) at(name string) int {
	if f, ok := e.fields[name]; ok {
		return f.line
	}
	return e.line
}

// find answers a field's node; nil when the field is missing or empty, as in `until:`.
func (e *entry) find(name string) ast.Node {
	if !slices.Contains(e.asked, name) {
		e.asked = append(e.asked, name)
	}
	f, ok := e.fields[name]
	if !ok {
		return nil
	}
	if _, null := f.node.(*ast.NullNode); null {
		return nil
	}
	return f.node
}

func (e *entry) missing(name string) {
	if !e.absent {
		e.doc.problem(e.at(name), "The %s needs the field `%s`.", e.what, name)
	}
}

// lineOf is where a node begins.
func lineOf(node ast.Node) int {
	switch n := node.(type) {
	case nil:
		return 1
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return lineOf(n.Values[0].Key)
		}
	case *ast.SequenceNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return lineOf(n.Values[0])
		}
	}
	if token := node.GetToken(); token != nil && token.Position != nil {
		return token.Position.Line
	}
	return 0
}

// literal is a scalar as it is written. Numbers keep their form, so that a telephone number may stand without quotes.
func literal(node ast.Node) string {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	default:
		return node.GetToken().Value
	}
}
