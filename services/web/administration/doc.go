// Package administration is the administrator's pages: people, teams with their seats and patches, partners and settings,
// one thing at a time. It gives no right over a case and shows none.
package administration
