package match

import (
	"math"
	"sync"
)

// level is one way in which what is sought and what is known of somebody agree or differ.
type level int

const (
	numberSame level = iota
	numberSlip
	numberOther
	upnSame
	upnOther
	givenSame
	givenShort
	givenNear
	givenSounds
	givenInitial
	givenMiddle
	givenOther
	middleOther
	surnameSame
	surnameNear
	surnameSounds
	surnamePart
	surnameOther
	byAlias
	swappedNames
	bornSame
	bornSwapped
	bornDigit
	bornWithinYear
	bornOther
	ageSame
	ageWithinYear
	ageOther
	sexSame
	sexOther
	phoneSame
	homeSame
	homeBuilding
	homePostcode
	homeStreet
	homeOther
	postcodeSame
	postcodeOther
	streetSame
	streetNear
	streetOther
	levels
)

// weight is what a level counts: the share m of pairs that are one person, and the share u of pairs that are two, of which
// it holds where both sides know the thing. Its bits are log2(m/u), as Fellegi and Sunter have it.
type weight struct {
	m, u float64
	// says is the reason or the doubt, for the one who looks.
	says string
}

func (w weight) bits() float64 { return math.Log2(w.m / w.u) }

// weights are all there is to the model's numbers; docs/matching.md says where they come from. The levels of one thing are
// all that can hold of it, so that their m add up to 1, and so do their u.
var weights = sync.OnceValue(func() [levels]weight {
	return [levels]weight{
		// An equal number is proof but where a clerk took a brother's. Two valid numbers are never one digit apart: the
		// slip is for a number whose check digit does not fit.
		numberSame:  {0.985, 0.000001, "the same NHS number"},
		numberSlip:  {0.40, 0.00001, "an NHS number that differs by one digit"},
		numberOther: {0.015, 0.999999, "another NHS number"},
		upnSame:     {0.97, 0.000002, "the same UPN"},
		upnOther:    {0.03, 0.999998, "another UPN"},

		givenSame:    {0.78, 0.012, "the same first name"},
		givenShort:   {0.05, 0.003, "the first name is a short form or another spelling"},
		givenNear:    {0.05, 0.003, "the first name is spelt almost the same"},
		givenSounds:  {0.03, 0.003, "the first name sounds like"},
		givenInitial: {0.02, 0.002, "the same initial"},
		givenMiddle:  {0.03, 0.006, "the first name is a middle name"},
		givenOther:   {0.04, 0.971, "another first name"},
		// Beside the same first name: the others that both have differ clearly.
		middleOther: {0.10, 0.80, "another middle name"},

		surnameSame:   {0.82, 0.003, "the same surname"},
		surnameNear:   {0.05, 0.002, "surname spelt almost the same"},
		surnameSounds: {0.04, 0.002, "surname sounds like"},
		surnamePart:   {0.03, 0.002, "a part of the surname"},
		surnameOther:  {0.06, 0.991, "another surname"},
		// Beside the names that they stand for.
		byAlias:      {0.10, 0.14, "also known by that name"},
		swappedNames: {0.03, 0.06, "first name and surname the other way round"},

		bornSame:       {0.88, 0.00016, "the same birth date"},
		bornSwapped:    {0.015, 0.0001, "birth date with day and month swapped"},
		bornDigit:      {0.05, 0.004, "birth date differs by one digit"},
		bornWithinYear: {0.03, 0.10, "another birth date, within a year"},
		bornOther:      {0.025, 0.89574, "another birth date"},
		// Where only an age or a year is told. The u of ageSame is one year's.
		ageSame:       {0.65, 0.055, "of that age"},
		ageWithinYear: {0.25, 0.11, "born within a year"},
		ageOther:      {0.10, 0.835, "another age"},

		sexSame:  {0.97, 0.5, "the same sex"},
		sexOther: {0.03, 0.5, "another sex"},

		// A household's rather than a person's; another number says nothing.
		phoneSame: {0.50, 0.00005, "the same phone number"},

		// Where the house is told, then where only a postcode is, then where only a street is.
		homeSame:      {0.70, 0.0002, "the same address"},
		homeBuilding:  {0.05, 0.001, "the same building"},
		homePostcode:  {0.03, 0.0015, "the same postcode"},
		homeStreet:    {0.04, 0.004, "the same street"},
		homeOther:     {0.18, 0.9933, "another address"},
		postcodeSame:  {0.75, 0.0008, "the same postcode"},
		postcodeOther: {0.25, 0.9992, "another postcode"},
		streetSame:    {0.75, 0.003, "the same street"},
		streetNear:    {0.06, 0.0015, "street spelt almost the same"},
		streetOther:   {0.19, 0.9955, "another street"},
	}
})

// What the sum of bits means. 20 bits outweigh that of a million people any other one is meant; see confidence.
const (
	leastShown  = 1
	likely      = 20
	almostSure  = 30
	leastLinked = 14
	// mostOfHousehold and mostOfBirth are what surname, home and phone together, and the birth date, count at most for
	// somebody whose first name clearly differs: these are what brothers, sisters and twins share.
	mostOfHousehold = 6
	mostOfBirth     = 2
)
