package relay

import (
	"maps"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/transport"
)

// maxSubscriptions is how many one user may hold at servers.
const maxSubscriptions = 200

// subscriptions finds the subscription at a server that a request belongs to.
type subscriptions struct {
	mu    sync.Mutex
	byKey map[subscriptionKey]*subscription // guarded by mu
}

// subscriptionKey names a subscription by what its browser chose.
type subscriptionKey struct{ callID, tag string }

func newSubscriptions() *subscriptions {
	return &subscriptions{byKey: make(map[subscriptionKey]*subscription)}
}

// add enters a subscription, and reports false if its user has too many. A repeated first SUBSCRIBE, now with
// credentials, replaces the one before.
func (r *subscriptions) add(fresh *subscription) bool {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	held := 0
	maps.DeleteFunc(r.byKey, func(_ subscriptionKey, old *subscription) bool {
		switch {
		case old.user != fresh.user:
			return false
		case old.isOver(now):
			return true
		default:
			held++
			return false
		}
	})
	key := subscriptionKey{fresh.callID, fresh.tag}
	if old, ok := r.byKey[key]; ok && old.user != fresh.user || !ok && held >= maxSubscriptions {
		return false
	}
	r.byKey[key] = fresh
	return true
}

func (r *subscriptions) remove(old *subscription) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if key := (subscriptionKey{old.callID, old.tag}); r.byKey[key] == old {
		delete(r.byKey, key)
	}
}

// forget drops the subscriptions of a flow that is gone: what is told next is answered with 481.
func (r *subscriptions) forget(flow transport.Flow) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.byKey, func(_ subscriptionKey, held *subscription) bool {
		at, _ := held.place()
		return at == flow
	})
}

// ofBrowser gives the subscription in whose dialog a browser's request is.
func (r *subscriptions) ofBrowser(request *sip.Request) *subscription {
	tag, _ := request.From().Params.Get("tag")
	return r.find(subscriptionKey{request.CallID().Value(), tag})
}

// ofServer gives the subscription in whose dialog a server's request is.
func (r *subscriptions) ofServer(request *sip.Request) *subscription {
	tag, _ := request.To().Params.Get("tag")
	return r.find(subscriptionKey{request.CallID().Value(), tag})
}

func (r *subscriptions) find(key subscriptionKey) *subscription {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byKey[key]
}

func (r *subscriptions) size() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.byKey)
}
