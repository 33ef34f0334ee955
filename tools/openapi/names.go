package main

import (
	"fmt"
	"slices"
	"strings"
)

// renameParameters names the parameters of a resource name by what they identify. A proto path
// {name=authorities/*/contacts/*} arrives as /authorities/{name}/contacts/{name_1} and leaves as
// /authorities/{authority}/contacts/{contact}. Parameters that the proto names itself keep their name.
func renameParameters(path string, parameters []parameter) (string, []parameter) {
	segments := strings.Split(path, "/")
	renamed := slices.Clone(parameters)
	for i := 1; i < len(segments); i++ {
		inner, verb, ok := strings.Cut(strings.TrimPrefix(segments[i], "{"), "}")
		if !ok || !strings.HasPrefix(segments[i], "{") || !isResourceName(inner) {
			continue
		}
		collection := segments[i-1]
		segments[i] = "{" + singular(collection) + "}" + verb
		for n, p := range renamed {
			if p.In == "path" && p.Name == inner {
				renamed[n].Name = singular(collection)
				renamed[n].Description = fmt.Sprintf("The id of one of the %s.", collection)
			}
		}
	}
	return strings.Join(segments, "/"), renamed
}

// isResourceName tells whether a path parameter is a piece of a field `name` or `parent`, at the top or in a nested message.
func isResourceName(parameter string) bool {
	field, _, _ := strings.Cut(parameter[strings.LastIndex(parameter, ".")+1:], "_")
	return field == "name" || field == "parent"
}

// singular turns the name of a collection into the name of one member.
func singular(collection string) string {
	if collection == "children" {
		return "child"
	}
	if stem, ok := strings.CutSuffix(collection, "ies"); ok {
		return stem + "y"
	}
	return strings.TrimSuffix(collection, "s")
}
