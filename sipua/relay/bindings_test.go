package relay

import (
	"testing"
	"time"
)

// TestBindingsEnd: with their time, their user's word, and their connection.
func TestBindingsEnd(t *testing.T) {
	t.Parallel()
	const alice = "alice@up.example"
	for name, end := range map[string]func(r *Relay, flow *connection, binding Binding){
		"expired": func(r *Relay, _ *connection, binding Binding) {
			binding.Until = time.Now().Add(-time.Second)
			r.Bind(binding)
		},
		"removed":       func(r *Relay, _ *connection, binding Binding) { r.Unbind(binding.Token) },
		"all of a user": func(r *Relay, _ *connection, _ Binding) { r.bindings.removeUser(alice) },
		"connection":    func(r *Relay, flow *connection, _ Binding) { r.FlowClosed(flow) },
		"gone before": func(r *Relay, flow *connection, binding Binding) {
			flow.Close()
			r.Bind(binding)
		},
	} {
		r, flow := New(Options{}), newConnection()
		binding := Binding{
			Token: "token", User: alice, Contact: "sip:a@x.invalid", Flow: flow, Until: time.Now().Add(time.Hour),
		}
		r.Bind(binding)
		other := Binding{Token: "other", User: "bob@up.example", Flow: newConnection(), Until: binding.Until}
		r.Bind(other)
		if found, ok := r.Binding("token"); !ok || found != binding || len(r.BindingsOf(alice)) != 1 {
			t.Fatalf("%s: before the end there is %v", name, found)
		}
		if _, ok := r.bindings.same(alice, binding.Contact, flow); !ok {
			t.Errorf("%s: a refresh would get another token", name)
		}
		end(r, flow, binding)
		if found, ok := r.Binding("token"); ok || r.BindingsOf(alice) != nil {
			t.Errorf("%s: there is still %v", name, found)
		}
		if _, ok := r.Binding("other"); !ok {
			t.Errorf("%s: another's binding has ended, too", name)
		}
	}
}
