package proxy

import (
	"maps"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

const (
	// maxDialogs bounds the dialogs that pass through us, maxDialogsOf those of one connection.
	maxDialogs   = 10_000
	maxDialogsOf = 50
	// longestDialog is how long one may last whose end we never hear of.
	longestDialog = 12 * time.Hour
)

// dialog is a dialog between two others whose requests we pass on. They come with our Record-Route, whose token
// nobody else knows, and go to the other end's flow, wherever else they might want to go.
type dialog struct {
	table  *dialogs
	token  string
	callID string
	caller transport.Flow
	user   string // who placed the call, empty if that is nobody of ours
	begun  time.Time

	mu     sync.Mutex
	callee transport.Flow       // guarded by mu; nil until it is known
	lost   func(transport.Flow) // guarded by mu; hears of an end whose connection is gone, nil for nobody
}

// dialogs finds them by their tokens.
type dialogs struct {
	mu      sync.Mutex
	byToken map[string]*dialog // guarded by mu
}

func newDialogs() *dialogs {
	return &dialogs{byToken: make(map[string]*dialog)}
}

// open enters the dialog that an INVITE may make. The error is a bridge.Cause.
func (t *dialogs) open(invite *sip.Request, caller transport.Flow, user string) (*dialog, error) {
	now := time.Now()
	d := &dialog{
		table: t, token: message.NewTag(), callID: invite.CallID().Value(), caller: caller, user: user, begun: now,
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.byToken, func(_ string, old *dialog) bool { return now.Sub(old.begun) > longestDialog })
	own := 0
	for _, other := range t.byToken {
		if other.caller == caller {
			own++
		}
	}
	if len(t.byToken) >= maxDialogs || own >= maxDialogsOf {
		return nil, message.TooMany(503, time.Second)
	}
	t.byToken[d.token] = d
	return d, nil
}

// find gives the dialog of a request by the token in its topmost Route, of those that are not sipML5's outbound proxy:
// that stands first in each of its requests. behind are the Routes that follow.
func (t *dialogs) find(request *sip.Request) (found *dialog, behind []sip.Uri) {
	for i, header := range request.GetHeaders("Route") {
		route, ok := header.(*sip.RouteHeader)
		if !ok {
			return nil, nil
		}
		if route.Address.UriParams.Has("sipml5-outbound") {
			continue
		}
		t.mu.Lock()
		found = t.byToken[route.Address.User]
		t.mu.Unlock()
		if found == nil || found.callID != request.CallID().Value() {
			return nil, nil
		}
		for _, header := range request.GetHeaders("Route")[i+1:] {
			if route, ok := header.(*sip.RouteHeader); ok {
				behind = append(behind, route.Address)
			}
		}
		return found, behind
	}
	return nil, nil
}

// forget drops the dialogs of a connection that is gone: their parties have no way to each other any more.
func (t *dialogs) forget(flow transport.Flow) {
	var gone []*dialog
	t.mu.Lock()
	maps.DeleteFunc(t.byToken, func(_ string, d *dialog) bool {
		has := d.caller == flow || d.calleeFlow() == flow
		if has {
			gone = append(gone, d)
		}
		return has
	})
	t.mu.Unlock()
	for _, d := range gone {
		d.tell(flow)
	}
}

// of counts the dialogs that a user began.
func (t *dialogs) of(user string) (count int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range t.byToken {
		if d.user == user {
			count++
		}
	}
	return count
}

func (t *dialogs) size() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byToken)
}

func (d *dialog) close() {
	d.table.mu.Lock()
	defer d.table.mu.Unlock()
	delete(d.table.byToken, d.token)
}

// watch lets somebody hear when the connection of an end is gone.
func (d *dialog) watch(lost func(transport.Flow)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lost = lost
}

func (d *dialog) tell(gone transport.Flow) {
	d.mu.Lock()
	lost := d.lost
	d.mu.Unlock()
	if lost != nil {
		lost(gone)
	}
}

func (d *dialog) setCallee(flow transport.Flow) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.callee = flow
}

func (d *dialog) calleeFlow() transport.Flow {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.callee
}

// other gives the end that a request goes to, by the flow that it comes on; false if that is neither end.
func (d *dialog) other(flow transport.Flow) (transport.Flow, bool) {
	callee := d.calleeFlow()
	switch {
	case callee == nil:
		return nil, false
	case sameEnd(flow, d.caller):
		return callee, true
	case sameEnd(flow, callee):
		return d.caller, true
	default:
		return nil, false
	}
}

// sameEnd tells whether two flows lead to one party: a browser has one connection, a server only one host.
func sameEnd(a, b transport.Flow) bool {
	return a == b || !transport.FromBrowser(a) && !transport.FromBrowser(b) &&
		a.RemoteAddr().Addr().Unmap() == b.RemoteAddr().Addr().Unmap()
}

// route is our place in a dialog, as the end that is no browser reaches it: browsers use their connection.
func (d *dialog) route() sip.Uri {
	at := d.calleeFlow()
	if transport.FromBrowser(at) {
		at = d.caller
	}
	uri := message.ContactOn(at, d.token)
	if uri.UriParams == nil {
		uri.UriParams = sip.NewParams()
	}
	uri.UriParams.Add("lr", "")
	return uri
}
