package registrar

import "time"

// Users tells who may register.
type Users interface {
	// Known tells whether a local domain, in its canonical form, has a user.
	Known(user, domain string) bool
}

// Observer hears of changes, for the log. It is called without any lock held, from the goroutine that made the change.
type Observer interface {
	// Registered is called for a new binding, and for one that moved to another flow; not for a refresh.
	Registered(binding Binding)
	// Unregistered is called when a binding has ended.
	Unregistered(binding Binding, reason Reason)
}

// Reason says why a binding ended.
type Reason string

// The reasons there are.
const (
	ReasonRemoved    Reason = "removed by its user"
	ReasonExpired    Reason = "expired"
	ReasonFlowClosed Reason = "connection lost"
)

// Options are the settings of a Registrar.
type Options struct {
	// Users are those of our domains. Required.
	Users Users
	// Domain gives the canonical name of the local domain that a host, in lower case, stands for; default the host
	// itself.
	Domain func(host string) string
	// MinExpires is the shortest life of a binding; who asks for less gets 423. Default 30 seconds.
	MinExpires time.Duration
	// DefaultExpires is the life of a binding whose client asks for none. Default 600 seconds.
	DefaultExpires time.Duration
	// MaxExpires is the longest life; who asks for more gets this. Default 3600 seconds.
	MaxExpires time.Duration
	// MaxBindings is how many places one user may be at; one more gets 403. Default 10.
	MaxBindings int
	// SweepInterval is how often Run drops expired bindings. Default 10 seconds.
	SweepInterval time.Duration
	// Observer hears of changes. Default none.
	Observer Observer
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Domain == nil {
		o.Domain = func(host string) string { return host }
	}
	o.MinExpires = orDefault(o.MinExpires, 30*time.Second)
	o.MaxExpires = max(orDefault(o.MaxExpires, time.Hour), o.MinExpires)
	o.DefaultExpires = min(max(orDefault(o.DefaultExpires, 10*time.Minute), o.MinExpires), o.MaxExpires)
	o.SweepInterval = orDefault(o.SweepInterval, 10*time.Second)
	if o.MaxBindings <= 0 {
		o.MaxBindings = 10
	}
	if o.Observer == nil {
		o.Observer = silent{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func orDefault(given, otherwise time.Duration) time.Duration {
	if given <= 0 {
		return otherwise
	}
	return given
}

// silent is the Observer of those who want none.
type silent struct{}

func (silent) Registered(Binding)           {}
func (silent) Unregistered(Binding, Reason) {}
