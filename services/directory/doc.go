// Package directory owns who there is and who covers where: the authority, its people, teams, dated memberships,
// patches and partner agencies, as the council's own description says them. It signs passports.
//
// Anybody of the authority may ask for the authority itself and for the team that covers a postcode; teams and members
// are for people and services, never for partners. Nothing here is changed by a call: descriptions are imported by the
// operator (see Import).
//
// It must never issue a passport for an authority whose issuer did not vouch for the bearer, and never keep an ended
// membership alive: memberships are read afresh for each passport.
package directory
