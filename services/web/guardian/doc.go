// Package guardian is the Caldicott guardian's pages: who looked at a record and why, restricted records, and the records
// that were opened against the rule. They show that records exist and who touched them, never what is in them.
package guardian
