// Package family owns people, families and who works with them, from allocation to closure.
//
// A family is AWAITING_ALLOCATION, ALLOCATED, WITHDRAWN (a screener's revision took every child away before anybody was
// allocated) or CLOSED. An open one always has exactly one team, and where it is allocated a named worker and a named
// cover, two different people. A child is WITH_TEAM, REVISED while the team has to settle a screener's revision, or
// WITHDRAWN; nothing is ever deleted.
//
// Only present members of the family's team see and change it; nobody is their manager. A guardian's restriction narrows
// that to those named, and broken glass opens a family to one more person for a while, to read (restriction.go). Children
// come by the referral service's events, so whatever is delivered twice happens once; events are not kept from restricted
// families. It must never leave a child without a team, merge two children by itself, or tell anybody outside the team that
// a family exists (but for the room match).
package family
