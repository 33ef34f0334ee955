package description

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

const maxFileProblems = 20 // a file in the wrong form would otherwise be listed whole

// place is one line of the postcode file. Located is false where the file gives no grid reference.
type place struct {
	postcode Postcode
	at       orb.Point
	located  bool
}

// postcodeFile streams a postcode directory of the Office for National Statistics and keeps one line at a time, so that
// the national file may be given as it is: only the lines of one council are used.
type postcodeFile struct {
	name     string
	rows     *csv.Reader
	columns  struct{ postcode, east, north, council int }
	problems []Problem
}

func (f *postcodeFile) problem(format string, args ...any) {
	line := 0
	if f.rows.InputOffset() > 0 {
		line, _ = f.rows.FieldPos(0)
	}
	f.problems = append(f.problems, Problem{File: f.name, Line: line, Reason: fmt.Sprintf(format, args...)})
}

// each calls use for every line of the council, in the file's order, and answers what is wrong with the file.
func (f *postcodeFile) each(r io.Reader, gss string, use func(place)) []Problem {
	f.rows = csv.NewReader(r)
	f.rows.ReuseRecord = true
	header, err := f.rows.Read()
	if err != nil {
		return []Problem{{File: f.name, Line: 1, Reason: "The file has no line of column names, as pcd,oseast1m,osnrth1m,laua."}}
	}
	if !f.find(header) {
		return f.problems
	}
	seen := map[Postcode]bool{}
	for len(f.problems) < maxFileProblems {
		row, err := f.rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if wrong := (*csv.ParseError)(nil); errors.As(err, &wrong) {
			f.problems = append(f.problems, Problem{File: f.name, Line: wrong.Line, Reason: fmt.Sprintf("This line is not CSV: %v.", wrong.Err)})
			return f.problems
		}
		if err != nil {
			f.problems = append(f.problems, Problem{File: f.name, Reason: fmt.Sprintf("The file can't be read: %v.", err)})
			return f.problems
		}
		if row[f.columns.council] == gss {
			f.useRow(row, seen, use)
		}
	}
	if len(seen) == 0 && len(f.problems) == 0 {
		f.problems = []Problem{{File: f.name, Reason: fmt.Sprintf("The file has no postcode of the council %s.", gss)}}
	}
	return f.problems
}

// find settles the columns by their names, of which the directory's editions have used several.
func (f *postcodeFile) find(header []string) bool {
	header = slices.Clone(header)
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	column := func(names ...string) int {
		for i, title := range header {
			if slices.Contains(names, strings.ToLower(strings.TrimSpace(title))) {
				return i
			}
		}
		f.problem("The column %s is missing.", names[0])
		return 0
	}
	f.columns.postcode = column("pcd", "pcds", "pcd7")
	f.columns.east = column("oseast1m", "east1m")
	f.columns.north = column("osnrth1m", "north1m")
	f.columns.council = column("laua", "oslaua")
	return len(f.problems) == 0
}

func (f *postcodeFile) useRow(row []string, seen map[Postcode]bool, use func(place)) {
	p, ok := ParsePostcode(row[f.columns.postcode])
	if !ok {
		f.problem("%q is not a full postcode.", row[f.columns.postcode])
		return
	}
	if seen[p] {
		f.problem("The postcode %s stands in the file twice.", p)
		return
	}
	seen[p] = true
	east, north := row[f.columns.east], row[f.columns.north]
	if east == "" && north == "" {
		use(place{postcode: p})
		return
	}
	x, errEast := strconv.ParseFloat(east, 64)
	y, errNorth := strconv.ParseFloat(north, 64)
	if errEast != nil || errNorth != nil || !(x >= 0 && x < 700_000 && y >= 0 && y < 1_300_000) {
		f.problem("The postcode %s has no National Grid reference in metres but %q, %q.", p, east, north)
		return
	}
	use(place{postcode: p, at: orb.Point{x, y}, located: true})
}
