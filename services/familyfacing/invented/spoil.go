package invented

import (
	"fmt"
	"strings"

	"github.com/kithcare/kith/pkg/identifiers"
	"github.com/kithcare/kith/services/familyfacing/family"
)

// about is a guess at a child's age, wrong by a year as often as right.
func (m *Maker) about(p family.PastPerson) string {
	years := int(m.Now.Sub(p.BirthDate).Hours() / 24 / 365.25)
	years += []int{0, 0, 1, -1}[m.rand.IntN(4)]
	return fmt.Sprintf("about %d", max(1, years))
}

// slip writes a name with one mistake: a letter changed, left out, doubled, or two swapped. The first letter is kept, as
// most people do, and a short name left as it is.
func (m *Maker) slip(name string) string {
	r := []rune(name)
	if len(r) < 4 {
		return name
	}
	i := 1 + m.rand.IntN(len(r)-2)
	switch m.rand.IntN(4) {
	case 0:
		r[i] = rune("aeioulnrst"[m.rand.IntN(10)])
	case 1:
		r = append(r[:i:i], r[i+1:]...)
	case 2:
		r = append(r[:i+1:i+1], r[i:]...)
	default:
		r[i], r[i+1] = r[i+1], r[i]
	}
	return string(r)
}

// misheard writes a name as it sounds.
func (m *Maker) misheard(name string) string {
	for _, pair := range [][2]string{
		{"ph", "f"},
		{"ck", "k"},
		{"ks", "x"},
		{"ee", "ea"},
		{"th", "t"},
		{"ll", "l"},
		{"tt", "t"},
		{"nn", "n"},
		{"ss", "s"},
		{"ow", "au"},
		{"y", "i"},
		{"ie", "y"},
		{"f", "ph"},
		{"k", "ck"},
		{"a", "er"},
		{"o", "oe"},
		{"e", "i"},
		{"i", "y"},
		{"u", "oo"},
	} {
		if i := strings.LastIndex(strings.ToLower(name), pair[0]); i > 0 && i+len(pair[0]) <= len(name) {
			return name[:i] + pair[1] + name[i+len(pair[0]):]
		}
	}
	return name
}

func (m *Maker) digitSlip(number string) string {
	if number == "" {
		return ""
	}
	i := m.rand.IntN(len(number))
	return number[:i] + string('0'+(number[i]-'0'+1+byte(m.rand.IntN(9)))%10) + number[i+1:]
}

// dateSlip is the birth date with another last digit of day or year.
func (m *Maker) dateSlip(p family.PastPerson) string {
	for {
		text := []byte(p.BirthDate.Format("02/01/2006"))
		i := []int{1, 9}[m.rand.IntN(2)]
		text[i] = byte('0' + m.rand.IntN(10))
		if date, doubt := identifiers.BirthDate(string(text), m.Now); date != "" && doubt == "" && date != p.BirthDate.Format("2006-01-02") {
			return string(text)
		}
	}
}

// shortened is a short form of a first name; empty where there is none.
func shortened(name string) string {
	for _, form := range identifiers.FirstNameForms(name) {
		if len(form) < len(name) {
			return strings.ToUpper(form[:1]) + form[1:]
		}
	}
	return ""
}
