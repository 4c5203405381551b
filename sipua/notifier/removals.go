package notifier

import (
	"maps"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// Removals remembers for a while which publications a peer has ended. sipML5 takes the 200 to that for a refresh and
// asks again at once, a thousand times a second; only a 481 makes it stop, where RFC 3903 has 412.
type Removals struct {
	mu    sync.Mutex
	ended map[removalKey]time.Time // guarded by mu
}

// removalKey names a publication as its client does.
type removalKey struct {
	flow   transport.Flow
	callID string
}

// maxRemovals is how many are remembered before old ones are dropped.
const maxRemovals = 4096

// NewRemovals makes Removals that remember nothing yet.
func NewRemovals() *Removals { return &Removals{ended: make(map[removalKey]time.Time)} }

// IsRepeated tells whether a request asks for the end of what has just ended.
func (r *Removals) IsRepeated(flow transport.Flow, request *sip.Request) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, ok := r.ended[removalKey{flow, request.CallID().Value()}]
	return ok && message.Expires(request) == 0 && time.Since(at) < transaction.Timeout
}

// Note remembers a request that was granted.
func (r *Removals) Note(flow transport.Flow, request *sip.Request) {
	key, now := removalKey{flow, request.CallID().Value()}, time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if message.Expires(request) != 0 {
		delete(r.ended, key)
		return
	}
	if len(r.ended) >= maxRemovals {
		maps.DeleteFunc(r.ended, func(_ removalKey, at time.Time) bool { return now.Sub(at) >= transaction.Timeout })
	}
	if len(r.ended) < maxRemovals {
		r.ended[key] = now
	}
}

// FlowClosed drops what a flow that is gone has ended.
func (r *Removals) FlowClosed(flow transport.Flow) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.ended, func(key removalKey, _ time.Time) bool { return key.flow == flow })
}
