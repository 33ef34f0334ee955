// Package team is the pages of the Family Facing Teams: a team's families, its caseload, the contacts that came about them,
// and one family with everything that its team may do. Who may do it the services say; these pages offer it only to those
// with a seat in the family's team.
package team
