package main
import "context"
func (b *bench) starts(ctx context.Context) error { return nil }
func (b *bench) latencies(ctx context.Context) error { return nil }
func (b *bench) queues(ctx context.Context) error { return nil }
func (b *bench) profile(ctx context.Context, f string) error { return nil }
