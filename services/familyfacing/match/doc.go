// Package match finds people that families hold, from whatever is known of them: it weighs evidence and never merges.
package match
