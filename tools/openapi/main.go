// Command openapi writes the one OpenAPI 3.1 document of Kith's REST interface.
//
//	openapi FOLDER OUTPUT
//
// FOLDER holds what protoc-gen-openapiv3 wrote, one document for each proto file. The program joins them under base.json
// (title, security, the shape of an error), gives path parameters the name of what they identify, and adds to every
// operation what the gateway does alike for all: the problem answer, and the Idempotency-Key that every create needs.
package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

//go:embed base.json
var base []byte

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: openapi FOLDER OUTPUT")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "openapi:", err)
		os.Exit(1)
	}
}

func run(folder, output string) error {
	documents, err := read(folder)
	if err != nil {
		return err
	}
	joined, err := join(base, documents)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(output), 0o755); err != nil {
		return err
	}
	return os.WriteFile(output, joined, 0o644)
}

// read returns the documents under folder, in the order of their paths.
func read(folder string) ([][]byte, error) {
	var documents [][]byte
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".openapi.json") {
			return err
		}
		text, err := os.ReadFile(path)
		documents = append(documents, text)
		return err
	})
	return documents, err
}

// join merges the documents into base. Two different definitions of one schema or one operation are an error.
func join(base []byte, documents [][]byte) ([]byte, error) {
	var whole document
	if err := json.Unmarshal(base, &whole); err != nil {
		return nil, fmt.Errorf("base.json: %w", err)
	}
	for _, text := range documents {
		var part document
		if err := json.Unmarshal(text, &part); err != nil {
			return nil, err
		}
		if err := whole.add(part); err != nil {
			return nil, err
		}
	}
	joined, err := json.MarshalIndent(whole, "", "  ")
	return append(joined, '\n'), err
}
