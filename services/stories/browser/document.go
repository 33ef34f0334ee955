package browser

import (
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
)

// node is an element of a page, or a text where it has no name.
type node struct {
	name       string
	attributes []xml.Attr
	text       string
	children   []*node
}

// read reads what a page's templates give: their elements are closed, or never are, so that a reader of loose XML is
// enough.
func read(text string) (*node, error) {
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	open := []*node{{}}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return open[0], nil
		}
		if err != nil {
			return nil, err
		}
		top := open[len(open)-1]
		switch x := token.(type) {
		case xml.StartElement:
			n := &node{name: x.Name.Local, attributes: x.Copy().Attr}
			top.children = append(top.children, n)
			open = append(open, n)
		case xml.EndElement:
			open = open[:max(1, len(open)-1)]
		case xml.CharData:
			top.children = append(top.children, &node{text: string(x)})
		}
	}
}

// Text is what the page says, with single spaces, without scripts and hidden fields.
func (p *Page) Text() string {
	var b strings.Builder
	walk(p.doc, func(n *node) bool {
		if n.name == "" {
			b.WriteString(n.text)
			b.WriteByte(' ')
		}
		return !slices.Contains([]string{"script", "style", "head", "template"}, n.name)
	})
	return strings.Join(strings.Fields(b.String()), " ")
}

// Sees fails the test unless the page says all these texts.
func (p *Page) Sees(texts ...string) *Page {
	p.t.Helper()
	all := p.Text()
	for _, text := range texts {
		if !strings.Contains(all, strings.Join(strings.Fields(text), " ")) {
			p.t.Errorf("%s (%d) does not say %q; it says: %s", p.URL.Path, p.Status, text, all)
		}
	}
	return p
}

// DoesNotSee fails the test where the page says one of these texts.
func (p *Page) DoesNotSee(texts ...string) *Page {
	p.t.Helper()
	all := p.Text()
	for _, text := range texts {
		if strings.Contains(all, strings.Join(strings.Fields(text), " ")) {
			p.t.Errorf("%s (%d) says %q: %s", p.URL.Path, p.Status, text, all)
		}
	}
	return p
}

// Answered fails the test unless the page came with this status.
func (p *Page) Answered(status int) *Page {
	p.t.Helper()
	if p.Status != status {
		p.t.Fatalf("%s answered %d, not %d: %s", p.URL.Path, p.Status, status, p.Text())
	}
	return p
}

// Title is the browser tab's text.
func (p *Page) Title() string { return first(p.doc, "title") }

// Heading is the first heading.
func (p *Page) Heading() string { return first(p.doc, "h1") }

func first(doc *node, element string) string {
	found := ""
	walk(doc, func(n *node) bool {
		if n.name == element && found == "" {
			found = textOf(n)
		}
		return found == ""
	})
	return found
}

// Links are the addresses that the page leads to.
func (p *Page) Links() []string {
	var all []string
	walk(p.doc, func(n *node) bool {
		if n.name == "a" {
			if to, ok := attribute(n, "href"); ok {
				all = append(all, to)
			}
		}
		return true
	})
	return all
}

// Forms are the addresses that the page's forms go to.
func (p *Page) Forms() []string {
	var all []string
	walk(p.doc, func(n *node) bool {
		if n.name == "form" {
			to, _ := attribute(n, "action")
			all = append(all, to)
		}
		return true
	})
	return all
}

// Form is what the page's form to a path would send as it stands; false where there is none.
func (p *Page) Form(path string) (url.Values, bool) {
	var form *node
	walk(p.doc, func(n *node) bool {
		if to, ok := attribute(n, "action"); ok && n.name == "form" && to == path && form == nil {
			form = n
		}
		return form == nil
	})
	if form == nil {
		return nil, false
	}
	values := url.Values{}
	walk(form, func(n *node) bool {
		name, named := attribute(n, "name")
		if !named {
			return true
		}
		switch n.name {
		case "input":
			inputValue(n, name, values)
		case "textarea":
			// A browser sends line breaks as two characters.
			values.Add(name, strings.ReplaceAll(textIn(n), "\n", "\r\n"))
		case "select":
			values.Add(name, selected(n))
		}
		return true
	})
	return values, true
}

func inputValue(n *node, name string, values url.Values) {
	kind, _ := attribute(n, "type")
	value, _ := attribute(n, "value")
	switch kind {
	case "submit", "button", "image", "reset", "file":
	case "radio", "checkbox":
		if _, on := attribute(n, "checked"); on {
			values.Add(name, value)
		}
	default:
		values.Add(name, value)
	}
}

func selected(n *node) string {
	value, firstValue, seen := "", "", false
	walk(n, func(o *node) bool {
		if o.name == "option" {
			v, given := attribute(o, "value")
			if !given {
				v = textOf(o)
			}
			if !seen {
				firstValue, seen = v, true
			}
			if _, on := attribute(o, "selected"); on {
				value = v
			}
		}
		return true
	})
	if value == "" {
		return firstValue
	}
	return value
}

// walk visits a tree from its top; what visit returns says whether to go on below.
func walk(n *node, visit func(*node) bool) {
	if !visit(n) {
		return
	}
	for _, c := range n.children {
		walk(c, visit)
	}
}

func attribute(n *node, name string) (string, bool) {
	for _, a := range n.attributes {
		if a.Name.Local == name {
			return a.Value, true
		}
	}
	return "", false
}

func textIn(n *node) string {
	var b strings.Builder
	walk(n, func(c *node) bool {
		if c.name == "" {
			b.WriteString(c.text)
		}
		return true
	})
	return b.String()
}

func textOf(n *node) string { return strings.Join(strings.Fields(textIn(n)), " ") }
