// Command mdlinks checks the relative links and the anchors in the Markdown files of the repository it is run in.
// It looks at the files that git tracks or would track, opens nothing outside the repository and uses no network:
// a link with a scheme (https:, mailto:) is taken as good.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

func main() {
	root, files, err := markdownFiles()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mdlinks:", err)
		os.Exit(2)
	}
	broken := newChecker(os.DirFS(root)).check(files)
	for _, line := range broken {
		fmt.Fprintln(os.Stderr, line)
	}
	if len(broken) > 0 {
		os.Exit(1)
	}
	fmt.Printf("%d Markdown files\n", len(files))
}

// markdownFiles returns the repository's folder and its Markdown files relative to it.
func markdownFiles() (root string, files []string, err error) {
	top, err := git("rev-parse", "--show-toplevel")
	if err != nil {
		return "", nil, err
	}
	root = strings.TrimSpace(top)
	listed, err := git("-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate", "--", "*.md")
	if err != nil {
		return "", nil, err
	}
	for _, name := range strings.Split(listed, "\x00") {
		if _, err := os.Stat(root + "/" + name); name != "" && err == nil {
			files = append(files, name)
		}
	}
	return root, files, nil
}

func git(arguments ...string) (string, error) {
	out, err := exec.Command("git", arguments...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", strings.Join(arguments, " "), err)
	}
	return string(out), nil
}
