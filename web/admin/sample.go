package admin

// Sample is one number of a snapshot.
type Sample struct {
	// Name is in Prometheus's form without the prefix "sipbridge_": words with underscores, the unit
	// in the plural, and for a Counter "_total" at the end, as in "calls_failed_total".
	Name string
	// Help is one sentence; every sample of one name has the same.
	Help string
	// Kind tells a Counter from a Gauge.
	Kind Kind
	// Labels tell samples of one name apart; every sample of one name has the same label names. Their
	// values come from a small fixed set, never from the network.
	Labels []Label
	// Value is the number; of a Histogram the sum of all that was counted.
	Value float64
	// Buckets are those of a Histogram; nil for other kinds.
	Buckets []Bucket
}

// Bucket counts what is at most Bound, and above the Bound of the bucket before it.
type Bucket struct {
	Bound float64
	Count uint64
}

// Kind is what a number does over time.
type Kind int

const (
	// Counter only grows while the process lives.
	Counter Kind = iota
	// Gauge goes up and down.
	Gauge
	// Histogram counts values by their size.
	Histogram
)

// Label is a name and a value, such as class="4xx".
type Label struct {
	Name, Value string
}

// Source gives samples of the present state. It is called for each reading, from several goroutines
// at once if there are several readers, and must be quick.
type Source func() []Sample
