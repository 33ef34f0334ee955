// Package lint keeps golangci-lint in a module of its own, so that its many dependencies touch neither the product's
// versions nor the other tools'. Its test shows that every ceiling and floor in .golangci.yml really fires.
package lint
