package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const contacts = `{"paths": {
	"/v1/authorities/{parent}/contacts": {"post": {"operationId": "Create", "responses": {"200": {}},
		"parameters": [{"name": "parent", "in": "path", "schema": {}}]}},
	"/v1/authorities/{name}/contacts/{name_1}": {"get": {"operationId": "Get", "responses": {"200": {}},
		"parameters": [{"name": "name", "in": "path", "schema": {}}, {"name": "name_1", "in": "path", "schema": {}}]}},
	"/v1/authorities/{contact.name}/contacts/{contact.name_1}": {"patch": {"operationId": "Amend", "responses": {"200": {}}}},
	"/v1/authorities/{name}/contacts/{name_1}/children/{name_2}:screen": {"post": {"operationId": "Screen", "responses": {"200": {}}}},
	"/v1/people/{person}/families": {"get": {"operationId": "Families", "responses": {"200": {}, "default": {"description": "its own"}}}}
}, "components": {"schemas": {"Contact": {"type": "object"}}}, "tags": [{"name": "B"}]}`

func joined(t *testing.T, documents ...string) (document, error) {
	t.Helper()
	var parts [][]byte
	for _, text := range documents {
		parts = append(parts, []byte(text))
	}
	text, err := join(base, parts)
	if err != nil {
		return document{}, err
	}
	var whole document
	require.NoError(t, json.Unmarshal(text, &whole))
	return whole, nil
}

func TestPathsAreNamedByWhatTheyIdentify(t *testing.T) {
	t.Parallel()
	whole, err := joined(t, contacts)
	require.NoError(t, err)

	one := whole.Paths["/v1/authorities/{authority}/contacts/{contact}"]
	assert.Equal(t, "Get", one["get"].OperationID)
	assert.Equal(t, "Amend", one["patch"].OperationID)
	assert.Equal(t, "authority", one["get"].Parameters[0].Name)
	assert.Equal(t, "contact", one["get"].Parameters[1].Name)
	assert.Contains(t, whole.Paths, "/v1/authorities/{authority}/contacts/{contact}/children/{child}:screen")
	assert.Contains(t, whole.Paths, "/v1/people/{person}/families")
	assert.Len(t, whole.Paths, 4)
}

func TestEveryOperationAnswersWithAProblemAndCreatesNeedAKey(t *testing.T) {
	t.Parallel()
	whole, err := joined(t, contacts)
	require.NoError(t, err)

	create := whole.Paths["/v1/authorities/{authority}/contacts"]["post"]
	require.Len(t, create.Parameters, 2)
	assert.Equal(t, "Idempotency-Key", create.Parameters[1].Name)
	assert.True(t, create.Parameters[1].Required)
	assert.Equal(t, map[string]any{"$ref": "#/components/responses/Problem"}, create.Responses["default"])
	screen := whole.Paths["/v1/authorities/{authority}/contacts/{contact}/children/{child}:screen"]["post"]
	assert.Empty(t, screen.Parameters)
	own := whole.Paths["/v1/people/{person}/families"]["get"]
	assert.Equal(t, map[string]any{"description": "its own"}, own.Responses["default"])
	assert.Contains(t, whole.Components.Schemas, "Problem")
}

func TestWhatIsDefinedTwiceMustAgree(t *testing.T) {
	t.Parallel()
	_, err := joined(t, contacts, `{"components": {"schemas": {"Contact": {"type": "object"}}}, "tags": [{"name": "A"}, {"name": "B"}]}`)
	require.NoError(t, err)
	_, err = joined(t, contacts, `{"components": {"schemas": {"Contact": {"type": "string"}}}}`)
	require.ErrorContains(t, err, "schema Contact is defined twice, and differently")
	_, err = joined(t, contacts, contacts)
	require.ErrorContains(t, err, "is defined twice")
}
