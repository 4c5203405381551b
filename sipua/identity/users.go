package identity

import (
	"sync"

	"sipbridge/sipua/transport"
)

// Users remembers who proved himself on a connection. Only connections are remembered: the source of a datagram can be
// forged. It is safe for concurrent use.
type Users struct {
	mu     sync.Mutex
	proofs map[transport.Flow]Proof // guarded by mu
}

// NewUsers knows nobody yet.
func NewUsers() *Users { return &Users{proofs: make(map[transport.Flow]Proof)} }

// Set notes the user of a flow, "name@domain", for as long as the flow lasts.
func (u *Users) Set(flow transport.Flow, user string) { u.prove(flow, Proof{User: user}) }

// prove notes the user of a flow, and forgets him again if the flow has just ended.
func (u *Users) prove(flow transport.Flow, proved Proof) {
	if flow.Done() == nil {
		return
	}
	u.mu.Lock()
	u.proofs[flow] = proved
	u.mu.Unlock()
	select {
	case <-flow.Done():
		u.Forget(flow)
	default:
	}
}

// Of gives the user of a flow, empty if nobody has proved himself on it, or not for so long.
func (u *Users) Of(flow transport.Flow) string {
	if granted := GrantOf(flow); granted.Good() {
		return granted.User
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if proved := u.proofs[flow]; proved.Good() {
		return proved.User
	}
	return ""
}

// Forget is for a flow that has ended.
func (u *Users) Forget(flow transport.Flow) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.proofs, flow)
}
