package sipua

import (
	"sync"

	"sipbridge/sipua/transport"
)

// flowUsers remembers who proved himself on a connection. Only connections are remembered: the source of
// a datagram can be forged.
type flowUsers struct {
	mu    sync.Mutex
	users map[transport.Flow]string // guarded by mu; "name@domain"
}

func newFlowUsers() *flowUsers {
	return &flowUsers{users: make(map[transport.Flow]string)}
}

// set notes the user of a flow, and forgets him again if the flow has just ended.
func (f *flowUsers) set(flow transport.Flow, user string) {
	if flow.Done() == nil {
		return
	}
	f.mu.Lock()
	f.users[flow] = user
	f.mu.Unlock()
	select {
	case <-flow.Done():
		f.forget(flow)
	default:
	}
}

func (f *flowUsers) get(flow transport.Flow) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.users[flow]
}

func (f *flowUsers) forget(flow transport.Flow) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.users, flow)
}
