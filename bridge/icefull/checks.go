package icefull

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"github.com/pion/stun/v4"
)

const (
	// pace is the time between two new checks (Ta, RFC 8445 section 14.2).
	pace = 50 * time.Millisecond
	// betterPatience is how long a pair that works waits to be nominated for a better one that may work, too.
	betterPatience = 200 * time.Millisecond
	// idle is the time to the next call if there is nothing to wait for.
	idle = time.Hour
)

// Datagram is what is to be sent from the socket of a component.
type Datagram struct {
	Component int
	To        netip.AddrPort
	Octets    []byte
}

// Due gives what is to be sent now, and the time until it wants to be asked again. After Take it is to be asked at
// once.
func (a *Agent) Due(now time.Time) ([]Datagram, time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.peer == nil {
		return nil, idle
	}
	list := a.repeat(now) // first: where a nomination is given up, another pair takes its place
	patience := a.nominate(now)
	if next := a.nextPair(); next != nil && !now.Before(a.nextCheck) {
		list = append(list, a.begin(next, now)...)
		a.nextCheck = now.Add(pace)
	}
	list = append(list, a.askConsent(now)...)
	return list, min(a.nextTime(now), patience)
}

// nominate chooses among the pairs of each component that work, if that is ours to do (RFC 8445 section 8.1.1). It
// gives the time until one has waited long enough for a better one.
func (a *Agent) nominate(now time.Time) time.Duration {
	patience := idle
	if !a.controlling {
		return patience
	}
	for component := ComponentRTP; component <= a.peer.Components; component++ {
		best := a.best(component)
		if best == nil {
			continue
		}
		if left := best.worksSince.Add(betterPatience).Sub(now); left > 0 && a.mayBeBetter(best) {
			patience = min(patience, left)
			continue
		}
		best.nominating, best.triggered, best.state = true, true, waiting
	}
	return patience
}

// best is the pair of a component to nominate; nil if none works, or one is nominated already.
func (a *Agent) best(component int) *pair {
	var best *pair
	for _, candidate := range a.pairs {
		switch {
		case candidate.Component != component:
		case candidate.nominating || a.selected[component] != nil:
			return nil
		case candidate.state == succeeded && (best == nil || candidate.priority(true) > best.priority(true)):
			best = candidate
		}
	}
	return best
}

// mayBeBetter tells whether one of higher priority may yet be found to work.
func (a *Agent) mayBeBetter(than *pair) bool {
	for _, other := range a.pairs {
		if other.Component == than.Component && other.isOpen() && other.priority(true) > than.priority(true) {
			return true
		}
	}
	return false
}

// repeat sends those checks again whose answers do not come, and gives up those that were sent often enough.
func (a *Agent) repeat(now time.Time) []Datagram {
	var list []Datagram
	for _, candidate := range a.pairs {
		switch {
		case candidate.state != inProgress || now.Before(candidate.until):
		case candidate.tries == maxTries:
			candidate.fail()
		default:
			list = append(list, candidate.send(now))
		}
	}
	return list
}

// nextPair is the one to be checked next; nil if none waits.
func (a *Agent) nextPair() *pair {
	var next *pair
	for _, candidate := range a.pairs {
		if candidate.state != waiting {
			continue
		}
		if next == nil || candidate.triggered && !next.triggered ||
			candidate.triggered == next.triggered && candidate.priority(a.controlling) > next.priority(a.controlling) {
			next = candidate
		}
	}
	return next
}

// begin makes a new check of a pair (RFC 8445 section 7.2.2).
func (a *Agent) begin(candidate *pair, now time.Time) []Datagram {
	var nominates []stun.Setter
	if a.controlling && candidate.nominating {
		nominates = append(nominates, stun.RawAttribute{Type: stun.AttrUseCandidate})
	}
	check, err := a.request(candidate, nominates...)
	if err != nil { // no check of that peer can be made
		candidate.fail()
		return nil
	}
	candidate.check, candidate.controlling, candidate.tries = check, a.controlling, 0
	candidate.state, candidate.triggered = inProgress, false
	return []Datagram{candidate.send(now)}
}

// request is a check of a pair, with what it is to say beside what each one says.
func (a *Agent) request(candidate *pair, more ...stun.Setter) (*stun.Message, error) {
	role := stun.RawAttribute{Type: stun.AttrICEControlled, Value: binary.BigEndian.AppendUint64(nil, a.tieBreaker)}
	if a.controlling {
		role.Type = stun.AttrICEControlling
	}
	setters := append([]stun.Setter{
		stun.BindingRequest, stun.TransactionID, stun.NewUsername(a.peer.Ufrag + ":" + a.Ufrag()), role,
		stun.RawAttribute{Type: stun.AttrPriority, Value: binary.BigEndian.AppendUint32(nil,
			ReflexivePriority(candidate.Component))},
	}, more...)
	check, err := stun.Build(append(setters, stun.NewShortTermIntegrity(a.peer.Pwd), stun.Fingerprint)...)
	if err != nil {
		return nil, fmt.Errorf("check: %w", err)
	}
	return check, nil
}

// send sends the check that is under way.
func (p *pair) send(now time.Time) Datagram {
	p.tries++
	p.until = now.Add(wait(p.tries))
	return Datagram{Component: p.Component, To: p.Address, Octets: p.check.Raw}
}

// nextTime is how long there is nothing to do.
func (a *Agent) nextTime(now time.Time) time.Duration {
	next := idle
	until := func(at time.Time) { next = min(next, max(at.Sub(now), 0)) }
	for _, candidate := range a.pairs {
		switch candidate.state {
		case waiting:
			until(a.nextCheck)
		case inProgress:
			until(candidate.until)
		case succeeded, failed:
		}
	}
	for _, used := range a.selected {
		if used != nil {
			until(used.consent.next)
			until(used.consent.ends) // doubts come with a check
		}
	}
	return next
}
