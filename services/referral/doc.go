// Package referral owns contacts and referrals: everything that arrives about a child, what was decided about it child
// by child, and what the referrer is told. Whatever was acknowledged is here once, and is never lost.
//
// A contact is undecided until every child has an outcome, then decided; a child added or a text amended can open it
// again. Fuller text under the same sender's reference is a proposed version, which a person accepts or makes a contact
// of its own. Only staff close a contact as sent in error. What was told is kept word for word, each version for ever,
// beside what is read in it and the doubt.
//
// Partners with the scope contacts:write send contacts, and with contacts:read see their own, as far as the table of
// disclosure.go allows. Everything else is for members of the Referral Team. Services fetch a referral at the version
// that an event named.
//
// The referrer hears back: when a person has the contact before them, and of each child's decision, by a signed
// call-back to the partner's registered address or an e-mail without names (hear.go is all that is said). What can't be
// delivered over a day waits for a person. At the end of the day the desk hands what is undecided to the Emergency Duty
// Team, and takes it back in the morning.
//
// It never refuses a contact for being incomplete, never drops or corrects what was told, never links or merges by
// itself, and never lets a team outcome stand without a team. No event, list, log line or error holds an address, the
// referrer, or the worry's words. A request is read in this order: receive.go, then screen.go.
package referral
