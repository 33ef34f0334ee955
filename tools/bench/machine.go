package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/kithcare/kith/pkg/pg/pgchild"
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

// ticks are what /proc counts processor time in, a hundred a second on every Linux that Go runs on.
const ticks = 100

// consumed is the processor time that a process has had.
func consumed(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("processor time: %w", err)
	}
	// What comes before the last bracket is the name, which may hold anything.
	_, rest, _ := strings.Cut(string(text[bytes.LastIndexByte(text, ')'):]), " ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, errors.New("processor time is not told")
	}
	var sum time.Duration
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("processor time: %w", err)
		}
		sum += time.Duration(n) * time.Second / ticks
	}
	return sum, nil
}
