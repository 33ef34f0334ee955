package page_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// message is a text of the catalogue: one form, or one for each plural.
type message struct {
	file  string
	forms map[string]string
}

func (m message) plural() bool { return len(m.forms) > 1 }

// gapsIn are the names of what a text leaves open.
func (m message) gapsIn() []string {
	found := map[string]bool{}
	for _, text := range m.forms {
		for _, g := range regexp.MustCompile(`{{\s*\.(\w+)\s*}}`).FindAllStringSubmatch(text, -1) {
			found[g[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// catalogue is every text of a language by its key.
func catalogue(t *testing.T) map[string]message {
	t.Helper()
	files, err := filepath.Glob("words/en/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no texts", err)
	}
	all := map[string]message{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var tree map[string]any
		if err := yaml.Unmarshal(text, &tree); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		flatten(t, all, filepath.Base(file), "", tree)
	}
	return all
}

// reserved are names that the catalogue's reader takes for parts of one text.
var reserved = []string{"id", "description", "hash", "leftdelim", "rightdelim", "zero", "one", "two", "few", "many", "other"}

func flatten(t *testing.T, all map[string]message, file, key string, tree map[string]any) {
	t.Helper()
	if other, ok := tree["other"].(string); ok {
		m := message{file: file, forms: map[string]string{"other": other}}
		for form, text := range tree {
			m.forms[form], _ = text.(string)
		}
		add(t, all, key, m)
		return
	}
	for name, value := range tree {
		under := strings.TrimPrefix(key+"."+name, ".")
		if slices.Contains(reserved, name) {
			t.Errorf("%s: %s: a key can't be called %s", file, under, name)
		}
		switch value := value.(type) {
		case string:
			add(t, all, under, message{file: file, forms: map[string]string{"": value}})
		case map[string]any:
			flatten(t, all, file, under, value)
		default:
			t.Errorf("%s: %s is no text: put quotes around it", file, under)
		}
	}
}

func add(t *testing.T, all map[string]message, key string, m message) {
	t.Helper()
	if before, twice := all[key]; twice {
		t.Errorf("%s is in %s and in %s", key, before.file, m.file)
	}
	all[key] = m
}

// source is a file of the pages as Go reads it, templates as they are generated.
type source struct {
	path string
	file *ast.File
	set  *token.FileSet
}

func (s source) at(n ast.Node) string {
	return s.path + ":" + strconv.Itoa(s.set.Position(n.Pos()).Line)
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		all = append(all, source{path, file, set})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// literal is what a string in quotes says; false for anything else.
func literal(n ast.Expr) (string, bool) {
	l, ok := n.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}

// calls gives every call of a method with one of the names.
func calls(s source, each func(name string, c *ast.CallExpr), names ...string) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if f, ok := c.Fun.(*ast.SelectorExpr); ok && slices.Contains(names, f.Sel.Name) && len(c.Args) > 0 {
			each(f.Sel.Name, c)
		}
		return true
	})
}

func TestEveryTextThatPagesAskForIsThere(t *testing.T) {
	t.Parallel()
	texts := catalogue(t)
	for _, s := range sources(t) {
		calls(s, func(name string, c *ast.CallExpr) {
			key, plain := literal(c.Args[0])
			if !plain {
				return
			}
			m, ok := texts[key]
			switch {
			case !ok:
				t.Errorf("%s: there is no text %s", s.at(c), key)
			case name == "N" && !m.plural():
				t.Errorf("%s: %s has no plural", s.at(c), key)
			case name == "T" && m.plural():
				t.Errorf("%s: %s needs its number: use N", s.at(c), key)
			default:
				if given, known := given(name, c); known && !slices.Equal(given, m.gapsIn()) {
					t.Errorf("%s: %s has the gaps %v and is given %v", s.at(c), key, m.gapsIn(), given)
				}
			}
		}, "T", "N")
	}
}

// given are the gaps that a call fills; false where only the run can tell. A text need not say its number.
func given(name string, c *ast.CallExpr) ([]string, bool) {
	if c.Ellipsis.IsValid() {
		return nil, false
	}
	from, found := 1, []string{}
	if name == "N" {
		from = 2
		found = append(found, "Count")
	}
	for i := from; i+1 < len(c.Args); i += 2 {
		gap, ok := literal(c.Args[i])
		if !ok {
			return nil, false
		}
		found = append(found, gap)
	}
	slices.Sort(found)
	return found, true
}

func TestEveryNoticeIsThere(t *testing.T) {
	t.Parallel()
	texts := catalogue(t)
	for _, s := range sources(t) {
		calls(s, func(_ string, c *ast.CallExpr) {
			if len(c.Args) != 2 {
				return
			}
			key, plain := literal(c.Args[1])
			if _, ok := texts["notice."+key]; plain && key != "" && !ok {
				t.Errorf("%s: there is no text notice.%s", s.at(c), key)
			}
		}, "Go")
	}
}

// Every text is asked for by its key in quotes, or by a beginning of it: in a call, or named in a comment `// words: a.b_*`.
func TestNoTextIsLeftOver(t *testing.T) {
	t.Parallel()
	texts := catalogue(t)
	used := map[string]bool{}
	begins := map[string]string{}
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if l, ok := n.(ast.Expr); ok {
				if text, ok := literal(l); ok {
					used[text] = true
					// The key of a notice stands alone.
					used["notice."+text] = true
				}
			}
			return true
		})
		calls(s, func(_ string, c *ast.CallExpr) {
			if sum, ok := c.Args[0].(*ast.BinaryExpr); ok {
				if text, ok := literal(sum.X); ok && strings.Contains(text, ".") {
					begins[text] = s.at(c)
				}
			}
		}, "T", "N")
		for _, group := range s.file.Comments {
			for _, c := range group.List {
				if begin, ok := strings.CutPrefix(c.Text, "// words: "); ok {
					begins[strings.TrimSuffix(strings.TrimSpace(begin), "*")] = s.at(c)
				}
			}
		}
	}
	answers := map[string]bool{}
	for key, m := range texts {
		for begin := range begins {
			if strings.HasPrefix(key, begin) {
				used[key], answers[begin] = true, true
			}
		}
		if !used[key] {
			t.Errorf("%s: nothing asks for %s", m.file, key)
		}
	}
	for begin, at := range begins {
		if !answers[begin] {
			t.Errorf("%s: no text begins with %s", at, begin)
		}
	}
}

func TestTextsArePlain(t *testing.T) {
	t.Parallel()
	for key, m := range catalogue(t) {
		if _, ok := m.forms["one"]; m.plural() && (!ok || len(m.forms) != 2) || len(m.forms) == 1 && m.forms[""] == "" {
			t.Errorf("%s: English has one and other, %s has %v", m.file, key, slices.Sorted(maps.Keys(m.forms)))
		}
		for _, text := range m.forms {
			if strings.ContainsAny(text, "<>") || strings.Contains(text, "&nbsp;") || strings.Contains(text, "&amp;") {
				t.Errorf("%s: %s holds markup: %s", m.file, key, text)
			}
			// One that only a screen reader says may stand after a word.
			if !strings.HasSuffix(key, "_separator") && strings.TrimSpace(text) != strings.TrimPrefix(text, " ") || strings.Contains(text, "  ") || strings.Contains(text, "\n") {
				t.Errorf("%s: %s has space too much: %q", m.file, key, text)
			}
		}
	}
}

var (
	tag     = regexp.MustCompile(`<[^>]*>`)
	spoken  = regexp.MustCompile(`\s(alt|aria-label|aria-description|aria-roledescription|title|placeholder|label)="[^"\x00]*\pL`)
	letters = regexp.MustCompile(`\pL`)
)

// Every text of a page comes from the catalogue, so that another language can take its place. What templates say by
// themselves is in what they generate.
func TestTemplatesHaveNoWordsOfTheirOwn(t *testing.T) {
	t.Parallel()
	templates := 0
	for _, s := range sources(t) {
		if !strings.HasSuffix(s.path, "_templ.go") {
			continue
		}
		templates++
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			for _, words := range ownWords(f) {
				t.Errorf("%s: %s: %s", s.path, f.Name.Name, words)
			}
		}
	}
	if templates < 4 {
		t.Errorf("only %d templates are generated", templates)
	}
}

// ownWords are what a generated function says by itself.
func ownWords(f *ast.FuncDecl) []string {
	var found []string
	written := writtenBy(f)
	for _, words := range spoken.FindAllString(written, -1) {
		found = append(found, "words in an attribute:"+words+"…")
	}
	for _, between := range tag.Split(written, -1) {
		if letters.MatchString(between) {
			found = append(found, "words in the template: "+strings.Trim(between, " \n\x00"))
		}
	}
	return found
}

func TestWordsInTemplatesAreFound(t *testing.T) {
	t.Parallel()
	const head = "package p\n\nfunc f() {\n"
	for markup, want := range map[string]int{
		`r.WriteString(b, 1, "<p class=\"x\">")` + "\nb.WriteString(templ.EscapeString(v))\n" + `r.WriteString(b, 2, "</p><br/>")`: 0,
		`r.WriteString(b, 1, "<p>Hello</p>")`: 1,
		`r.WriteString(b, 1, "<p>")` + "\nb.WriteString(templ.EscapeString(v))\n" + `r.WriteString(b, 2, ", né</p>")`:                               1,
		`r.WriteString(b, 1, "<img alt=\"A house\">")`:                                                                                              1,
		`r.WriteString(b, 1, "<nav aria-label=\"")` + "\nb.WriteString(templ.EscapeString(v))\n" + `r.WriteString(b, 2, "\" id=\"x\">1 · 2</nav>")`: 0,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "", head+markup+"\n}", 0)
		if err != nil {
			t.Fatal(err)
		}
		if found := ownWords(file.Decls[0].(*ast.FuncDecl)); len(found) != want {
			t.Errorf("%s: found %q", markup, found)
		}
	}
}

// writtenBy is the markup that a generated function writes itself, with a zero where something is filled in.
func writtenBy(f *ast.FuncDecl) string {
	var b strings.Builder
	ast.Inspect(f, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		called, ok := c.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if called.Sel.Name == "WriteString" && len(c.Args) == 3 {
			text, _ := literal(c.Args[2])
			b.WriteString(text)
		} else if called.Sel.Name == "EscapeString" {
			b.WriteByte(0)
		}
		return true
	})
	return b.String()
}
