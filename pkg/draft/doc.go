// Package draft keeps what somebody is typing and has not sent, in the schema of the service that will own it. Nobody but
// the person who types sees it: not the team, not the guardian, not an administrator. The audit trail says which form was
// kept, never a word of it.
package draft
