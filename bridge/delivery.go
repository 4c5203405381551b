package bridge

import "sync"

// Recipient is an Endpoint that takes messages outside of calls, too (RFC 3428).
type Recipient interface {
	Endpoint
	// Text brings a message of request.From to whom request.To names. It does not block, and messages to one device
	// arrive in the order of the calls. done hears once, from any goroutine and perhaps before Text returns, what became
	// of it: a status below 300 says that it was taken.
	Text(request Request, message Message, done func(Cause))
}

// Text brings a message that belongs to no call to whomever the Router names for request.To, at once to all devices of
// a user. Nothing is kept for who is not there. It does not block; done hears once, from any goroutine, what became of
// it: 200 if somebody took it, else the best of the failures (RFC 3261 section 16.7).
func (x *Exchange) Text(request Request, message Message, done func(Cause)) {
	targets, err := x.options.Router.Route(request)
	if err != nil {
		done(CauseOf(err))
		return
	}
	Deliver(request, targets, message, done)
}

// Deliver brings a message to all targets that take messages, as Exchange.Text does.
func Deliver(request Request, targets []Target, message Message, done func(Cause)) {
	if request.MaxForwards == 1 {
		done(Cause{Status: 483, Text: "Too Many Hops"})
		return
	}
	if request.MaxForwards > 0 {
		request.MaxForwards--
	}
	var takers []Target
	for _, target := range targets {
		if _, ok := target.Endpoint.(Recipient); ok {
			takers = append(takers, target)
		}
	}
	if len(takers) == 0 {
		done(Cause{Status: 488, Text: "Takes No Messages"})
		return
	}
	delivery := NewDelivery(len(takers), done)
	for _, target := range takers {
		onward := request
		onward.To = target.URI
		if taker, ok := target.Endpoint.(Recipient); ok {
			taker.Text(onward, message, delivery.Report)
		}
	}
}

// Delivery collects what becomes of something that goes to several devices at once. Its methods may be called by any
// goroutine.
type Delivery struct {
	done func(Cause)

	mu   sync.Mutex
	open int   // guarded by mu: devices of which nothing was heard
	best Cause // guarded by mu: the failure to tell, if all fail
	over bool  // guarded by mu
}

// NewDelivery makes one for so many devices, at least one. done hears once what is to be told.
func NewDelivery(devices int, done func(Cause)) *Delivery {
	return &Delivery{done: done, open: devices}
}

// Report notes what became of it at one device. The first that takes it counts.
func (d *Delivery) Report(cause Cause) {
	if cause.Status == 401 || cause.Status == 407 {
		cause = Cause{Status: 403, Text: "Forbidden"} // a device may not ask the sender for his password
	}
	d.mu.Lock()
	d.open--
	taken := cause.Status < 300
	switch {
	case taken:
		cause = Cause{Status: 200, Text: "OK"}
	case d.best.Status == 0 || rank(cause) < rank(d.best):
		d.best = cause
	}
	tell := !d.over && (taken || d.open == 0)
	if tell {
		d.over = true
	}
	if !taken {
		cause = d.best
	}
	d.mu.Unlock()
	if tell {
		d.done(cause)
	}
}
