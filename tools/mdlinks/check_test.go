package main

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	other := "# Kith: the `up` command & *more*\n## Twice\n## Twice\n"
	cases := map[string]struct{ text, want string }{
		"a file":                          {"[a](other.md)", ""},
		"a folder":                        {"[a](docs/)", ""},
		"a file in a folder":              {"[a](docs/deep.md)", ""},
		"another's heading":               {"[a](other.md#kith-the-up-command--more)", ""},
		"the second of two headings":      {"[a](other.md#twice-1)", ""},
		"its own heading":                 {"# Here\n[a](#here)", ""},
		"the web":                         {"[a](https://example.org/nothing#x) <mailto:a@example.org>", ""},
		"a line of a Go file":             {"[a](main.go#L3)", ""},
		"code is no link":                 {"`[a](missing.md)`\n\n```\n[a](missing.md)\n```\n", ""},
		"a file that is not there":        {"[a](missing.md)", "README.md: missing.md: no such file"},
		"an image that is not there":      {"![a](missing.png)", "README.md: missing.png: no such file"},
		"a link by reference":             {"[a][b]\n\n[b]: missing.md\n", "README.md: missing.md: no such file"},
		"in a table":                      {"| a |\n|---|\n| [a](missing.md) |\n", "README.md: missing.md: no such file"},
		"a heading that is not there":     {"[a](other.md#nowhere)", "README.md: other.md#nowhere: no such heading"},
		"a third of two headings":         {"[a](other.md#twice-2)", "README.md: other.md#twice-2: no such heading"},
		"its own heading that is missing": {"# Here\n[a](#there)", "README.md: #there: no such heading"},
		"a heading in code is none":       {"```\n# Here\n```\n[a](#here)", "README.md: #here: no such heading"},
		"out of the repository":           {"[a](../else.md)", "README.md: ../else.md: leads out of the repository"},
		"from the top of the file system": {"[a](/other.md)", "README.md: /other.md: leads out of the repository"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := fstest.MapFS{
				"README.md":    {Data: []byte(c.text)},
				"other.md":     {Data: []byte(other)},
				"docs/deep.md": {Data: []byte("[up](../README.md)")},
				"main.go":      {Data: []byte("package main\n")},
			}
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			assert.Equal(t, want, newChecker(root).check([]string{"README.md", "docs/deep.md"}))
		})
	}
}
