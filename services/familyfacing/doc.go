// Package familyfacing is the service of the Family Facing Teams. It owns what they do with families, from allocation to
// closure, and assembles its rooms, which share the service's login and schema: family (people, families and who works
// with them), match (finding people) and guard (restricted families, break-glass). The other rooms import only family.
package familyfacing
