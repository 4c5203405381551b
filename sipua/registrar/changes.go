package registrar

import (
	"slices"
	"time"
)

// changes are what was done under the lock, to be told when it is released.
type changes struct {
	begun     []Binding
	refreshed int
	ended     []ending
}

type ending struct {
	binding Binding
	reason  Reason
}

func (c *changes) add(more changes) {
	c.begun = append(c.begun, more.begun...)
	c.refreshed += more.refreshed
	c.ended = append(c.ended, more.ended...)
}

// tell counts changes and tells the Observer. mu is not held.
func (r *Registrar) tell(done changes) {
	r.counts.refreshed.Add(uint64(done.refreshed))
	for _, end := range done.ended {
		r.counts.of(end.reason).Add(1)
		r.options.Observer.Unregistered(end.binding, end.reason)
	}
	for _, binding := range done.begun {
		r.counts.registered.Add(1)
		r.options.Observer.Registered(binding)
	}
}

// dropDead ends the bindings of a user that have expired or lost their flow. mu is held.
func (r *Registrar) dropDead(aor AOR, now time.Time) (done changes) {
	for _, binding := range r.bindings.of(aor) {
		if binding.live(now) {
			continue
		}
		reason := ReasonExpired
		if isGone(binding.Flow) {
			reason = ReasonFlowClosed
		}
		r.bindings.remove(binding)
		done.ended = append(done.ended, ending{*binding, reason})
	}
	return done
}

// check tells whether an order can be obeyed as a whole; all of it is, or nothing (RFC 3261 section 10.3). mu is held.
func (r *Registrar) check(asked *order) error {
	if isGone(asked.flow) {
		return refuse(430, "Flow Failed", "connection lost")
	}
	touched := make(map[*Binding]bool)
	if asked.removeAll {
		for _, binding := range r.bindings.of(asked.aor) {
			touched[binding] = true
		}
	}
	for _, wanted := range slices.Concat(asked.wanted, asked.removed) {
		for _, binding := range r.bindings.same(wanted) {
			touched[binding] = true
		}
	}
	for binding := range touched {
		if err := asked.outdated(binding); err != nil {
			return err
		}
	}
	after := len(r.bindings.of(asked.aor)) - len(touched) + len(asked.wanted)
	if len(asked.wanted) > 0 && after > r.options.MaxBindings {
		return refuse(403, "Too Many Contacts", "too many bindings of one user")
	}
	return nil
}

// apply obeys an order that check let pass. mu is held.
func (r *Registrar) apply(asked *order) (done changes) {
	ends := asked.removed
	if asked.removeAll {
		ends = r.bindings.of(asked.aor)
	}
	for _, end := range ends {
		for _, binding := range r.bindings.same(end) {
			r.bindings.remove(binding)
			done.ended = append(done.ended, ending{*binding, ReasonRemoved})
		}
	}
	for _, wanted := range asked.wanted {
		r.replace(wanted, &done)
	}
	return done
}

// replace puts a binding in the place of those that it replaces. mu is held.
func (r *Registrar) replace(wanted *Binding, done *changes) {
	moved := true
	for _, binding := range r.bindings.same(wanted) {
		moved = moved && binding.Flow != wanted.Flow
		r.bindings.remove(binding)
	}
	r.bindings.add(wanted)
	if moved {
		done.begun = append(done.begun, *wanted)
	} else {
		done.refreshed++
	}
}
