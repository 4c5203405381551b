package admin

import "github.com/prometheus/client_golang/prometheus"

// prefix begins the name of every metric.
const prefix = "sipbridge_"

// collector makes Prometheus metrics of what sources say when asked.
type collector struct {
	sources []Source
}

var _ prometheus.Collector = collector{}

// Describe says nothing: what the sources hold shows when they are asked.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect asks every source.
func (c collector) Collect(metrics chan<- prometheus.Metric) {
	for _, source := range c.sources {
		for _, sample := range source() {
			metrics <- metricOf(sample)
		}
	}
}

func metricOf(sample Sample) prometheus.Metric {
	names, values := make([]string, len(sample.Labels)), make([]string, len(sample.Labels))
	for i, label := range sample.Labels {
		names[i], values[i] = label.Name, label.Value
	}
	kind := prometheus.CounterValue
	if sample.Kind == Gauge {
		kind = prometheus.GaugeValue
	}
	description := prometheus.NewDesc(prefix+sample.Name, sample.Help, names, nil)
	metric, err := prometheus.NewConstMetric(description, kind, sample.Value, values...)
	if err != nil {
		return prometheus.NewInvalidMetric(description, err)
	}
	return metric
}
