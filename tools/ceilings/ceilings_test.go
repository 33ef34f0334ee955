package main

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConstructors(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		path, function string
		fires          bool
	}{
		"one struct":             {"services/web/service.go", "func New(d Deps) {}", false},
		"a context beside it":    {"services/web/service.go", "func New(ctx context.Context, d Deps) {}", false},
		"two in one field":       {"services/web/service.go", "func New(a, b Deps) {}", true},
		"two without names":      {"pkg/pg/pg.go", "func New(Deps, Rest) {}", true},
		"a value of three":       {"pkg/pg/pg.go", "func NewPool(a int, b, c string) {}", false},
		"a value of four":        {"pkg/pg/pg.go", "func NewPool(a, b int, c, d string) {}", true},
		"deeper":                 {"services/web/staff/page.go", "func New(a, b int) {}", true},
		"no constructor":         {"pkg/pg/pg.go", "func Newest(a, b, c, d int) {}", false},
		"a method":               {"pkg/pg/pg.go", "func (p *Pool) New(a, b int) {}", false},
		"another type's Context": {"pkg/pg/pg.go", "func New(a rpc.Context, b int) {}", true},
		"a test":                 {"pkg/pg/pg_test.go", "func New(a, b int) {}", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			findings, err := check(fstest.MapFS{
				"go.mod": {Data: []byte("module m\n")},
				c.path:   {Data: []byte("package p\n\n" + c.function + "\n")},
			})
			require.NoError(t, err)
			if !c.fires {
				assert.Empty(t, findings)
				return
			}
			require.Len(t, findings, 1)
			assert.Contains(t, findings[0], c.path+":3: New")
		})
	}
}

func TestDependencies(t *testing.T) {
	t.Parallel()
	manifest := func(direct, indirect int) []byte {
		var text strings.Builder
		text.WriteString("module m\n\nrequire (\n")
		for n := range direct {
			fmt.Fprintf(&text, "github.com/direct/n%d/v2 v2.0.0\n", n)
		}
		for n := range indirect {
			fmt.Fprintf(&text, "example.org/indirect%d v1.0.0 // indirect\n", n)
		}
		return []byte(text.String() + ")\n")
	}
	within, err := dependencies(manifest(39, 100))
	require.NoError(t, err)
	assert.Empty(t, within)
	above, err := dependencies(manifest(40, 0))
	require.NoError(t, err)
	assert.Equal(t, []string{"go.mod: 40 direct dependencies, at most 39"}, above)
}

func TestAProjectCountsOnce(t *testing.T) {
	t.Parallel()
	for module, want := range map[string]string{
		"go.opentelemetry.io/otel/sdk/metric":                "go.opentelemetry.io",
		"go.opentelemetry.io/contrib/instrumentation/x":      "go.opentelemetry.io",
		"github.com/riverqueue/river/riverdriver/riverpgxv5": "github.com/riverqueue/river",
		"golang.org/x/text":                                  "golang.org/x/text",
		"google.golang.org/genproto/googleapis/rpc":          "google.golang.org/genproto",
		"google.golang.org/grpc":                             "google.golang.org/grpc",
		"pgregory.net/rapid":                                 "pgregory.net/rapid",
	} {
		assert.Equal(t, want, project(module))
	}
}
