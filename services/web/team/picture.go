package team

import (
	"strconv"

	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	"github.com/kithcare/kith/services/web/page"
)

// Where things stand in the picture. Across it is in hundredths of its width, so that it fits a phone and a desk with
// letters of one size; down it is in pixels.
const (
	// besideBars is the width that the bars' labels have.
	besideBars = 32.0
	// barsEnd leaves a little room at the right edge.
	barsEnd = 99.0
	// leastScale is how many times the guide the picture shows at least.
	leastScale = 1.25
	nameHeight = 24
	barHeight  = 18
	rowGap     = 16
)

// picture is a team's caseload as bars: what everyone carries as a share of the guide.
type picture struct {
	Rows   []pictureRow
	Height int
}

// pictureRow is one member's bars.
type pictureRow struct {
	Name  string
	NameY int
	Bars  []pictureBar
	// Guide is where the line of the guide stands, nearer for part-time; empty for who has left.
	Guide      string
	Top, Below int
}

// pictureBar is one bar with its label.
type pictureBar struct {
	Label, Colour string
	Y, LabelY     int
	X, Width      string
}

// draw makes the picture. Children, families and weights share one scale: the guide is the same line for all three, since
// a family of ordinary weight is one of ten.
func draw(v *page.Visit, c *familyfacingv1.GetCaseloadResponse) picture {
	scale := leastScale
	for _, m := range c.GetMembers() {
		for _, s := range shares(m, c) {
			scale = max(scale, s)
		}
	}
	p := picture{}
	for _, m := range c.GetMembers() {
		row := pictureRow{Name: m.GetTitle(), Top: p.Height + nameHeight, NameY: p.Height + nameHeight - 6}
		p.Height += nameHeight
		labels := []string{v.N("team.n_children", int(m.GetChildren())), v.N("team.n_families", int(m.GetFamilies())), v.T("team.n_weight", "Weight", tenths(m.GetWeightTenths()))}
		for i, share := range shares(m, c) {
			row.Bars = append(row.Bars, pictureBar{
				Label: labels[i], Colour: []string{"#1d70b8", "#00703c", "#505a5f"}[i], Y: p.Height + 2, LabelY: p.Height + barHeight - 4,
				X: across(besideBars), Width: across(share / scale * (barsEnd - besideBars)),
			})
			p.Height += barHeight
		}
		if share := float64(m.GetFullTimeThousandths()) / fullTime; share > 0 {
			row.Guide = across(besideBars + share/scale*(barsEnd-besideBars))
		}
		row.Below = p.Height
		p.Height += rowGap
		p.Rows = append(p.Rows, row)
	}
	return p
}

// shares are somebody's children, families and weights as shares of the guide for a whole post.
func shares(m *familyfacingv1.Caseload, c *familyfacingv1.GetCaseloadResponse) [3]float64 {
	children, families := float64(max(c.GetGuideChildren(), 1)), float64(max(c.GetGuideFamilies(), 1))
	return [3]float64{
		float64(m.GetChildren()) / children, float64(m.GetFamilies()) / families, float64(m.GetWeightTenths()) / ordinaryFamily / families,
	}
}

func across(hundredths float64) string { return strconv.FormatFloat(hundredths, 'f', 2, 64) + "%" }
