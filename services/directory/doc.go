// Package directory owns who there is and who covers where: the authority, its people, teams, dated memberships,
// patches and partner agencies, as the council's own description says them. It signs passports.
//
// Anybody of the authority may ask for the authority itself and for the team that covers a postcode; teams and members
// are for people and services, never for partners. Descriptions are imported by the
// operator (see Import); what an administrator changes on the pages is the room administration.
//
// It keeps who is signed in to the pages: a session is found by the hash of its secret, ends after the authority's idle
// time without an act, at the latest 12 hours after sign-in, and with the person's place here. Only web knows sessions.
//
// It must never issue a passport for an authority whose issuer did not vouch for the bearer, and never keep an ended
// membership alive: memberships are read afresh for each passport.
package directory
