// Package invented makes people who do not exist, family by family, and the faults with which they are told of: for
// measuring how they are found (docs/matching.md). The same seed makes the same people.
package invented
