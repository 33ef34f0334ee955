package obs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"

	"go.opentelemetry.io/otel"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace"

	"github.com/kithcare/kith/pkg/obs"
)

// TestWhatAnOperatorSees uses the process's one meter provider, so the metrics are tried in one test.
func TestWhatAnOperatorSees(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	otel.SetMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	var lines bytes.Buffer
	log := obs.Logger(&lines, true, slog.LevelInfo)
	obs.Alarm(t.Context(), log, "danger", "contact", "0192")
	obs.Alarm(t.Context(), log, "danger", "contact", "0193")
	err := obs.Age("kith.contacts.oldest_undecided", "age", func(context.Context) (map[string]float64, error) {
		return map[string]float64{"kent": 5400}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, m := range all.ScopeMetrics[0].Metrics {
		switch data := m.Data.(type) {
		case metricdata.Sum[int64]:
			got[m.Name] = float64(data.DataPoints[0].Value)
		case metricdata.Gauge[float64]:
			got[m.Name] = data.DataPoints[0].Value
		}
	}
	if got["kith.alarms"] != 2 || got["kith.contacts.oldest_undecided"] != 5400 {
		t.Errorf("metrics: %v", got)
	}
	var line map[string]any
	if err := json.Unmarshal(bytes.SplitN(lines.Bytes(), []byte("\n"), 2)[0], &line); err != nil {
		t.Fatal(err)
	}
	if line["alarm"] != "danger" || line["level"] != "WARN" || line["contact"] != "0192" {
		t.Errorf("the line: %v", line)
	}
}

func TestALineNamesItsTrace(t *testing.T) {
	t.Parallel()
	var lines bytes.Buffer
	id := trace.TraceID{1, 2, 3}
	ctx := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: trace.SpanID{1}}))
	obs.Logger(&lines, false, slog.LevelInfo).With("service", "referral").InfoContext(ctx, "denied")
	if !bytes.Contains(lines.Bytes(), []byte("trace="+id.String())) {
		t.Errorf("no trace in %s", lines.String())
	}
}

func TestNothingIsSentWithoutAnEndpoint(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	before := otel.GetTracerProvider()
	end, err := obs.Export(t.Context(), "kith", "test")
	if err != nil || otel.GetTracerProvider() != before {
		t.Fatalf("something was set up: %v", err)
	}
	if err := end(t.Context()); err != nil {
		t.Fatal(err)
	}
}
