package admin

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func samples() []Sample {
	return []Sample{
		{Name: "calls_active", Help: "Calls that are up.", Kind: Gauge, Value: 3},
		{
			Name: "calls_failed_total", Help: "Calls that were not answered, by class of status.", Kind: Counter,
			Labels: []Label{{"class", "4xx"}}, Value: 5,
		},
		{
			Name: "calls_failed_total", Help: "Calls that were not answered, by class of status.", Kind: Counter,
			Labels: []Label{{"class", "5xx"}}, Value: 1,
		},
		{
			Name: "leg_mos", Help: "Scores.", Kind: Histogram, Labels: []Label{{"way", "heard"}}, Value: 7.5,
			Buckets: []Bucket{{3, 0}, {4, 1}, {4.5, 1}},
		},
	}
}

func must(t *testing.T) func(http.Handler, error) http.Handler {
	t.Helper()
	return func(handler http.Handler, err error) http.Handler {
		if err != nil {
			t.Fatal(err)
		}
		return handler
	}
}

func ask(t *testing.T, handler http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, http.NoBody))
	return recorder
}

func TestHealthAndReadiness(t *testing.T) {
	t.Parallel()
	var ready atomic.Bool
	handler := must(t)(New(Options{Ready: ready.Load, Logger: slog.New(slog.DiscardHandler)}))
	for _, test := range []struct {
		ready  bool
		path   string
		status int
	}{
		{false, "/healthz", http.StatusOK},
		{false, "/readyz", http.StatusServiceUnavailable},
		{true, "/healthz", http.StatusOK},
		{true, "/readyz", http.StatusOK},
		{true, "/debug/pprof/", http.StatusNotFound},
	} {
		ready.Store(test.ready)
		if got := ask(t, handler, test.path).Code; got != test.status {
			t.Errorf("ready %v: %s gives %d, not %d", test.ready, test.path, got, test.status)
		}
	}
}

func TestMetricsShowSamples(t *testing.T) {
	t.Parallel()
	handler := must(t)(New(Options{
		Version: "v1", Ready: func() bool { return true }, Sources: []Source{samples}, Logger: slog.New(slog.DiscardHandler),
	}))
	got := ask(t, handler, "/metrics").Body.String()
	for _, line := range []string{
		"# TYPE sipbridge_calls_active gauge", "sipbridge_calls_active 3",
		"# TYPE sipbridge_calls_failed_total counter",
		`sipbridge_calls_failed_total{class="4xx"} 5`, `sipbridge_calls_failed_total{class="5xx"} 1`,
		"# TYPE sipbridge_leg_mos histogram", `sipbridge_leg_mos_bucket{way="heard",le="3"} 0`,
		`sipbridge_leg_mos_bucket{way="heard",le="4.5"} 2`, `sipbridge_leg_mos_sum{way="heard"} 7.5`,
		`sipbridge_leg_mos_count{way="heard"} 2`,
		`sipbridge_build_info{version="v1"} 1`, "go_goroutines ", "process_open_fds ",
	} {
		if !strings.Contains(got, line) {
			t.Errorf("%q is missing in\n%s", line, got)
		}
	}
}

func TestMetricsAreReadAnew(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	source := func() []Sample {
		return []Sample{{Name: "reads_total", Help: "Reads.", Kind: Counter, Value: float64(calls.Add(1))}}
	}
	handler := must(t)(New(Options{
		Ready: func() bool { return true }, Sources: []Source{source}, Logger: slog.New(slog.DiscardHandler),
	}))
	for _, want := range []string{"sipbridge_reads_total 1", "sipbridge_reads_total 2"} {
		if got := ask(t, handler, "/metrics").Body.String(); !strings.Contains(got, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

func TestBadSampleHidesNoOther(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	bad := func() []Sample {
		return []Sample{{Name: "not a name", Help: "x", Labels: []Label{{"also bad", "\xff"}}}}
	}
	handler := must(t)(New(Options{
		Ready: func() bool { return true }, Sources: []Source{bad, samples},
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	}))
	got := ask(t, handler, "/metrics")
	if got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "sipbridge_calls_active 3") {
		t.Errorf("a bad sample gives %d and hides others", got.Code)
	}
	if !strings.Contains(log.String(), "not a name") {
		t.Errorf("the bad sample is not logged: %q", log.String())
	}
}

func TestSamplesPassPromlint(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(collector{sources: []Source{samples}})
	problems, err := testutil.GatherAndLint(registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Errorf("%s: %s", problem.Metric, problem.Text)
	}
}
