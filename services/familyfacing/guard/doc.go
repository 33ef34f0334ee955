// Package guard is restricted families and break-glass: who is kept from seeing a record, and who opened one all the same.
//
// A restriction only ever narrows: it names who, of those who may work with the family, still sees it. The room family
// holds it (family.Visible): for everybody else the family was never there. Breaking the glass opens one family to one
// person for a few hours, to read; every guardian is told at once, and it stays listed until one of them has reviewed it.
package guard
