package sipua

import (
	"maps"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/transport"
)

// maxRelayedSubscriptions is how many one user may hold at upstream servers.
const maxRelayedSubscriptions = 200

// relayedSubscriptions finds the subscription at an upstream server that a request belongs to.
type relayedSubscriptions struct {
	mu    sync.Mutex
	byKey map[relayedKey]*relayedSubscription // guarded by mu
}

// relayedKey names a subscription by what its browser chose.
type relayedKey struct{ callID, tag string }

func newRelayedSubscriptions() *relayedSubscriptions {
	return &relayedSubscriptions{byKey: make(map[relayedKey]*relayedSubscription)}
}

// add enters a subscription, and reports false if its user has too many. A repeated first SUBSCRIBE, now with
// credentials, replaces the one before.
func (r *relayedSubscriptions) add(fresh *relayedSubscription) bool {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	held := 0
	maps.DeleteFunc(r.byKey, func(_ relayedKey, old *relayedSubscription) bool {
		if old.user != fresh.user {
			return false
		}
		held++
		return old.isOver(now)
	})
	key := relayedKey{fresh.callID, fresh.tag}
	if old, ok := r.byKey[key]; ok && old.user != fresh.user || !ok && held >= maxRelayedSubscriptions {
		return false
	}
	r.byKey[key] = fresh
	return true
}

func (r *relayedSubscriptions) remove(old *relayedSubscription) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if key := (relayedKey{old.callID, old.tag}); r.byKey[key] == old {
		delete(r.byKey, key)
	}
}

// forget drops the subscriptions of a flow that is gone: what is told next is answered with 481.
func (r *relayedSubscriptions) forget(flow transport.Flow) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.byKey, func(_ relayedKey, held *relayedSubscription) bool {
		at, _ := held.place()
		return at == flow
	})
}

// ofBrowser gives the subscription in whose dialog a browser's request is.
func (r *relayedSubscriptions) ofBrowser(request *sip.Request) *relayedSubscription {
	tag, _ := request.From().Params.Get("tag")
	return r.find(relayedKey{request.CallID().Value(), tag})
}

// ofServer gives the subscription in whose dialog a server's request is.
func (r *relayedSubscriptions) ofServer(request *sip.Request) *relayedSubscription {
	tag, _ := request.To().Params.Get("tag")
	return r.find(relayedKey{request.CallID().Value(), tag})
}

func (r *relayedSubscriptions) find(key relayedKey) *relayedSubscription {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byKey[key]
}
