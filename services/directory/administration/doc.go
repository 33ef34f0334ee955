// Package administration is what an authority's administrators do on the pages, one thing at a time: people, teams,
// seats, patches, partners, settings. A description that is imported does all of it at once, by the same rules.
//
// Only administrators call it, and only by web. Every change holds the authority's one lock, so that two of them see each
// other: there are few, and each takes milliseconds. What is removed is kept, and stops counting at once.
//
// It must never let an authority go without an administrator, a Caldicott guardian or a Referral Team, and never cover a
// postcode by another rule than an import does (description.Rules).
package administration
