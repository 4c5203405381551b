package sipua

import (
	"slices"
	"sync"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/transport"
)

// watchers finds the subscription that a request belongs to.
type watchers struct {
	mu       sync.Mutex
	byDialog map[bridge.DialogID]*watcher  // guarded by mu
	byFlow   map[transport.Flow][]*watcher // guarded by mu
}

func newWatchers() *watchers {
	return &watchers{byDialog: make(map[bridge.DialogID]*watcher), byFlow: make(map[transport.Flow][]*watcher)}
}

func (w *watchers) add(fresh *watcher) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.byDialog[fresh.id] = fresh
	w.byFlow[fresh.flow] = append(w.byFlow[fresh.flow], fresh)
}

func (w *watchers) remove(old *watcher) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.byDialog, old.id)
	left := slices.DeleteFunc(w.byFlow[old.flow], func(other *watcher) bool { return other == old })
	if len(left) == 0 {
		delete(w.byFlow, old.flow)
	} else {
		w.byFlow[old.flow] = left
	}
}

// find gives the subscription in whose dialog a request is.
func (w *watchers) find(request *sip.Request) *watcher {
	id := bridge.DialogID{CallID: request.CallID().Value()}
	id.LocalTag, _ = request.To().Params.Get("tag")
	id.RemoteTag, _ = request.From().Params.Get("tag")
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.byDialog[id]
}

// on gives the subscriptions that were made on a flow.
func (w *watchers) on(flow transport.Flow) []*watcher {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.byFlow[flow])
}
