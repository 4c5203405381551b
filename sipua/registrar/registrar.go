package registrar

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/transport"
)

// Registrar knows where the users of our domains are. It is safe for concurrent use.
type Registrar struct {
	options Options
	counts  counters

	mu       sync.Mutex
	bindings *store // guarded by mu; a Binding in it never changes, it is replaced
}

// New makes a Registrar. Bindings live in memory only: clients register again after a restart.
func New(options Options) *Registrar {
	return &Registrar{options: options.withDefaults(), bindings: newStore()}
}

// Run drops expired bindings from time to time until ctx ends. Lookup never gives them, so Run only frees memory and
// tells the Observer in time.
func (r *Registrar) Run(ctx context.Context) error {
	ticker := time.NewTicker(r.options.SweepInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			r.sweep()
		}
	}
}

func (r *Registrar) sweep() {
	r.mu.Lock()
	var done changes
	for aor := range r.bindings.users {
		done.add(r.dropDead(aor, r.options.Now()))
	}
	r.mu.Unlock()
	r.tell(done)
}

// Register does what a REGISTER asks and gives the headers of its 200: a Contact for each binding that the user then
// has. Else the error is a bridge.Cause, to be answered with its status and headers, and nothing has changed.
//
// sender was authenticated for the domain in To, and may register nobody but himself. The caller has seen that this
// domain is local. The bindings end by FlowClosed(flow) at the latest.
func (r *Registrar) Register(sender Sender, request *sip.Request, flow transport.Flow) ([]bridge.Header, error) {
	headers, err := r.register(sender, request, flow)
	if err != nil {
		r.counts.refused.Add(1)
	}
	return headers, err
}

func (r *Registrar) register(sender Sender, request *sip.Request, flow transport.Flow) ([]bridge.Header, error) {
	now := r.options.Now()
	asked, err := r.read(request, flow, sender, now)
	if err != nil {
		return nil, err
	}
	if sender.User != "" && sender.User != asked.aor.User {
		return nil, refuse(403, "Forbidden", "registering someone else")
	}
	if !sender.Guest && !r.options.Users.Known(asked.aor.User, asked.aor.Domain) {
		return nil, refuse(404, "Not Found", "no such user")
	}
	r.mu.Lock()
	done := r.dropDead(asked.aor, now)
	err = r.check(&asked)
	if err == nil {
		done.add(r.apply(&asked))
	}
	headers := r.headers(&asked, now)
	r.mu.Unlock()
	r.tell(done)
	if err != nil {
		return nil, err
	}
	return headers, nil
}

// headers are those of the 200. Bindings of the asking flow stand first, for clients that look at one only. mu is held.
func (r *Registrar) headers(asked *order, now time.Time) []bridge.Header {
	var own, others []bridge.Header
	for _, binding := range r.bindings.users[asked.aor] {
		header := bridge.Header{Name: "Contact", Value: binding.header(now)}
		if binding.Flow == asked.flow {
			own = append(own, header)
		} else {
			others = append(others, header)
		}
	}
	headers := slices.Concat(own, others)
	if len(asked.path) > 0 {
		headers = append(headers, pathHeader(asked.path))
	}
	if asked.outbound {
		headers = append(headers, bridge.Header{Name: "Require", Value: "outbound"})
	}
	return headers
}

// FlowClosed ends the bindings of a flow. The owner of a flow calls it once Done is closed.
func (r *Registrar) FlowClosed(flow transport.Flow) {
	r.mu.Lock()
	var done changes
	for _, binding := range r.bindings.onFlow(flow) {
		r.bindings.remove(binding)
		done.ended = append(done.ended, ending{*binding, ReasonFlowClosed})
	}
	r.mu.Unlock()
	r.tell(done)
}

// Known tells whether there is such a user, registered or not, or a guest who is registered. user is unescaped.
func (r *Registrar) Known(user, domain string) bool {
	aor := r.canonical(AOR{user, canonicalHost(domain)})
	return r.options.Users.Known(aor.User, aor.Domain) || len(r.Lookup(aor.User, aor.Domain)) > 0
}

// Lookup gives where a user is now, the preferred places first. user is unescaped.
func (r *Registrar) Lookup(user, domain string) []Binding {
	aor, now := r.canonical(AOR{user, canonicalHost(domain)}), r.options.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []Binding
	for _, binding := range r.bindings.users[aor] {
		if binding.live(now) {
			found = append(found, *binding)
		}
	}
	slices.SortStableFunc(found, func(a, b Binding) int { return cmp.Compare(b.Q, a.Q) })
	return found
}

// Stats gives the counts so far.
func (r *Registrar) Stats() Stats {
	r.mu.Lock()
	bindings, users := r.bindings.size, len(r.bindings.users)
	r.mu.Unlock()
	return Stats{
		Bindings: bindings, Users: users,
		Registered: r.counts.registered.Load(), Refreshed: r.counts.refreshed.Load(),
		Removed: r.counts.removed.Load(), Expired: r.counts.expired.Load(),
		FlowsClosed: r.counts.flowsClosed.Load(), Refused: r.counts.refused.Load(),
	}
}

func (r *Registrar) canonical(aor AOR) AOR {
	aor.Domain = r.options.Domain(aor.Domain)
	return aor
}
