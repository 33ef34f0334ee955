// Package gateway is REST in, for partner agencies' systems and for the council's own tools.
//
// It owns no records. It finds out who calls (an access token of an issuer that the authority in the path trusts),
// exchanges that for a passport, checks the form of what was sent, and passes the call on to the service that owns the
// thing. One call's way is in enter.go, in order; the services' rules are theirs.
//
// It must never
//   - decide who may do what to a record: the services do, by the passport;
//   - refuse a contact for a quota: a worry about a child is taken, marked and alarmed;
//   - acknowledge anything that a service has not acknowledged;
//   - tell a stranger whether an authority, a person or a record exists;
//   - repeat in an error, a log line or a metric what somebody told, a token, or an id.
package gateway
