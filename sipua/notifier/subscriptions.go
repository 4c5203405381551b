package notifier

import (
	"slices"
	"sync"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/transport"
)

// subscriptions finds the subscription that a request belongs to.
type subscriptions struct {
	mu       sync.Mutex
	byDialog map[bridge.DialogID]*subscription  // guarded by mu
	byFlow   map[transport.Flow][]*subscription // guarded by mu
}

func newSubscriptions() *subscriptions {
	return &subscriptions{
		byDialog: make(map[bridge.DialogID]*subscription), byFlow: make(map[transport.Flow][]*subscription),
	}
}

func (s *subscriptions) add(fresh *subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byDialog[fresh.ends.ID] = fresh
	s.byFlow[fresh.flow] = append(s.byFlow[fresh.flow], fresh)
}

func (s *subscriptions) remove(old *subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byDialog, old.ends.ID)
	left := slices.DeleteFunc(s.byFlow[old.flow], func(other *subscription) bool { return other == old })
	if len(left) == 0 {
		delete(s.byFlow, old.flow)
	} else {
		s.byFlow[old.flow] = left
	}
}

// find gives the subscription in whose dialog a request is.
func (s *subscriptions) find(request *sip.Request) *subscription {
	id := bridge.DialogID{CallID: request.CallID().Value()}
	id.LocalTag, _ = request.To().Params.Get("tag")
	id.RemoteTag, _ = request.From().Params.Get("tag")
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byDialog[id]
}

// on gives the subscriptions that were made on a flow.
func (s *subscriptions) on(flow transport.Flow) []*subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.byFlow[flow])
}

// size counts all, those too of which only a flow is known.
func (s *subscriptions) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(len(s.byDialog), len(s.byFlow))
}
