package presence

import "time"

// Options are the settings of a Server. A zero field means its default.
type Options struct {
	// Reachable tells whether a user, "name@domain", has a registered device. Default: nobody has.
	Reachable func(user string) bool
	// MinExpires is the shortest life of a subscription or publication; who asks for less gets 423. Default 60 seconds.
	MinExpires time.Duration
	// DefaultExpires is the life of those that ask for none. Default one hour.
	DefaultExpires time.Duration
	// MaxExpires is the longest life; who asks for more gets this. Default one hour.
	MaxExpires time.Duration
	// Interval is the shortest time between two notifications of one subscription. Default one second.
	Interval time.Duration
	// MaxSubscriptions bounds the subscriptions of all; default 20000.
	MaxSubscriptions int
	// MaxPerWatcher bounds how many one user may hold, MaxWatchers how many may watch one user. Default 200 each.
	MaxPerWatcher, MaxWatchers int
	// MaxPublications bounds what one user may publish at once. Default 10.
	MaxPublications int
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Reachable == nil {
		o.Reachable = func(string) bool { return false }
	}
	o.MinExpires = orDefault(o.MinExpires, time.Minute)
	o.MaxExpires = max(orDefault(o.MaxExpires, time.Hour), o.MinExpires)
	o.DefaultExpires = min(max(orDefault(o.DefaultExpires, time.Hour), o.MinExpires), o.MaxExpires)
	o.Interval = orDefault(o.Interval, time.Second)
	o.MaxSubscriptions = orDefault(o.MaxSubscriptions, 20000)
	o.MaxPerWatcher = orDefault(o.MaxPerWatcher, 200)
	o.MaxWatchers = orDefault(o.MaxWatchers, 200)
	o.MaxPublications = orDefault(o.MaxPublications, 10)
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func orDefault[N int | time.Duration](given, otherwise N) N {
	if given <= 0 {
		return otherwise
	}
	return given
}
