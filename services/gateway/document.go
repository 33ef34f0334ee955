package gateway

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/kithcare/kith/api/openapi"
)

// object is a JSON object of the OpenAPI document.
type object = map[string]any

// describe completes the generated document with what the gateway does alike for all methods.
func describe(routes map[string]*route, version string) ([]byte, error) {
	var d object
	if err := json.Unmarshal(openapi.Document(), &d); err != nil {
		return nil, fmt.Errorf("OpenAPI document: %w", err)
	}
	d["servers"] = []any{object{"url": "/"}}
	if info, ok := d["info"].(object); ok && version != "" {
		info["x-build"] = version
	}
	byOperation := map[string]*route{}
	for _, r := range routes {
		byOperation[r.operation] = r
	}
	described := 0
	paths, _ := d["paths"].(object)
	for _, path := range paths {
		methods, _ := path.(object)
		for _, m := range methods {
			op, _ := m.(object)
			id, _ := op["operationId"].(string)
			if r := byOperation[id]; r != nil {
				r.describe(op)
				described++
			}
		}
	}
	if described != len(routes) {
		return nil, errors.New("the OpenAPI document does not describe every method: run `make gen`")
	}
	completeProblem(d)
	return json.Marshal(d)
}

// describe completes one operation.
func (r *route) describe(op object) {
	var kept []any
	told, _ := op["parameters"].([]any)
	for _, p := range told {
		name, _ := p.(object)["name"].(string)
		if name != "requestId" && name != "Idempotency-Key" && name != "If-Match" {
			kept = append(kept, p)
		}
	}
	if r.requestID != nil {
		kept = append(kept, header("Idempotency-Key", true, maxKey, "Chosen by the caller: new for every new thing, the same on every retry. The same key and body get the same answer, however often; the same key with another body is refused."))
	}
	if r.etag != nil {
		kept = append(kept, header("If-Match", false, 0, "The etag that was read, in quotes; it may stand in the body instead."))
	}
	op["parameters"] = kept
	if schema := bodySchema(op); schema != nil {
		if properties, ok := schema["properties"].(object); ok {
			delete(properties, "requestId")
		}
	}
	if r.contact() {
		describeContact(op)
	}
}

func header(name string, required bool, longest int, description string) object {
	schema := object{"type": "string", "minLength": 1}
	if longest > 0 {
		schema["maxLength"] = longest
	}
	return object{"name": name, "in": "header", "required": required, "description": description, "schema": schema}
}

// bodyMedia gives the operation's JSON body.
func bodyMedia(op object) object {
	body, _ := op["requestBody"].(object)
	content, _ := body["content"].(object)
	media, _ := content["application/json"].(object)
	return media
}

func bodySchema(op object) object {
	schema, _ := bodyMedia(op)["schema"].(object)
	return schema
}

// describeContact says what a contact is answered with, and shows two.
func describeContact(op object) {
	if media := bodyMedia(op); media != nil {
		media["examples"] = object{
			"police":   object{"summary": "A police notification about two children", "value": exampleNotification()},
			"shortest": object{"summary": "The least that is needed", "value": exampleShortest()},
		}
	}
	responses, _ := op["responses"].(object)
	if ok, found := responses["200"].(object); found {
		delete(responses, "200")
		ok["description"] = "Received, and never lost from here on. The same call again gets the same answer."
		ok["headers"] = object{
			"Location": object{"description": "Where the contact can be read.", "schema": object{"type": "string"}},
			"ETag":     object{"description": "The version that was read.", "schema": object{"type": "string"}},
		}
		responses["201"] = ok
	}
}

// exampleNotification is invented, as is everybody in it.
func exampleNotification() object {
	return object{
		"source": object{"code": "6", "organisation": "Metropolitan Police", "person": "PC A. Example", "role": "Response officer", "phone": "020 7946 0000", "reference": "CAD-EXAMPLE-1"},
		"children": []any{
			object{"name": "Amina Example", "birthDate": "14/03/2017", "address": "1 Example Street", "postcode": "W8 7NX", "nhsNumber": "999 000 0018"},
			object{"name": "a younger brother", "age": "about 4", "address": "1 Example Street", "postcode": "W8 7NX"},
		},
		"adults":      []any{object{"name": "Sam Example", "relationships": []any{object{"child": 0, "relationship": "mother"}, object{"child": 1, "relationship": "mother"}}}},
		"worry":       "Called by neighbours at 22:40 to shouting. Both children were awake and frightened. No injuries seen.",
		"when":        "last night, about 22:40",
		"doneSoFar":   "Officers stayed until it was calm.",
		"telling":     object{"parentsTold": "YES_NO_YES", "parentsViews": "She would like somebody to talk to."},
		"lawfulBasis": "LAWFUL_BASIS_PUBLIC_TASK",
	}
}

func exampleShortest() object {
	return object{
		"source":   object{"code": "9"},
		"children": []any{object{"description": "a boy of about eight in the flat above the chip shop"}},
		"worry":    "He is out alone late at night.",
	}
}

// completeProblem adds to the shape of an error what Kith's problems say beside RFC 9457.
func completeProblem(d object) {
	components, _ := d["components"].(object)
	schemas, _ := components["schemas"].(object)
	problem, _ := schemas["Problem"].(object)
	properties, _ := problem["properties"].(object)
	if properties == nil {
		return
	}
	delete(properties, "instance")
	properties["reason"] = object{"type": "string", "description": "Stable and machine-readable; /docs/problems lists every one."}
	properties["field"] = object{"type": "string", "description": "The field of the request that is to blame, by its name in JSON, such as children[0].name; or a header."}
	properties["facts"] = object{"type": "object", "additionalProperties": object{"type": "string"}, "description": "Ids and codes that help to go on, such as the current etag."}
}
