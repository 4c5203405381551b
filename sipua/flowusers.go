package sipua

import (
	"sync"
	"time"

	"sipbridge/sipua/transport"
)

// flowUsers remembers who proved himself on a connection. Only connections are remembered: the source of
// a datagram can be forged.
type flowUsers struct {
	mu    sync.Mutex
	users map[transport.Flow]proof // guarded by mu
}

// proof says who somebody is, and for how long that is good.
type proof struct {
	// user is "name@domain".
	user string
	// until is the end of a token or temporary account; zero is as long as the connection.
	until time.Time
	// vouched says that a web application speaks for him, by a token or temporary account.
	vouched bool
}

// good tells whether the proof still holds.
func (p proof) good() bool {
	return p.user != "" && (p.until.IsZero() || time.Now().Before(p.until))
}

// authorized is a connection whose client gave a token when it connected.
type authorized interface {
	// Authorized gives the user, "name@domain", and the end of the token; an empty user if there was none.
	Authorized() (user string, until time.Time)
}

func newFlowUsers() *flowUsers {
	return &flowUsers{users: make(map[transport.Flow]proof)}
}

// set notes the user of a flow for as long as the flow lasts.
func (f *flowUsers) set(flow transport.Flow, user string) { f.prove(flow, proof{user: user}) }

// prove notes the user of a flow, and forgets him again if the flow has just ended.
func (f *flowUsers) prove(flow transport.Flow, proved proof) {
	if flow.Done() == nil {
		return
	}
	f.mu.Lock()
	f.users[flow] = proved
	f.mu.Unlock()
	select {
	case <-flow.Done():
		f.forget(flow)
	default:
	}
}

// get gives the user of a flow, empty if nobody has proved himself on it, or not for so long.
func (f *flowUsers) get(flow transport.Flow) string {
	if granted := grantOf(flow); granted.good() {
		return granted.user
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if proved := f.users[flow]; proved.good() {
		return proved.user
	}
	return ""
}

// grantOf gives what the token of a connection says.
func grantOf(flow transport.Flow) proof {
	connection, ok := flow.(authorized)
	if !ok {
		return proof{}
	}
	user, until := connection.Authorized()
	return proof{user: user, until: until, vouched: true}
}

func (f *flowUsers) forget(flow transport.Flow) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.users, flow)
}
