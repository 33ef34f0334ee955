// Package obs is what an operator sees: logs, traces, metrics and alarms. Traces and metrics go nowhere unless an
// OpenTelemetry endpoint is set. No request, response or child's data is ever logged.
package obs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Logger writes structured lines: JSON for machines, text for people.
func Logger(w io.Writer, json bool, level slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	var handler slog.Handler = slog.NewTextHandler(w, options)
	if json {
		handler = slog.NewJSONHandler(w, options)
	}
	return slog.New(traced{handler})
}

// traced adds the trace's id to every line written within one.
type traced struct{ slog.Handler }

// Handle writes the line.
func (t traced) Handle(ctx context.Context, r slog.Record) error {
	if s := trace.SpanContextFromContext(ctx); s.HasTraceID() {
		r.AddAttrs(slog.String("trace", s.TraceID().String()))
	}
	return t.Handler.Handle(ctx, r)
}

// WithAttrs keeps the trace.
func (t traced) WithAttrs(attrs []slog.Attr) slog.Handler { return traced{t.Handler.WithAttrs(attrs)} }

// WithGroup keeps the trace.
func (t traced) WithGroup(name string) slog.Handler { return traced{t.Handler.WithGroup(name)} }

// Export sends traces and metrics to the endpoint that the standard variable OTEL_EXPORTER_OTLP_ENDPOINT names; without
// it nothing is collected. The end function sends what is left.
func Export(ctx context.Context, service, version string) (end func(context.Context) error, err error) {
	otel.SetTextMapPropagator(propagation.TraceContext{})
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" {
		return func(context.Context) error { return nil }, nil
	}
	what, err := resource.Merge(resource.Default(), resource.NewSchemaless(
		attribute.String("service.name", service), attribute.String("service.version", version),
	))
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	spans, err := otlptracegrpc.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("telemetry: traces: %w", err)
	}
	meters, err := otlpmetricgrpc.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("telemetry: metrics: %w", err)
	}
	tracer := sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans), sdktrace.WithResource(what))
	meter := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(meters)), sdkmetric.WithResource(what))
	otel.SetTracerProvider(tracer)
	otel.SetMeterProvider(meter)
	return func(ctx context.Context) error {
		return errors.Join(tracer.Shutdown(ctx), meter.Shutdown(ctx))
	}, nil
}

// Alarm says that a person has to do something now. It is a warning in the log with the attribute `alarm`, and the
// counter kith.alarms by name; an operator's paging hangs on either. Attributes are ids and codes only.
func Alarm(ctx context.Context, log *slog.Logger, name string, attrs ...any) {
	log.WarnContext(ctx, "alarm", append([]any{"alarm", name}, attrs...)...)
	counter, err := otel.Meter("kith").Int64Counter("kith.alarms", metric.WithDescription("alarms that call for a person"))
	if err == nil {
		counter.Add(ctx, 1, metric.WithAttributes(attribute.String("alarm", name)))
	}
}

// Age observes, at each collection of metrics, how old the oldest waiting thing of each authority is, in seconds.
func Age(name, description string, observe func(context.Context) (map[string]float64, error)) error {
	_, err := otel.Meter("kith").Float64ObservableGauge(name, metric.WithDescription(description), metric.WithUnit("s"),
		metric.WithFloat64Callback(func(ctx context.Context, o metric.Float64Observer) error {
			ages, err := observe(ctx)
			for authority, age := range ages {
				o.Observe(age, metric.WithAttributes(attribute.String("authority", authority)))
			}
			return err
		}))
	if err != nil {
		return fmt.Errorf("metric %s: %w", name, err)
	}
	return nil
}
