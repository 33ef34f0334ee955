package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"github.com/kithcare/kith/services/platform/up"
)

// profiled is how long contacts come in under the profile.
const profiled = 15 * time.Second

// profile receives contacts with the platform in this process, and writes where the processor's time went.
func (b *bench) profile(ctx context.Context, file string) (err error) {
	out, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("the profile: %w", err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	data := filepath.Join(b.folder, "profile")
	address, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	p, err := up.Start(ctx, up.Config{
		Data: data, Listen: address, Version: "bench", RatePerMinute: unlimited, Now: time.Now, Wall: time.Now, Out: io.Discard, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	defer func() {
		end, cancel := up.StopTime(ctx)
		defer cancel()
		err = errors.Join(err, p.Stop(end))
	}()
	token, err := up.Token(ctx, data, address, partner)
	if err != nil {
		return err
	}
	to := target{address, token, newMaker()}
	if _, err := to.steady(ctx, saturating, time.Second); err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(out); err != nil {
		return fmt.Errorf("the profile: %w", err)
	}
	t, err := to.steady(ctx, saturating, profiled)
	pprof.StopCPUProfile()
	if err != nil {
		return err
	}
	fmt.Printf("%.0f contacts a second under the profile; read it with `go tool pprof -top -cum %s`\n", t.rate(), file)
	return nil
}
