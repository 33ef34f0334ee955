package main

import (
	"fmt"
	"strconv"
	"sync/atomic"
	"time"
)

// maker makes contacts that are all different. It is safe for concurrent use.
type maker struct {
	// run tells one run's references from another's.
	run  string
	made atomic.Int64
}

func newMaker() *maker { return &maker{run: strconv.FormatInt(time.Now().UnixNano(), 36)} }

// notification is an invented police notification about two children, about 1.5 kB of JSON, with its own reference.
func (m *maker) notification() []byte {
	n := m.made.Add(1)
	surname, first, second := pick(surnames(), n), pick(givenNames(), n), pick(givenNames(), n+7)
	postcode := pick(postcodes(), n)
	return fmt.Appendf(make([]byte, 0, 1700), `{"source":{"code":"6","organisation":"Metropolitan Police (invented)","person":"PC Ada Invented","role":"Response officer","phone":"020 7946 0000","email":"response@police.example","reference":"BENCH-%s-%d"},`+
		`"children":[{"name":"%s %s","birthDate":"%02d/%02d/2017","age":"about 8","sex":"F","nhsNumber":"%s","address":"%d Example Street, London","postcode":"%s","school":"Invented Lane Primary School"},`+
		`{"name":"%s %s","age":"about 4","sex":"M","address":"%d Example Street, London","postcode":"%s","description":"a younger brother, holding a blue toy bus"}],`+
		`"adults":[{"name":"Sam %s","phone":"07700 900000","relationships":[{"child":0,"relationship":"mother"},{"child":1,"relationship":"mother"}]}],`+
		`"worry":"Officers were called by neighbours at 22:40 to shouting in the flat. Both children were awake and frightened, the younger one was crying and asked not to be left. There was very little food, the heating was off and the front door does not lock. No injuries were seen. The mother said that she has not slept for days and does not know how to go on.",`+
		`"when":"last night, about 22:40","doneSoFar":"Officers stayed until it was calm, checked the rooms and left a number to ring. The neighbour across the landing offered to look in this morning.",`+
		`"telling":{"parentsTold":"YES_NO_YES","parentsViews":"She would like somebody to talk to, and is worried about the rent."},"lawfulBasis":"LAWFUL_BASIS_PUBLIC_TASK"}`,
		m.run, n, first, surname, 1+n%28, 1+n%12, nhsNumber(n), 1+n%400, postcode, second, surname, 1+n%400, postcode, surname)
}

// single is a short contact about one child, whose name nobody else has.
func (m *maker) single(name string) []byte {
	n := m.made.Add(1)
	return fmt.Appendf(nil, `{"source":{"code":"6","organisation":"Metropolitan Police (invented)","reference":"BENCH-%s-%d"},`+
		`"children":[{"name":"%s","age":"about 8","address":"%d Example Street, London","postcode":"W10 4RA"}],`+
		`"worry":"Alone in the flat at half past nine in the evening, again."}`, m.run, n, name, 1+n%400)
}

func pick(from []string, n int64) string { return from[n%int64(len(from))] }

// nhsNumber is a valid one of the range that is never given to anybody: 999, six digits, and the check digit.
func nhsNumber(n int64) string {
	for {
		digits := fmt.Sprintf("999%06d", n%1_000_000)
		sum := 0
		for i, d := range digits {
			sum += int(d-'0') * (10 - i)
		}
		if check := (11 - sum%11) % 11; check < 10 {
			return digits + strconv.Itoa(check)
		}
		n++
	}
}

func surnames() []string {
	return []string{
		"Abara", "Bexley", "Cattermole", "Dewhurst", "Eastoe", "Farrant", "Gathercole", "Hadleigh", "Iweala", "Jessop", "Kettering",
		"Lomax", "Marchetti", "Nakamura", "Okoro", "Pendry", "Quill", "Rossiter", "Szabo", "Thackeray", "Umar", "Vantongeren", "Winslow",
	}
}

func givenNames() []string {
	return []string{"Ada", "Bilal", "Cora", "Dev", "Esme", "Farah", "Gil", "Hana", "Idris", "Jonah", "Kezia", "Leo", "Maya", "Noor", "Otis", "Pia", "Rafi"}
}

// postcodes are real ones of the authority, each in one patch.
func postcodes() []string {
	return []string{"W10 4RA", "W10 4RD", "W10 4RZ", "W10 5AA", "SW5 0AA", "SW5 0AN", "SW3 4JF"}
}
