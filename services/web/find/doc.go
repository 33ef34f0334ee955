// Package find is finding people that families hold, and opening a record against the rule. What somebody searches for is
// in no address, title, log or cookie, and is kept nowhere.
package find
