package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// bench is one invocation.
type bench struct {
	// runs is how often each measurement is made.
	runs int
	// quick makes the history smaller.
	quick bool
	// folder holds the data, and goes when all is done.
	folder string
	// root is the repository.
	root string
	// program is the kith that was built from the tree.
	program string
	table   table
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "bare" {
		return serveBare(ctx, args[1:])
	}
	b := &bench{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := flags.String("only", strings.Join(parts(), ","), "the parts to measure")
	data := flags.String("data", os.TempDir(), "a folder on the disk to measure on")
	profile := flags.String("profile", "", "receive contacts for a while under a CPU profile, written to this file, and measure nothing")
	flags.BoolVar(&b.quick, "quick", false, "a shorter history: 100,000 contacts against 10,000")
	flags.IntVar(&b.runs, "runs", 5, "how often each measurement is made")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen := strings.Split(*only, ",")
	for _, part := range chosen {
		if !slices.Contains(parts(), part) {
			return fmt.Errorf("-only %s: the parts are %s", part, strings.Join(parts(), ", "))
		}
	}
	defer func() {
		if b.folder != "" {
			_ = os.RemoveAll(b.folder)
		}
	}()
	if err := b.prepare(ctx, *data); err != nil {
		return err
	}
	if *profile != "" {
		return b.profile(ctx, *profile)
	}
	return b.measure(ctx, chosen)
}

// parts are what can be measured, in the order in which it is.
func parts() []string { return []string{"start", "receive", "latency", "queue", "pages"} }

// prepare builds kith and makes a folder that PostgreSQL's own user can pass through.
func (b *bench) prepare(ctx context.Context, data string) error {
	top, err := command(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return fmt.Errorf("look for the repository: %w", err)
	}
	b.root = filepath.Dir(filepath.Dir(strings.TrimSpace(string(top))))
	if b.folder, err = os.MkdirTemp(data, "kith-bench-"); err != nil {
		return fmt.Errorf("the data: %w", err)
	}
	if err := os.Chmod(b.folder, 0o755); err != nil {
		return fmt.Errorf("the data: %w", err)
	}
	b.program = filepath.Join(b.folder, "kith")
	build := command(ctx, "go", "build", "-trimpath", "-o", b.program, "./services/kith")
	build.Dir = b.root
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build kith: %w\n%s", err, text)
	}
	return nil
}

// measure runs the parts. One that fails is told of, and the others are measured all the same.
func (b *bench) measure(ctx context.Context, chosen []string) error {
	var errs []error
	for _, part := range parts() {
		if !slices.Contains(chosen, part) || ctx.Err() != nil {
			continue
		}
		say("%s", part)
		var err error
		switch part {
		case "start":
			err = b.starts(ctx)
		case "receive":
			err = b.receives(ctx)
		case "latency":
			err = b.latencies(ctx)
		case "queue":
			err = b.queues(ctx)
		case "pages":
			err = b.pages(ctx)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", part, err))
		}
	}
	fmt.Print(b.table.text(), "\n", machine(ctx, b.folder), "\n")
	return errors.Join(append(errs, ctx.Err())...)
}

// say tells how far the measuring is, away from the table.
func say(format string, args ...any) { fmt.Fprintf(os.Stderr, "… "+format+"\n", args...) }
