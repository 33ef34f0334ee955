package stories_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// scratch is this run's folder. PostgreSQL's own user can pass through it, which a test's temporary folder does not let
// it.
var scratch string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	if scratch, err = os.MkdirTemp("", "kith-stories-"); err == nil {
		err = os.Chmod(scratch, 0o711)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := errors.Join(house.stop(), os.RemoveAll(scratch)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// folder makes a folder of its own for a test's data, which goes with the run.
func folder(t testing.TB) string {
	t.Helper()
	path, err := os.MkdirTemp(scratch, "")
	if err == nil {
		err = os.Chmod(path, 0o711)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// built builds the program once.
var built = sync.OnceValues(func() (string, error) {
	program := filepath.Join(scratch, "kith")
	build := exec.CommandContext(context.Background(), "go", "build", "-o", program, "github.com/kithcare/kith/services/kith")
	build.Env = append(os.Environ(), "GOWORK=off")
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build kith: %w\n%s", err, text)
	}
	return program, nil
})

func program(t testing.TB) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
