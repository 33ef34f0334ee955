// Package desk is the Referral Team's pages: the queue, a contact, a worry by phone, and what referrers were told.
//
// It decides nothing: every rule is the referral service's, and what it refuses is shown where it belongs. Forms with
// longer fields are kept by that service while they are typed, under a key that is also the page's address.
package desk
