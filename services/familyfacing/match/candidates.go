package match

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/kithcare/kith/pkg/identifiers"
	"github.com/kithcare/kith/services/familyfacing/family"
	"github.com/kithcare/kith/services/familyfacing/likeness"
)

const (
	// few and some bound what one way of looking brings: a common surname alone fits more people than anybody reads.
	few  = 30
	some = 60
	// mostVariants is how many ways to write one word are looked for.
	mostVariants = 16
	// shortestBeginning is how many letters of a first name are a short form of it.
	shortestBeginning = 3
	// mostYears is how many years of birth an age may mean to narrow a look-up.
	mostYears = 9
)

// way is one way of looking: people with any of the keys one and, where there are any, with one of the keys two as well.
type way struct {
	one, two []int32
	limit    int
	// wide is a way that fits many.
	wide bool
}

// variants are the ways in which a word told may be written, itself first.
type variants map[string][]string

func (v variants) of(words []string) []string {
	var all []string
	for _, w := range words {
		for _, other := range append([]string{w}, v[w]...) {
			if !slices.Contains(all, other) {
				all = append(all, other)
			}
		}
	}
	return all
}

// words are the names of somebody sought, and the name of the street, each once.
func (e evidence) words() (given, surnames, both []string, street string) {
	for _, n := range e.names {
		given, surnames = append(given, n.Given...), append(surnames, n.Surname...)
		if n.Single() != "" {
			given, surnames = append(given, n.Surname...), append(surnames, n.Given...)
		}
	}
	for _, n := range e.names {
		for _, w := range append(slices.Clone(n.Given), n.Surname...) {
			if !slices.Contains(both, w) {
				both = append(both, w)
			}
		}
	}
	return given, surnames, both, likeness.StreetCore(e.place.Street)
}

// ways are how somebody is looked for, the surest first.
func (e evidence) ways(v variants) []way {
	given, surnames, words, street := e.words()
	years, dates, places := e.years(), e.dateKeys(), streetVariants(street, v)
	if e.place.Postcode != "" {
		places = append(places, e.place.Postcode)
	}
	whole := len(words) > 1
	all := []way{{one: e.numberKeys(), limit: some}}
	if whole {
		all = append(all, way{one: each(given, surnames, likeness.Pair), limit: some}, way{one: each(v.of(given), v.of(surnames), likeness.Pair), limit: some})
	}
	if len(dates) > 0 {
		all = append(all, way{one: dates, two: each(v.of(words), years, likeness.WordInYear), limit: some}, way{one: dates, limit: few})
	}
	if whole {
		all = append(all, way{one: each(v.of(given), years, likeness.WordInYear), two: each(v.of(surnames), years, likeness.WordInYear), limit: some})
	} else {
		all = append(all, way{one: each(words, years, likeness.WordInYear), limit: some}, way{one: each(v.of(words), years, likeness.WordInYear), limit: some})
	}
	all = append(all, way{one: each(v.of(words), places, likeness.WordAt), limit: some}, way{one: each(places, e.place.House, likeness.House), limit: some})
	if len(words) == 0 {
		all = append(all, way{one: each(places, years, likeness.StreetInYear), limit: some})
	}
	if e.place.Postcode != "" {
		all = append(all, way{one: []int32{likeness.Postcode(e.place.Postcode)}, limit: few})
	}
	return append(slices.DeleteFunc(all, unused), slices.DeleteFunc(e.wideWays(words, v), unused)...)
}

func unused(w way) bool { return len(w.one) == 0 }

// wideWays fit so many that they are gone only where the others find too few.
func (e evidence) wideWays(words []string, v variants) []way {
	word := func(w, _ string) int32 { return likeness.Word(w) }
	street := func(s, _ string) int32 { return likeness.Street(s) }
	alone := []string{""}
	return []way{
		{one: each(words, alone, word), limit: some, wide: true},
		{one: each(v.of(words), alone, word), limit: some, wide: true},
		{one: each(streetVariants(likeness.StreetCore(e.place.Street), v), alone, street), limit: some, wide: true},
	}
}

func each(a, b []string, key func(string, string) int32) []int32 {
	var keys []int32
	for _, x := range a {
		for _, y := range b {
			keys = append(keys, key(x, y))
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func streetVariants(core string, v variants) []string {
	if core == "" {
		return nil
	}
	name, kind, _ := strings.Cut(core, " ")
	streets := []string{core}
	for _, other := range v[name] {
		streets = append(streets, strings.TrimSpace(other+" "+kind))
	}
	return streets
}

func firstWord(s string) string {
	first, _, _ := strings.Cut(s, " ")
	return first
}

// numberKeys find the numbers told. One with a mistake in it may be any that fits but for a digit.
func (e evidence) numberKeys() []int32 {
	var keys []int32
	for _, n := range []string{e.number, e.upn} {
		if n != "" {
			keys = append(keys, likeness.Number(n))
		}
	}
	for _, n := range e.phones {
		keys = append(keys, likeness.Phone(n))
	}
	for i := range len(e.mistyped) {
		for d := byte('0'); d <= '9'; d++ {
			if n, _ := identifiers.NHSNumber(e.mistyped[:i] + string(d) + e.mistyped[i+1:]); n != "" {
				keys = append(keys, likeness.Number(n))
			}
		}
		if i > 0 {
			if n, _ := identifiers.NHSNumber(e.mistyped[:i-1] + e.mistyped[i:i+1] + e.mistyped[i-1:i] + e.mistyped[i+1:]); n != "" {
				keys = append(keys, likeness.Number(n))
			}
		}
	}
	return keys
}

// dateKeys find a birth date, also with day and month swapped.
func (e evidence) dateKeys() []int32 {
	if e.born.IsZero() {
		return nil
	}
	keys := []int32{likeness.Born(e.born.Format(time.DateOnly))}
	if e.born.Day() <= 12 && e.born.Day() != int(e.born.Month()) {
		keys = append(keys, likeness.Born(fmt.Sprintf("%04d-%02d-%02d", e.born.Year(), e.born.Day(), int(e.born.Month()))))
	}
	return keys
}

// years of birth that are told; none where too many are meant.
func (e evidence) years() []string {
	from, to := e.born, e.born
	if e.born.IsZero() {
		if e.age == nil {
			return nil
		}
		from, to = e.age.from.AddDate(-1, 0, 0), e.age.to.AddDate(1, 0, 0)
	}
	if to.Year()-from.Year() >= mostYears {
		return nil
	}
	var years []string
	for y := from.Year(); y <= to.Year(); y++ {
		years = append(years, strconv.Itoa(y))
	}
	return years
}

// candidate is somebody who may be one sought.
type candidate struct {
	id, family uuid.UUID
	child      bool
	fullName   string
	known      evidence
	state      string
	team       string
	worker     *uuid.UUID
}

// asked are the ways to look for everybody sought.
type asked struct {
	ways []way
	// sought is the place of whom each way looks for.
	sought []int
}

// shownPerson is what of a person and family is weighed and shown. Where an address is protected, nothing tells of it.
const shownPerson = `p.id, p.family, p.is_child, p.full_name, p.names, p.birth_date, p.sex, p.nhs_number, p.upn,
	CASE WHEN p.address_protected THEN '' ELSE p.place END AS place, CASE WHEN p.address_protected THEN '' ELSE p.phones END AS phones,
	f.state, f.team, f.worker`

// reachable are the people who are there for whoever asks. What is hidden takes nobody's place, since it is left out before
// the limit.
const reachable = `JOIN family f ON f.id = p.family WHERE ` + family.Visible + `
	AND (NOT @open::boolean OR p.is_child AND p.standing IN ('WITH_TEAM', 'REVISED') AND f.state IN ('AWAITING_ALLOCATION', 'ALLOCATED'))`

// look goes every way at once and gives who was found, by the place of whom they were sought for.
func look(ctx context.Context, tx pgx.Tx, args pgx.NamedArgs, a asked, openOnly bool) (map[int][]candidate, error) {
	var keys, ways, limits []int32
	var also []bool
	for i, w := range a.ways {
		for _, k := range w.one {
			keys, ways, also = append(keys, k), append(ways, int32(i)), append(also, false) //nolint:gosec // a few hundred ways
		}
		for _, k := range w.two {
			keys, ways, also = append(keys, k), append(ways, int32(i)), append(also, true) //nolint:gosec // a few hundred ways
		}
		limits = append(limits, int32(w.limit)) //nolint:gosec // limits are constants
	}
	args["keys"], args["ways"], args["also"], args["limits"], args["open"] = keys, ways, also, limits, openOnly
	rows, err := tx.Query(ctx, `WITH way AS MATERIALIZED (
			SELECT way, array_agg(key) FILTER (WHERE NOT also) AS one, array_agg(key) FILTER (WHERE also) AS two, (@limits::int[])[way + 1] AS most
			FROM unnest(@keys::int[], @ways::int[], @also::boolean[]) k(key, way, also) GROUP BY way)
		SELECT way.way, found.* FROM way CROSS JOIN LATERAL (
			SELECT `+shownPerson+` FROM person p `+reachable+` AND p.keys && way.one LIMIT way.most) found WHERE way.two IS NULL
		UNION ALL
		SELECT way.way, found.* FROM way CROSS JOIN LATERAL (
			SELECT `+shownPerson+` FROM person p `+reachable+` AND p.keys && way.one AND p.keys && way.two LIMIT way.most) found WHERE way.two IS NOT NULL`, args)
	if err != nil {
		return nil, fmt.Errorf("look for people: %w", err)
	}
	found := map[int][]candidate{}
	seen := map[int]map[uuid.UUID]bool{}
	var c candidate
	var way int
	var names, place, phones string
	var born *time.Time
	var number, upn *string
	columns := []any{&way, &c.id, &c.family, &c.child, &c.fullName, &names, &born, &c.known.sex, &number, &upn, &place, &phones, &c.state, &c.team, &c.worker}
	_, err = pgx.ForEachRow(rows, columns, func() error {
		n := a.sought[way]
		if seen[n] == nil {
			seen[n] = map[uuid.UUID]bool{}
		}
		if !seen[n][c.id] {
			seen[n][c.id] = true
			one := c
			one.known = evidence{
				spelt: names, sex: c.known.sex, number: text(number), upn: text(upn),
				phones: strings.Fields(phones), place: likeness.ParsePlace(place),
			}
			if born != nil {
				one.known.born = *born
			}
			found[n] = append(found[n], one)
		}
		c.worker = nil
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for people: %w", err)
	}
	return found, nil
}

func text(t *string) string {
	if t == nil {
		return ""
	}
	return *t
}

// spellings finds the ways in which the words may be written, among those that somebody has: with the same sound, a slip
// of the pen away, with many letters in the same order, short and long forms.
func spellings(ctx context.Context, tx pgx.Tx, words []string) (variants, error) {
	var hashes, of []int32
	var sounds, forms []string
	var formOf []int32
	for i, w := range words {
		sounds = append(sounds, likeness.Sound(w))
		for _, left := range likeness.Slips(w) {
			hashes, of = append(hashes, likeness.Slip(left)), append(of, int32(i+1)) //nolint:gosec // at most a few hundred words
		}
		for _, f := range append(identifiers.FirstNameForms(w), beginnings(w)...) {
			forms, formOf = append(forms, f), append(formOf, int32(i+1)) //nolint:gosec // at most a few hundred words
		}
	}
	rows, err := tx.Query(ctx, `WITH asked AS MATERIALIZED (
			SELECT w.n, w.word, w.sound, (SELECT array_agg(slip) FROM unnest($3::int[], $4::int[]) s(slip, n) WHERE s.n = w.n) AS slips,
				(SELECT array_agg(form) FROM unnest($5::text[], $6::int[]) s(form, n) WHERE s.n = w.n) AS forms
			FROM unnest($1::text[], $2::text[]) WITH ORDINALITY w(word, sound, n))
		SELECT asked.word, found.word FROM asked CROSS JOIN LATERAL (
			(SELECT k.word FROM known_word k WHERE k.slips && asked.slips LIMIT 40)
			UNION ALL (SELECT k.word FROM known_word k WHERE k.word = ANY (asked.forms))
			UNION ALL (SELECT k.word FROM known_word k WHERE k.sound = asked.sound AND k.sound <> '' LIMIT 200)
			UNION ALL (SELECT k.word FROM known_word k WHERE k.word % asked.word LIMIT 40)
			UNION ALL (SELECT k.word FROM known_word k WHERE length(asked.word) > 2 AND k.word > asked.word AND k.word < asked.word || '~' LIMIT 20)) found
		WHERE found.word <> asked.word`, words, sounds, hashes, of, forms, formOf)
	if err != nil {
		return nil, fmt.Errorf("look for spellings: %w", err)
	}
	v := variants{}
	var asked, found string
	_, err = pgx.ForEachRow(rows, []any{&asked, &found}, func() error {
		if !slices.Contains(v[asked], found) {
			v[asked] = append(v[asked], found)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for spellings: %w", err)
	}
	for w := range v {
		v[w] = closest(w, v[w])
	}
	return v, nil
}

// beginnings of a word are short forms of it that need no list, such as Chris.
func beginnings(word string) []string {
	letters := []rune(word)
	var all []string
	for n := shortestBeginning; n < len(letters); n++ {
		all = append(all, string(letters[:n]))
	}
	return all
}

// closest keeps the spellings that a look-up can use, the most alike first: what the model would take for another name
// is not worth looking for.
func closest(word string, all []string) []string {
	forms := identifiers.FirstNameForms(word)
	rank := func(other string) int {
		switch givenLevel(word, other) {
		case givenNear:
			return 0
		case givenOther:
			return 9
		case givenSounds:
			return 1
		}
		if slices.Contains(forms, other) {
			return 1
		}
		return 2
	}
	all = slices.DeleteFunc(all, func(other string) bool { return rank(other) == 9 })
	slices.SortFunc(all, func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
	return all[:min(len(all), mostVariants)]
}
