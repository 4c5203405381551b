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
	var metric prometheus.Metric
	var err error
	if sample.Kind == Histogram {
		metric, err = histogramOf(description, sample, values)
	} else {
		metric, err = prometheus.NewConstMetric(description, kind, sample.Value, values...)
	}
	if err != nil {
		return prometheus.NewInvalidMetric(description, err)
	}
	return metric
}

// histogramOf adds the buckets up, as Prometheus wants them: each with all those below.
func histogramOf(description *prometheus.Desc, sample Sample, labels []string) (prometheus.Metric, error) {
	buckets, count := make(map[float64]uint64, len(sample.Buckets)), uint64(0)
	for _, bucket := range sample.Buckets {
		count += bucket.Count
		buckets[bucket.Bound] = count
	}
	//nolint:wrapcheck // to metricOf
	return prometheus.NewConstHistogram(description, count, sample.Value, buckets, labels...)
}
