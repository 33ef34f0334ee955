package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// rest is how long a started platform is left alone before its memory is read.
const rest = 5 * time.Second

// starts measures the first start on an empty folder, a start on existing data, and the memory of the Go process at rest.
func (b *bench) starts(ctx context.Context) error {
	var first, again []time.Duration
	var resident []float64
	for n := range b.runs {
		data := filepath.Join(b.folder, fmt.Sprintf("start-%d", n))
		took, _, err := b.start(ctx, data, false)
		if err != nil {
			return err
		}
		first = append(first, took)
		took, bytes, err := b.start(ctx, data, true)
		if err != nil {
			return err
		}
		again, resident = append(again, took), append(resident, bytes)
		say("first start %v, on existing data %v, at rest %s", short(first[n]), short(again[n]), megabytes(bytes))
		if err := os.RemoveAll(data); err != nil {
			return err
		}
	}
	for _, f := range []struct {
		name string
		took []time.Duration
		most time.Duration
	}{
		{"`kith up` for the first time: ready after", first, 15 * time.Second},
		{"`kith up` on existing data: ready after", again, 3 * time.Second},
	} {
		b.table.add(figure{
			name: f.name, a: short(median(f.took)), value: short(median(f.took)), target: "≤ " + f.most.String(),
			met: median(f.took) <= f.most, spread: spread(f.took, short),
		})
	}
	b.table.add(figure{
		name: "the Go process at rest: resident", a: megabytes(median(resident)), value: megabytes(median(resident)), target: "< 120 MB",
		met: median(resident) < 120e6, spread: spread(resident, megabytes),
	})
	return nil
}

// start runs `kith up` until it is ready and stops it again; at rest it reads the memory of its own process before that.
func (b *bench) start(ctx context.Context, data string, resting bool) (took time.Duration, resident float64, err error) {
	began := time.Now()
	h, err := b.open(ctx, data)
	if err != nil {
		return 0, 0, err
	}
	took = time.Since(began)
	defer func() { err = errors.Join(err, h.stop()) }()
	if !resting {
		return took, 0, nil
	}
	select {
	case <-ctx.Done():
		return took, 0, ctx.Err()
	case <-time.After(rest):
	}
	resident, err = residentOf(h.cmd.Process.Pid)
	return took, resident, err
}

// residentOf is the memory of a process that is in use, in bytes.
func residentOf(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("the memory of kith: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kilobytes, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
			return kilobytes * 1024, err
		}
	}
	return 0, errors.New("the memory of kith is not told")
}

func megabytes(bytes float64) string { return fmt.Sprintf("%.0f MB", bytes/1e6) }
