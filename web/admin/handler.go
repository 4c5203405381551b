package admin

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Options says what there is to see.
type Options struct {
	// Version of the program, for the metric sipbridge_build_info.
	Version string
	// Ready tells whether new calls are taken: not before everything listens, and not while draining.
	Ready func() bool
	// Sources of the numbers behind /metrics.
	Sources []Source
	// Calls gives the running calls behind /calls; nil for no such page.
	Calls func() []Call
	// Logger hears of samples that cannot be shown.
	Logger *slog.Logger
}

// Reading /metrics is cheap, but whoever may read it may not read it without end.
const (
	metricsAtOnce  = 2
	metricsTimeout = 10 * time.Second
)

// New serves /healthz (200 as long as the process answers), /readyz (200, or 503 while it takes no
// calls), /metrics, and /calls if there is Options.Calls. The numbers tell an attacker much, and the calls who talks to
// whom: both belong on listeners of the operator only.
func New(options Options) (http.Handler, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !options.Ready() {
			answer(w, http.StatusServiceUnavailable, "not ready")
			return
		}
		answer(w, http.StatusOK, "ready")
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry(options), promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(options.Logger.Handler(), slog.LevelError),
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: metricsAtOnce,
		Timeout:             metricsTimeout,
	}))
	if options.Calls != nil {
		calls, err := newCallsHandler(options.Calls, options.Logger)
		if err != nil {
			return nil, err
		}
		mux.Handle("GET /calls", calls)
		mux.Handle("GET /calls.json", calls)
	}
	return mux, nil
}

func registry(options Options) *prometheus.Registry {
	info := func() []Sample {
		return []Sample{{
			Name: "build_info", Help: "The version that runs; the value is always 1.", Kind: Gauge,
			Labels: []Label{{Name: "version", Value: options.Version}}, Value: 1,
		}}
	}
	out := prometheus.NewRegistry()
	out.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collector{sources: append([]Source{info}, options.Sources...)},
	)
	return out
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, text) // a prober that went away is nobody's fault
}
