package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/modfile"
)

const (
	mostDependencies       = 39
	mostForNew             = 1
	mostForNewThing        = 3
	constructor            = "New"
	contextPackage, itself = "context", "Context"
)

// dependencies counts the projects that a go.mod requires directly. A project that publishes several modules counts
// once: they are written, reviewed and released together.
func dependencies(manifest []byte) ([]string, error) {
	module, err := modfile.Parse("go.mod", manifest, nil)
	if err != nil {
		return nil, err
	}
	projects := map[string]bool{}
	for _, require := range module.Require {
		if !require.Indirect {
			projects[project(require.Mod.Path)] = true
		}
	}
	if direct := len(projects); direct > mostDependencies {
		return []string{fmt.Sprintf("go.mod: %d direct dependencies, at most %d", direct, mostDependencies)}, nil
	}
	return nil, nil
}

// project is who publishes a module: a repository on a host that many share, else the host with its first folder.
func project(module string) string {
	parts := strings.Split(module, "/")
	switch parts[0] {
	case "go.opentelemetry.io":
		return parts[0]
	case "github.com", "golang.org":
		return strings.Join(parts[:min(len(parts), 3)], "/")
	}
	return strings.Join(parts[:min(len(parts), 2)], "/")
}

// constructors returns a line for each constructor with too many parameters in one file.
func constructors(path string, source []byte) ([]string, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, source, parser.SkipObjectResolution|parser.ParseComments)
	if err != nil || ast.IsGenerated(file) {
		return nil, err
	}
	var findings []string
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || function.Recv != nil || !isConstructor(function.Name.Name) {
			continue
		}
		most := mostForNewThing
		if function.Name.Name == constructor {
			most = mostForNew
		}
		if count := parameters(function); count > most {
			line := files.Position(function.Pos()).Line
			findings = append(findings, fmt.Sprintf("%s:%d: %s takes %d parameters beside a context, at most %d: give it one struct", path, line, function.Name.Name, count, most))
		}
	}
	return findings, nil
}

// isConstructor tells New and NewThing from Newest.
func isConstructor(name string) bool {
	rest, ok := strings.CutPrefix(name, constructor)
	first, _ := utf8.DecodeRuneInString(rest)
	return ok && (rest == "" || !unicode.IsLower(first))
}

// parameters counts what a function takes beside contexts.
func parameters(function *ast.FuncDecl) int {
	count := 0
	for _, field := range function.Type.Params.List {
		if selector, ok := field.Type.(*ast.SelectorExpr); ok && selector.Sel.Name == itself {
			if pkg, ok := selector.X.(*ast.Ident); ok && pkg.Name == contextPackage {
				continue
			}
		}
		count += max(1, len(field.Names))
	}
	return count
}
