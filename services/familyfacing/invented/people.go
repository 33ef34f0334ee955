package invented

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kithcare/kith/services/familyfacing/family"
)

// Maker makes families. It is not for several goroutines at once.
type Maker struct {
	// Now is when they live.
	Now time.Time
	// Teams that work with them.
	Teams []string

	rand                 *rand.Rand
	namings              []naming
	first, middle, last  []string
	endings              []string
	streets, streetKinds []string
	nine                 int64
	block                *home
}

// Config says whom to make.
type Config struct {
	// Seed and Place choose them; makers of one kind of data need different places, so that no two of their people have one
	// NHS number.
	Seed  uint64
	Place int64
	// Now is when they live, and Teams work with them.
	Now   time.Time
	Teams []string
}

// New makes a maker.
func New(c Config) *Maker {
	m := &Maker{Now: c.Now, Teams: c.Teams, rand: rand.New(rand.NewPCG(c.Seed, uint64(c.Place))), namings: namings(), nine: 999000000 + c.Place} //nolint:gosec // invented people need no secret
	m.first, m.middle, m.last = syllables()
	m.endings = endings()
	m.streets, m.streetKinds = streets()
	return m
}

// Family makes one: one or two adults and up to five children, some of them twins, at one address, seldom at two.
func (m *Maker) Family() family.PastFamily {
	share := m.rand.Float64()
	sort := m.namings[int(share*share*float64(len(m.namings)))]
	surname := m.surname(sort)
	at := m.home()
	opened := m.Now.Add(-time.Duration(m.rand.Int64N(int64(8 * 365 * 24 * time.Hour))))
	f := family.PastFamily{ID: m.id(), Team: m.Teams[m.rand.IntN(len(m.Teams))], OpenedAt: opened}
	if m.rand.IntN(20) > 0 {
		f.ClosedAt = opened.Add(90 * 24 * time.Hour)
		if f.ClosedAt.After(m.Now) {
			f.ClosedAt = time.Time{}
		}
	}
	mother := m.adult(sort, surname, "F", at)
	mother.Relationship = "mother"
	f.People = append(f.People, mother)
	if m.rand.IntN(3) > 0 {
		father := m.adult(sort, surname, "M", at)
		father.Relationship = "father"
		f.People = append(f.People, father)
	}
	f.People = append(f.People, m.children(sort, surname, at)...)
	return f
}

func (m *Maker) children(sort naming, surname string, at home) []family.PastPerson {
	var children []family.PastPerson
	taken := map[string]bool{}
	born := m.Now.AddDate(0, 0, -m.rand.IntN(18*365))
	for len(children) == 0 || m.rand.IntN(100) < 52 && len(children) < 5 {
		child := m.child(sort, surname, born, at, taken)
		children = append(children, child)
		if m.rand.IntN(25) == 0 {
			children = append(children, m.child(sort, surname, born, at, taken))
		}
		born = born.AddDate(0, -11-m.rand.IntN(40), -m.rand.IntN(28))
		if born.Before(m.Now.AddDate(-18, 0, 1)) {
			break
		}
	}
	return children
}

func (m *Maker) child(sort naming, surname string, born time.Time, at home, taken map[string]bool) family.PastPerson {
	sex, given := m.given(sort)
	for taken[given] {
		sex, given = m.given(sort)
	}
	taken[given] = true
	p := family.PastPerson{
		Child: true, FullName: given + " " + surname, BirthDate: day(born), Sex: sex, Address: at.address(), Postcode: at.postcode,
	}
	if m.rand.IntN(3) == 0 {
		_, middle := m.given(sort)
		p.FullName = given + " " + middle + " " + surname
	}
	if m.rand.IntN(10) < 7 {
		p.NHSNumber = m.nhsNumber()
	}
	return p
}

func (m *Maker) adult(sort naming, surname, sex string, at home) family.PastPerson {
	list := sort.girls
	if sex == "M" {
		list = sort.boys
	}
	if m.rand.IntN(4) == 0 {
		surname = m.surname(sort)
	}
	p := family.PastPerson{FullName: m.givenFrom(list) + " " + surname, Sex: sex, Address: at.address(), Postcode: at.postcode}
	if m.rand.IntN(2) == 0 {
		p.BirthDate = day(m.Now.AddDate(-20-m.rand.IntN(35), 0, -m.rand.IntN(365)))
	}
	if m.rand.IntN(10) < 7 {
		p.Phone = fmt.Sprintf("07700 %06d", m.rand.IntN(1_000_000))
	}
	if sex == "F" && m.rand.IntN(5) == 0 {
		given, _, _ := strings.Cut(p.FullName, " ")
		p.AlsoKnownAs = given + " " + m.surname(sort)
	}
	return p
}

func (m *Maker) given(sort naming) (sex, name string) {
	if m.rand.IntN(2) == 0 {
		return "F", m.givenFrom(sort.girls)
	}
	return "M", m.givenFrom(sort.boys)
}

// givenFrom is from the list, or one that few have.
func (m *Maker) givenFrom(list []string) string {
	if m.rand.IntN(10) < 6 {
		return list[m.skewed(len(list))]
	}
	middle := m.middle[m.rand.IntN(len(m.middle))]
	return m.first[m.rand.IntN(len(m.first))] + middle + m.endings[m.rand.IntN(len(m.endings))]
}

// surname is from the sort's list, or one that few have.
func (m *Maker) surname(sort naming) string {
	if m.rand.IntN(10) < 6 {
		return sort.surnames[m.skewed(len(sort.surnames))]
	}
	middle := m.middle[m.rand.IntN(len(m.middle))]
	if m.rand.IntN(2) == 0 {
		middle += m.middle[m.rand.IntN(len(m.middle))]
	}
	return m.first[m.rand.IntN(len(m.first))] + middle + m.last[m.rand.IntN(len(m.last))]
}

// skewed is a place in a list, the first ones more often: of a hundred names, the first has three in a hundred people.
func (m *Maker) skewed(n int) int { return int(math.Pow(m.rand.Float64(), 1.3) * float64(n)) }

// home is an address in its parts.
type home struct {
	flat, number     int
	street, postcode string
}

func (h home) address() string {
	if h.flat > 0 {
		return fmt.Sprintf("Flat %d, %d %s, London", h.flat, h.number, h.street)
	}
	return fmt.Sprintf("%d %s, London", h.number, h.street)
}

// home is a house, or the next flat in a block of which others live as well.
func (m *Maker) home() home {
	if m.block != nil && m.block.flat < 60 && m.rand.IntN(10) < 3 {
		m.block.flat++
		return *m.block
	}
	name := m.rand.IntN(len(m.streets))
	kind := m.rand.IntN(len(m.streetKinds))
	h := home{number: 1 + m.rand.IntN(150), street: strings.ReplaceAll(m.streets[name], "-", " ") + " " + m.streetKinds[kind]}
	const inward = "ABDEFGHJLNPQRSTUWXYZ"
	part := h.number / 12
	h.postcode = fmt.Sprintf("%s%d %d%c%c", []string{"W", "SW", "NW", "SE"}[name%4], 1+(name/4)%19, part%10, inward[name%20], inward[(kind+16*(part/10))%20])
	if m.rand.IntN(40) == 0 {
		h.flat = 1
		m.block = &h
	}
	return h
}

func (m *Maker) nhsNumber() string {
	for {
		nine := fmt.Sprintf("%09d", m.nine)
		m.nine++
		sum := 0
		for i, digit := range nine {
			sum += int(digit-'0') * (10 - i)
		}
		if check := (11 - sum%11) % 11; check != 10 {
			return fmt.Sprintf("%s%d", nine, check)
		}
	}
}

// id is the same for the same seed.
func (m *Maker) id() uuid.UUID {
	var id uuid.UUID
	for i := range id {
		id[i] = byte(m.rand.IntN(256))
	}
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	return id
}

func day(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
