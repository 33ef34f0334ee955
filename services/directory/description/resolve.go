package description

import (
	"cmp"
	"io"
	"maps"
	"slices"

	"github.com/paulmach/orb"
)

// doubtfulMetres is how near to another team's ward a postcode is listed: the transformation is good to about 5 m, and a
// postcode is one point that stands for a street.
const doubtfulMetres = 10

// resolve settles the authority's coverage and its report from the files it names.
func (x *reading) resolve(open Opener) {
	a := x.authority
	r := &resolution{
		coverage: NewCoverage(rulesOf(a.Patches), nil), shared: sets{}, findings: map[findingKey]*Finding{},
		usedRules: map[named]bool{}, openWards: map[string]bool{},
	}
	if x.places.boundaries.text != "" {
		x.withFile(open, x.places.boundaries, func(f io.Reader) { x.readBoundaries(f, r) })
	}
	if len(x.doc.problems) == 0 && x.places.postcodes.text != "" {
		r.coverage.Postcodes, r.coverage.Wards = map[string][]string{}, map[string][]string{}
		x.withFile(open, x.places.postcodes, func(f io.Reader) {
			file := &postcodeFile{name: x.places.postcodes.text}
			x.doc.problems = append(x.doc.problems, file.each(f, a.GSSCode, r.settle)...)
		})
	}
	a.Coverage = r.coverage
	a.Report = r.finish(a)
}

// withFile opens a file beside the description. That it is not there is a problem of the line that names it.
func (x *reading) withFile(open Opener, path line, use func(io.Reader)) {
	file, err := open(path.text)
	if err != nil {
		x.doc.problem(path.at, "The file %s can't be opened: %v.", path.text, err)
		return
	}
	use(file)
	if err := file.Close(); err != nil {
		x.doc.problem(path.at, "The file %s can't be closed: %v.", path.text, err)
	}
}

func (x *reading) readBoundaries(f io.Reader, r *resolution) {
	wards, err := readWards(f, x.places.wardName.text)
	if err != nil {
		x.doc.problem(x.places.boundaries.at, "The file %s can't be used: %v.", x.places.boundaries.text, err)
		return
	}
	for _, patch := range x.patches {
		for _, name := range patch.wards {
			if w := wards[name.text]; w != nil {
				w.teams = with(w.teams, patch.team)
			} else {
				x.doc.problem(name.at, "There is no ward %q in %s.", name.text, x.places.boundaries.text)
			}
		}
	}
	r.wards = slices.SortedFunc(maps.Values(wards), func(a, b *ward) int { return cmp.Compare(a.name, b.name) })
}

// resolution is the work of settling every postcode of the file, one at a time.
type resolution struct {
	coverage  *Coverage
	wards     []*ward
	shared    sets
	report    Report
	findings  map[findingKey]*Finding
	usedRules map[named]bool
	openWards map[string]bool
}

func (r *resolution) settle(p place) {
	r.report.Postcodes++
	here := r.wardsAt(p)
	names := namesOf(here)
	teams := r.coverage.rules.Cover(p.postcode, names)
	code := p.postcode.String()
	switch _, rule := r.coverage.rules.byCode(p.postcode); {
	case rule != named{}:
		r.usedRules[rule] = true
	case !p.located:
		r.report.Unlocated = append(r.report.Unlocated, code)
	default:
		r.noteWards(p, here, teams)
	}
	teams = r.shared.share(teams)
	r.coverage.Postcodes[code], r.coverage.Wards[code] = teams, r.shared.share(names)
	r.count(p.postcode, teams)
}

func (r *resolution) wardsAt(p place) []*ward {
	if !p.located || r.wards == nil {
		return nil
	}
	var here []*ward
	for _, w := range r.wards {
		if w.contains(p.at) {
			here = append(here, w)
		}
	}
	if len(here) == 0 {
		r.report.OutsideWards = append(r.report.OutsideWards, p.postcode.String())
	}
	return here
}

func (r *resolution) noteWards(p place, here []*ward, teams []string) {
	for _, w := range here {
		if len(w.teams) == 0 {
			r.openWards[w.name] = true
		}
	}
	if len(teams) == 1 && r.nearAnother(p.at, teams[0]) {
		r.report.NearBoundary = append(r.report.NearBoundary, p.postcode.String())
	}
}

// nearAnother says whether another team's ward is so near that the two files' precision does not settle it.
func (r *resolution) nearAnother(at orb.Point, team string) bool {
	return slices.ContainsFunc(r.wards, func(w *ward) bool {
		return len(w.teams) > 0 && !slices.Contains(w.teams, team) && w.within(at, doubtfulMetres)
	})
}

func namesOf(wards []*ward) []string {
	var names []string
	for _, w := range wards {
		names = append(names, w.name)
	}
	return names
}
