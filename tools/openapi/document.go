package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// document is the part of an OpenAPI document that the generator fills.
type document struct {
	OpenAPI    string                          `json:"openapi"`
	Info       json.RawMessage                 `json:"info"`
	Security   json.RawMessage                 `json:"security,omitempty"`
	Paths      map[string]map[string]operation `json:"paths"`
	Components components                      `json:"components"`
	Tags       []tag                           `json:"tags,omitempty"`
}

type components struct {
	Schemas         map[string]any  `json:"schemas"`
	Responses       json.RawMessage `json:"responses,omitempty"`
	SecuritySchemes json.RawMessage `json:"securitySchemes,omitempty"`
}

type operation struct {
	Tags        []string        `json:"tags,omitempty"`
	Summary     string          `json:"summary,omitempty"`
	Description string          `json:"description,omitempty"`
	OperationID string          `json:"operationId"`
	Deprecated  bool            `json:"deprecated,omitempty"`
	Parameters  []parameter     `json:"parameters,omitempty"`
	RequestBody any             `json:"requestBody,omitempty"`
	Responses   map[string]any  `json:"responses"`
	Security    json.RawMessage `json:"security,omitempty"`
}

type parameter struct {
	Name        string `json:"name"`
	In          string `json:"in"`
	Description string `json:"description,omitempty"`
	Required    bool   `json:"required,omitempty"`
	Schema      any    `json:"schema"`
}

type tag struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

func (d *document) add(part document) error {
	for path, methods := range part.Paths {
		for method, op := range methods {
			if err := d.addOperation(path, method, op); err != nil {
				return err
			}
		}
	}
	for name, schema := range part.Components.Schemas {
		if known, ok := d.Components.Schemas[name]; ok && !reflect.DeepEqual(known, schema) {
			return fmt.Errorf("schema %s is defined twice, and differently", name)
		}
		d.Components.Schemas[name] = schema
	}
	d.Tags = append(d.Tags, part.Tags...)
	slices.SortFunc(d.Tags, func(a, b tag) int { return cmp.Compare(a.Name, b.Name) })
	d.Tags = slices.CompactFunc(d.Tags, func(a, b tag) bool { return a.Name == b.Name })
	return nil
}

func (d *document) addOperation(path, method string, op operation) error {
	path, op.Parameters = renameParameters(path, op.Parameters)
	if _, taken := d.Paths[path][method]; taken {
		return fmt.Errorf("%s %s is defined twice", strings.ToUpper(method), path)
	}
	if method == "post" && !strings.Contains(path, ":") {
		op.Parameters = append(op.Parameters, idempotencyKey())
	}
	if _, own := op.Responses["default"]; !own {
		op.Responses["default"] = map[string]any{"$ref": "#/components/responses/Problem"}
	}
	if d.Paths[path] == nil {
		d.Paths[path] = map[string]operation{}
	}
	d.Paths[path][method] = op
	return nil
}

func idempotencyKey() parameter {
	return parameter{
		Name: "Idempotency-Key", In: "header", Required: true,
		Description: "Chosen by the caller, new for every new thing and the same on every retry. The same key and body get the same answer; the same key with another body is refused.",
		Schema:      map[string]any{"type": "string", "minLength": 1},
	}
}
