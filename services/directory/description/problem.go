package description

import (
	"cmp"
	"fmt"
	"slices"
)

// Problem is one thing that keeps a description from being imported.
type Problem struct {
	// File is the file to look in: the description itself or a file it names.
	File string
	// Line counts from 1; 0 means the file as a whole.
	Line int
	// Reason is one plain sentence that says what is wrong, and where it helps what to write instead.
	Reason string
}

// String is the problem as one line for a terminal: file, line, reason.
func (p Problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Reason)
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Reason)
}

func sortProblems(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}
