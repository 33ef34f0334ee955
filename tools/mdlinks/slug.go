package main

import (
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
)

// slug turns a heading's words into an anchor as GitHub does: lower case, spaces as hyphens, other punctuation dropped.
func slug(words string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsNumber(r), unicode.Is(unicode.Mn, r), r == '-', r == '_':
			return unicode.ToLower(r)
		case r == ' ':
			return '-'
		default:
			return -1
		}
	}, strings.TrimSpace(words))
}

// plain returns the words of a node without their markup.
func plain(node ast.Node, source []byte) string {
	var words strings.Builder
	_ = ast.Walk(node, func(inner ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch inner := inner.(type) {
		case *ast.Text:
			words.Write(inner.Segment.Value(source))
		case *ast.String:
			words.Write(inner.Value)
		}
		return ast.WalkContinue, nil
	})
	return words.String()
}
