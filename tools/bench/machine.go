package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"github.com/kithcare/kith/pkg/pgchild"
)

// command is an ordinary program in an environment without this process's own KITH_ variables and workspace.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	for _, line := range os.Environ() {
		if !strings.HasPrefix(line, "KITH_") {
			cmd.Env = append(cmd.Env, line)
		}
	}
	cmd.Env = append(cmd.Env, "GOWORK=off")
	return cmd
}

// machine is what the figures were measured on.
func machine(ctx context.Context, folder string) string {
	postgres := "of unknown version"
	if _, version, err := pgchild.Find(ctx, ""); err == nil {
		postgres = fmt.Sprint(version)
	}
	processor := "unknown processor"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				processor = strings.TrimSpace(value)
				break
			}
		}
	}
	line := fmt.Sprintf("%d cores (%s), %s/%s, %s, PostgreSQL %s, fsync on", runtime.NumCPU(), processor, runtime.GOOS, runtime.GOARCH, runtime.Version(), postgres)
	if inMemory(folder) {
		line += "; the data lay in memory, where fsync costs nothing: name a folder on the disk with -data"
	}
	return line
}

// tmpfs is the type of a file system in memory.
const tmpfs = 0x01021994

func inMemory(folder string) bool {
	var fs syscall.Statfs_t
	return syscall.Statfs(folder, &fs) == nil && int64(fs.Type) == tmpfs
}
