package relay

import (
	"maps"
	"sync"
	"time"

	"sipbridge/bridge"
	"sipbridge/sipua/transport"
)

// Binding is a browser, or another device, that registered at an upstream server through us. The server knows it
// by our own address with the token as user part; requests to that address go down the flow (RFC 5626 section 5.3).
type Binding struct {
	// Token is what stands for it.
	Token string
	// User is the address-of-record, "name@domain".
	User string
	// Contact is the URI that the browser gave, Flow the connection on which it did.
	Contact string
	Flow    transport.Flow
	// Endpoint is the device if it does not speak SIP; then there are neither Contact nor Flow.
	Endpoint bridge.Endpoint
	// Outbound says that the server knows the Contact, and the token only as a Path.
	Outbound bool
	// Until is when it ends, if it is not refreshed.
	Until time.Time
}

// bindings is the table of them.
type bindings struct {
	mu      sync.Mutex
	byToken map[string]Binding // guarded by mu
}

func newBindings() *bindings {
	return &bindings{byToken: make(map[string]Binding)}
}

// same gives the binding that a browser's contact has already.
func (r *bindings) same(user, contact string, flow transport.Flow) (Binding, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, binding := range r.byToken {
		if binding.Flow == flow && binding.User == user && binding.Contact == contact {
			return binding, true
		}
	}
	return Binding{}, false
}

// add enters or refreshes a binding.
func (r *bindings) add(binding Binding) {
	now := time.Now()
	r.mu.Lock()
	r.byToken[binding.Token] = binding
	maps.DeleteFunc(r.byToken, func(_ string, old Binding) bool {
		return old.User == binding.User && now.After(old.Until)
	})
	r.mu.Unlock()
	if binding.Flow == nil {
		return
	}
	select {
	case <-binding.Flow.Done():
		r.forget(binding.Flow)
	default:
	}
}

// remove drops one binding.
func (r *bindings) remove(token string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byToken, token)
}

// removeUser drops all bindings of a user.
func (r *bindings) removeUser(user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.byToken, func(_ string, binding Binding) bool { return binding.User == user })
}

// forget drops the bindings of a flow that is gone.
func (r *bindings) forget(flow transport.Flow) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.byToken, func(_ string, binding Binding) bool { return binding.Flow == flow })
}

// find gives the live binding of a token.
func (r *bindings) find(token string) (Binding, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	binding, ok := r.byToken[token]
	if ok && time.Now().After(binding.Until) {
		delete(r.byToken, token)
		return Binding{}, false
	}
	return binding, ok
}

// of gives all live bindings of a user.
func (r *bindings) of(user string) []Binding {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []Binding
	now := time.Now()
	for _, binding := range r.byToken {
		if binding.User == user && now.Before(binding.Until) {
			found = append(found, binding)
		}
	}
	return found
}

// Bind enters a binding, or refreshes it.
func (r *Relay) Bind(binding Binding) { r.bindings.add(binding) }

// Unbind drops the binding of a token.
func (r *Relay) Unbind(token string) { r.bindings.remove(token) }

// Binding gives the live binding of a token.
func (r *Relay) Binding(token string) (Binding, bool) { return r.bindings.find(token) }

// BindingsOf gives all live bindings of a user, "name@domain".
func (r *Relay) BindingsOf(user string) []Binding { return r.bindings.of(user) }
