package page

import "strconv"

// Field says how a field of a form looks. Label and Hint are texts, not keys.
type Field struct {
	// Name is the field's in the API, such as told.children[0].name; it is also its id.
	Name, Label, Hint string
	// Type is the input's: text (the default), email, tel, date, datetime-local, password.
	Type string
	// Width is the input's, in characters: 2, 3, 4, 5, 10, 20; 0 for all of it.
	Width int
	// Rows is a text area's height; 0 means 5.
	Rows int
	// Autocomplete and Inputmode are HTML's.
	Autocomplete, Inputmode string
	// Heading makes the label as large as a heading: s, m, l, or empty.
	Heading string
	// Inline puts radios side by side.
	Inline bool
	// Small makes radios and ticks small, for lists of many.
	Small bool
	// HideLabel keeps the label for screen readers alone, where a table's head shows it.
	HideLabel bool
}

// Choice is one of several.
type Choice struct{ Value, Text, Hint string }

func (x Field) kind() string {
	if x.Type == "" {
		return "text"
	}
	return x.Type
}

func (x Field) width() string {
	if x.Width == 0 {
		return ""
	}
	return "govuk-input--width-" + strconv.Itoa(x.Width)
}

func (x Field) rows() string {
	if x.Rows == 0 {
		return "5"
	}
	return strconv.Itoa(x.Rows)
}

func (x Field) label() string {
	switch {
	case x.HideLabel:
		return "govuk-visually-hidden"
	case x.Heading != "":
		return "govuk-label--" + x.Heading
	default:
		return ""
	}
}

func (x Field) legend() string {
	switch {
	case x.HideLabel:
		return "govuk-visually-hidden"
	case x.Heading != "":
		return "govuk-fieldset__legend--" + x.Heading
	default:
		return "govuk-fieldset__legend--s"
	}
}

// describedBy names the elements that tell more of a field.
func describedBy(f *Form, x Field) string {
	ids := ""
	if x.Hint != "" {
		ids = x.Name + "-hint"
	}
	if f.ProblemAt(x.Name) != "" {
		ids += " " + x.Name + "-error"
	}
	return ids
}

// choiceID is the id of one of several; the first has the field's own, so that an error summary leads to it.
func choiceID(x Field, i int) string {
	if i == 0 {
		return x.Name
	}
	return x.Name + "-" + strconv.Itoa(i+1)
}
