package administration

import (
	"strings"

	"github.com/kithcare/kith/pkg/fault"
)

// rulesProblem moves a refusal of one rule to the field that the form has for it.
func rulesProblem(err error) error {
	f := fault.From(err)
	if !strings.HasPrefix(f.Field, "rules") {
		return err
	}
	moved := *f
	moved.Field = "places"
	return &moved
}
