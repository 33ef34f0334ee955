// Package identifiers reads what people tell about a child (numbers, dates, names, addresses) and
// never corrects it.
//
// What was told is kept elsewhere, word for word. A reader here answers with what it reads in it and
// a doubt: a short phrase for staff that says what is wrong, "" where nothing is. A doubt never
// repeats what was told, so that it may be shown and logged where the fact itself may not. Where
// nothing was told (nothing but spaces) both are "". A reading that comes with a doubt is not to be
// relied on without a person.
//
// No reader fails or panics, whatever bytes it is given.
package identifiers
