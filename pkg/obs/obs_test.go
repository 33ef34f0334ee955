package obs_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/kithcare/kith/pkg/obs"
)

func line(t *testing.T, b *bytes.Buffer) map[string]any {
	t.Helper()
	var l map[string]any
	if err := json.Unmarshal(b.Bytes(), &l); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	return l
}

func TestAnAlarmCanBeFoundInTheLog(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	obs.Alarm(t.Context(), obs.Logger(&b, true, slog.LevelWarn), "event_parked", "position", 7)
	if l := line(t, &b); l["alarm"] != "event_parked" || l["level"] != "WARN" || l["position"] != 7.0 {
		t.Errorf("%v", l)
	}
}

func TestALineWithinATraceNamesIt(t *testing.T) {
	t.Parallel()
	id := trace.TraceID{1, 2, 3}
	ctx := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: trace.SpanID{1}}))
	var b bytes.Buffer
	obs.Logger(&b, true, slog.LevelInfo).With("service", "referral").InfoContext(ctx, "x")
	if l := line(t, &b); l["trace"] != id.String() || l["service"] != "referral" {
		t.Errorf("%v", l)
	}
	b.Reset()
	obs.Logger(&b, true, slog.LevelInfo).WithGroup("g").InfoContext(t.Context(), "x")
	if bytes.Contains(b.Bytes(), []byte("trace")) {
		t.Errorf("a line outside of any trace: %s", &b)
	}
	b.Reset()
	obs.Logger(&b, false, slog.LevelInfo).DebugContext(ctx, "x")
	if b.Len() != 0 {
		t.Errorf("below the level: %s", &b)
	}
}

// Without an endpoint nothing is collected and nothing goes anywhere.
func TestTelemetryIsOffUnlessAnEndpointIsSet(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	end, err := obs.Export(t.Context(), "referral", "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := end(t.Context()); err != nil {
		t.Error(err)
	}
}
