// Command ceilings holds the two ceilings that golangci-lint has no rule for, in the module it is run in:
//
//   - A constructor takes one struct: New has at most one parameter beside a context. NewThing, which makes a plain
//     value, has at most three.
//   - The product has under 40 direct dependencies; a project that publishes several modules counts once.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: ceilings FOLDER")
		os.Exit(2)
	}
	findings, err := check(os.DirFS(os.Args[1]))
	if err != nil {
		fmt.Fprintln(os.Stderr, "ceilings:", err)
		os.Exit(2)
	}
	for _, finding := range findings {
		fmt.Fprintln(os.Stderr, finding)
	}
	if len(findings) > 0 {
		os.Exit(1)
	}
}

// check returns a line for each thing above its ceiling in the module at root.
func check(root fs.FS) ([]string, error) {
	manifest, err := fs.ReadFile(root, "go.mod")
	if err != nil {
		return nil, err
	}
	findings, err := dependencies(manifest)
	if err != nil {
		return nil, err
	}
	for _, folder := range []string{"pkg", "services"} {
		err := fs.WalkDir(root, folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := fs.ReadFile(root, path)
			if err != nil {
				return err
			}
			found, err := constructors(path, source)
			findings = append(findings, found...)
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return findings, nil
}
