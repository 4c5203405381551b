package sipua

import (
	"maps"
	"sync"
	"time"

	"sipbridge/bridge"
	"sipbridge/sipua/transport"
)

// relayBinding is a browser, or another device, that registered at an upstream server through us. The server knows it
// by our own address with the token as user part; requests to that address go down the flow (RFC 5626 section 5.3).
type relayBinding struct {
	token string
	// user is the address-of-record, "name@domain".
	user string
	// contact is the URI that the browser gave.
	contact string
	flow    transport.Flow
	// endpoint is the device if it does not speak SIP; then there are neither contact nor flow.
	endpoint bridge.Endpoint
	// outbound says that the server knows the contact, and the token only as a Path.
	outbound bool
	until    time.Time
}

// relayBindings is the table of them.
type relayBindings struct {
	mu      sync.Mutex
	byToken map[string]relayBinding // guarded by mu
}

func newRelayBindings() *relayBindings {
	return &relayBindings{byToken: make(map[string]relayBinding)}
}

// same gives the binding that a browser's contact has already.
func (r *relayBindings) same(user, contact string, flow transport.Flow) (relayBinding, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, binding := range r.byToken {
		if binding.flow == flow && binding.user == user && binding.contact == contact {
			return binding, true
		}
	}
	return relayBinding{}, false
}

// add enters or refreshes a binding.
func (r *relayBindings) add(binding relayBinding) {
	now := time.Now()
	r.mu.Lock()
	r.byToken[binding.token] = binding
	maps.DeleteFunc(r.byToken, func(_ string, old relayBinding) bool {
		return old.user == binding.user && now.After(old.until)
	})
	r.mu.Unlock()
	if binding.flow == nil {
		return
	}
	select {
	case <-binding.flow.Done():
		r.forget(binding.flow)
	default:
	}
}

// remove drops one binding.
func (r *relayBindings) remove(token string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byToken, token)
}

// removeUser drops all bindings of a user.
func (r *relayBindings) removeUser(user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.byToken, func(_ string, binding relayBinding) bool { return binding.user == user })
}

// forget drops the bindings of a flow that is gone.
func (r *relayBindings) forget(flow transport.Flow) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.byToken, func(_ string, binding relayBinding) bool { return binding.flow == flow })
}

// find gives the live binding of a token.
func (r *relayBindings) find(token string) (relayBinding, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	binding, ok := r.byToken[token]
	if ok && time.Now().After(binding.until) {
		delete(r.byToken, token)
		return relayBinding{}, false
	}
	return binding, ok
}

// of gives all live bindings of a user.
func (r *relayBindings) of(user string) []relayBinding {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []relayBinding
	now := time.Now()
	for _, binding := range r.byToken {
		if binding.user == user && now.Before(binding.until) {
			found = append(found, binding)
		}
	}
	return found
}

// relayTargets gives the devices that an upstream server may mean: by token exactly one, by user all.
func (a *Agent) relayTargets(name, domain string) (targets []bridge.Target, known bool) {
	bindings := a.relays.of(name + "@" + domain)
	if binding, ok := a.relays.find(name); ok && domainOf(binding.user) == domain {
		bindings = []relayBinding{binding}
	}
	for _, binding := range bindings {
		endpoint := binding.endpoint
		if endpoint == nil {
			endpoint = bindingEndpoint{agent: a, contact: binding.contact, flow: binding.flow, user: binding.user}
		}
		targets = append(targets, bridge.Target{Endpoint: endpoint, URI: "sip:" + binding.user})
	}
	return targets, len(targets) > 0
}
