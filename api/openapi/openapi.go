// Package openapi carries the OpenAPI document of the REST interface, as the protos give it.
package openapi

import _ "embed"

//go:embed openapi.json
var document []byte

// Document gives the OpenAPI 3.1 document as JSON, in a copy of the caller's own.
func Document() []byte { return append([]byte(nil), document...) }
