package description

import (
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// scalar reads node as text. What is no text is noted with the name of what it should have been.
func (d *document) scalar(node ast.Node, name string) (string, bool) {
	switch node.(type) {
	case *ast.StringNode, *ast.LiteralNode, *ast.IntegerNode, *ast.FloatNode:
		return strings.TrimSpace(literal(node)), true
	case *ast.BoolNode:
		d.problem(lineOf(node), "`%s` must be text; put `%s` in quotes if it is meant as a word.", name, literal(node))
	case *ast.AnchorNode, *ast.AliasNode:
		d.problem(lineOf(node), "`%s` uses an anchor or alias, which is not read here; write the value out.", name)
	case *ast.TagNode:
		d.problem(lineOf(node), "`%s` uses a tag (`!`), which is not read here; write the plain value.", name)
	default:
		d.problem(lineOf(node), "`%s` must be one piece of text.", name)
	}
	return "", false
}

// text is a field that must be there; answers "" when it is missing or does not fit, with the problem noted.
func (e *entry) text(name string, fits Form) string {
	if e.find(name) == nil {
		e.missing(name)
		return ""
	}
	return e.optional(name, fits)
}

// optional is a field that may be left out.
func (e *entry) optional(name string, fits Form) string {
	node := e.find(name)
	if node == nil {
		return ""
	}
	value, ok := e.doc.scalar(node, name)
	if !ok {
		return ""
	}
	if want := fits(value); want != "" {
		e.doc.problem(lineOf(node), "`%s` must be %s.", name, want)
		return ""
	}
	return value
}

// flag is true, false, or left out for false.
func (e *entry) flag(name string) bool {
	node := e.find(name)
	if node == nil {
		return false
	}
	if b, ok := node.(*ast.BoolNode); ok {
		return b.Value
	}
	e.doc.problem(lineOf(node), "`%s` must be true or false.", name)
	return false
}

// whole is a whole number within limits, and otherwise when it is left out.
func (e *entry) whole(name string, least, most, otherwise int) int {
	n, err := strconv.Atoi(e.optional(name, func(s string) string {
		if n, err := strconv.Atoi(s); err != nil || n < least || n > most {
			return "a whole number from " + strconv.Itoa(least) + " to " + strconv.Itoa(most)
		}
		return ""
	}))
	if err != nil {
		return otherwise
	}
	return n
}

// share is above 0 and at most 1, and 1 when it is left out.
func (e *entry) share(name string) float64 {
	f, err := strconv.ParseFloat(e.optional(name, func(s string) string {
		if f, err := strconv.ParseFloat(s, 64); err != nil || !(f > 0 && f <= 1) {
			return "a number above 0 and at most 1"
		}
		return ""
	}), 64)
	if err != nil {
		return 1
	}
	return f
}

// clock is a time of day that must be there.
func (e *entry) clock(name string) TimeOfDay {
	t, _ := ReadTimeOfDay(e.text(name, func(s string) string {
		_, want := ReadTimeOfDay(s)
		return want
	}))
	return t
}

// ReadTimeOfDay reads a clock time; want says how it must look where it is none.
func ReadTimeOfDay(s string) (t TimeOfDay, want string) {
	at, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return 0, "a time of day, as \"09:00\""
	}
	return TimeOfDay(at.Hour()*60 + at.Minute()), ""
}

// ADay is a day of the calendar.
func ADay(s string) string {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "a day of the calendar, as 2026-03-02"
	}
	return ""
}

// day is an optional day of the calendar, at 00:00 UTC.
func (e *entry) day(name string) *time.Time {
	t, err := time.Parse(time.DateOnly, e.optional(name, ADay))
	if err != nil {
		return nil
	}
	return &t
}

// moment is an optional instant: a day means its midnight at home.
func (e *entry) moment(name string, home *time.Location) *time.Time {
	read := func(s string) (time.Time, error) {
		if t, err := time.ParseInLocation(time.DateOnly, s, home); err == nil {
			return t.UTC(), nil
		}
		t, err := time.Parse(time.RFC3339, s)
		return t.UTC(), err
	}
	t, err := read(e.optional(name, func(s string) string {
		if _, err := read(s); err != nil {
			return "a day, as 2026-03-02, or a time with its offset, as 2026-03-02T09:00:00Z"
		}
		return ""
	}))
	if err != nil {
		return nil
	}
	return &t
}

// child is a mapping that must be there.
func (e *entry) child(name, what string) *entry {
	node := e.find(name)
	if node == nil {
		e.missing(name)
		return &entry{doc: e.doc, what: what, line: e.at(name), absent: true}
	}
	return e.doc.entry(node, what)
}

// items is a list that may be left out.
func (e *entry) items(name string) []ast.Node {
	node := e.find(name)
	if node == nil {
		return nil
	}
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		e.doc.problem(lineOf(node), "`%s` must be a list, each item on a line of its own after a hyphen, or all in [ ].", name)
		return nil
	}
	return list.Values
}

// entries is a list of mappings that may be left out.
func (e *entry) entries(name, what string) []*entry {
	var list []*entry
	for _, node := range e.items(name) {
		list = append(list, e.doc.entry(node, what))
	}
	return list
}

// line is a text of the file and where it stands.
type line struct {
	text string
	at   int
}

// texts is a list of texts that may be left out; the same one twice is noted.
func (e *entry) texts(name string, read func(string) (string, string)) []line {
	var list []line
	seen := map[string]int{}
	for _, node := range e.items(name) {
		value, ok := e.doc.scalar(node, name)
		if !ok {
			continue
		}
		value, want := read(value)
		if want != "" {
			e.doc.problem(lineOf(node), "Each of `%s` must be %s, and this is not: %q.", name, want, literal(node))
			continue
		}
		if first, twice := seen[value]; twice {
			e.doc.problem(lineOf(node), "`%s` names %s twice in one %s; the first is on line %d.", name, value, e.what, first)
			continue
		}
		seen[value] = lineOf(node)
		list = append(list, line{text: value, at: lineOf(node)})
	}
	return list
}
