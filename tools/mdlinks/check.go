package main

import (
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// checker reads each page once.
type checker struct {
	root  fs.FS
	pages map[string]page
}

// page is what links need to know of a Markdown file.
type page struct {
	anchors map[string]bool
	links   []string
}

func newChecker(root fs.FS) *checker {
	return &checker{root: root, pages: map[string]page{}}
}

// check returns a line for each link that leads nowhere, in the order of the files.
func (c *checker) check(files []string) []string {
	var broken []string
	for _, file := range files {
		this, err := c.page(file)
		if err != nil {
			broken = append(broken, fmt.Sprintf("%s: %v", file, err))
			continue
		}
		for _, link := range this.links {
			if reason := c.follow(file, link); reason != "" {
				broken = append(broken, fmt.Sprintf("%s: %s: %s", file, link, reason))
			}
		}
	}
	return broken
}

// follow returns why the link leads nowhere, or "".
func (c *checker) follow(file, link string) string {
	target, err := url.Parse(link)
	if err != nil {
		return "not a link"
	}
	if target.Scheme != "" || target.Host != "" {
		return ""
	}
	name := file
	if target.Path != "" {
		name = path.Join(path.Dir(file), target.Path)
	}
	if strings.HasPrefix(target.Path, "/") || !fs.ValidPath(name) {
		return "leads out of the repository"
	}
	if _, err := fs.Stat(c.root, name); err != nil {
		return "no such file"
	}
	if target.Fragment == "" || path.Ext(name) != ".md" {
		return ""
	}
	there, err := c.page(name)
	if err != nil {
		return err.Error()
	}
	if !there.anchors[target.Fragment] {
		return "no such heading"
	}
	return ""
}

func (c *checker) page(name string) (page, error) {
	if known, ok := c.pages[name]; ok {
		return known, nil
	}
	source, err := fs.ReadFile(c.root, name)
	if err != nil {
		return page{}, err
	}
	read := parse(source)
	c.pages[name] = read
	return read, nil
}

func parse(source []byte) page {
	read := page{anchors: map[string]bool{}}
	markdown := goldmark.New(goldmark.WithExtensions(extension.GFM))
	_ = ast.Walk(markdown.Parser().Parse(text.NewReader(source)), func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch node := node.(type) {
		case *ast.Heading:
			read.addHeading(plain(node, source))
		case *ast.Link:
			read.links = append(read.links, string(node.Destination))
		case *ast.Image:
			read.links = append(read.links, string(node.Destination))
		}
		return ast.WalkContinue, nil
	})
	return read
}

// addHeading adds the anchor that GitHub gives a heading: a second heading of the same words gets -1, a third -2.
func (p *page) addHeading(words string) {
	base := slug(words)
	anchor := base
	for n := 1; p.anchors[anchor]; n++ {
		anchor = fmt.Sprintf("%s-%d", base, n)
	}
	p.anchors[anchor] = true
}
