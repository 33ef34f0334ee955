// Command protos prints the third-party .proto files that Kith's own import.
//
// Kith commits no third-party .proto. The Go modules that it is built with carry the descriptors of theirs, so this
// program prints them from there into the folder named by its one argument, which buf.yaml lists as a second module.
// The versions are therefore the ones in go.mod, and nothing is fetched from a schema registry.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jhump/protoreflect/desc"            //nolint:staticcheck // protoprint takes this form
	"github.com/jhump/protoreflect/desc/protoprint" //nolint:staticcheck // the later major version is a pre-release
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	_ "github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-openapiv3/options"
	_ "google.golang.org/genproto/googleapis/api/annotations"
	_ "google.golang.org/genproto/googleapis/api/httpbody"
	_ "google.golang.org/genproto/googleapis/rpc/errdetails"
	_ "google.golang.org/genproto/googleapis/rpc/status"
	_ "google.golang.org/genproto/googleapis/type/date"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: protos FOLDER")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "protos:", err)
		os.Exit(1)
	}
}

// write replaces folder by the printed files.
func write(folder string) error {
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	var failed error
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(file.Path(), "google/protobuf/") { // buf brings these itself
			failed = writeFile(folder, file)
		}
		return failed == nil
	})
	return failed
}

func writeFile(folder string, file protoreflect.FileDescriptor) error {
	wrapped, err := desc.WrapFile(file)
	if err != nil {
		return fmt.Errorf("%s: %w", file.Path(), err)
	}
	printer := protoprint.Printer{Compact: true, SortElements: true}
	text, err := printer.PrintProtoToString(wrapped)
	if err != nil {
		return fmt.Errorf("%s: %w", file.Path(), err)
	}
	path := filepath.Join(folder, filepath.FromSlash(file.Path()))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
