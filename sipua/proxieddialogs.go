package sipua

import (
	"maps"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/proxy"
	"sipbridge/sipua/transport"
)

const (
	// maxProxied bounds the dialogs that pass through us, maxProxiedOf those of one connection.
	maxProxied   = 10_000
	maxProxiedOf = 50
	// longestProxied is how long one may last whose end we never hear of.
	longestProxied = 12 * time.Hour
)

// proxiedDialog is a dialog between two others whose requests we pass on. They come with our Record-Route, whose token
// nobody else knows, and go to the other end's flow, wherever else they might want to go.
type proxiedDialog struct {
	table  *proxiedDialogs
	token  string
	callID string
	caller transport.Flow
	user   string // who placed the call, empty if that is nobody of ours
	begun  time.Time

	mu     sync.Mutex
	callee transport.Flow // guarded by mu; nil until it is known
}

// proxiedDialogs finds them by their tokens.
type proxiedDialogs struct {
	mu      sync.Mutex
	byToken map[string]*proxiedDialog // guarded by mu
}

func newProxiedDialogs() *proxiedDialogs {
	return &proxiedDialogs{byToken: make(map[string]*proxiedDialog)}
}

// open enters the dialog that an INVITE may make. The error is a bridge.Cause.
func (t *proxiedDialogs) open(invite *sip.Request, caller transport.Flow, user string) (*proxiedDialog, error) {
	now := time.Now()
	d := &proxiedDialog{
		table: t, token: message.NewTag(), callID: invite.CallID().Value(), caller: caller, user: user, begun: now,
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.byToken, func(_ string, old *proxiedDialog) bool { return now.Sub(old.begun) > longestProxied })
	own := 0
	for _, other := range t.byToken {
		if other.caller == caller {
			own++
		}
	}
	if len(t.byToken) >= maxProxied || own >= maxProxiedOf {
		return nil, message.TooMany(503, time.Second)
	}
	t.byToken[d.token] = d
	return d, nil
}

// find gives the dialog of a request by the token in its topmost Route, of those that are not sipML5's outbound proxy:
// that stands first in each of its requests. behind are the Routes that follow.
func (t *proxiedDialogs) find(request *sip.Request) (found *proxiedDialog, behind []sip.Uri) {
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
func (t *proxiedDialogs) forget(flow transport.Flow) {
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.byToken, func(_ string, d *proxiedDialog) bool {
		return d.caller == flow || d.calleeFlow() == flow
	})
}

// of counts the dialogs that a user began.
func (t *proxiedDialogs) of(user string) (count int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range t.byToken {
		if d.user == user {
			count++
		}
	}
	return count
}

func (t *proxiedDialogs) size() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byToken)
}

func (d *proxiedDialog) close() {
	d.table.mu.Lock()
	defer d.table.mu.Unlock()
	delete(d.table.byToken, d.token)
}

func (d *proxiedDialog) setCallee(flow transport.Flow) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.callee = flow
}

func (d *proxiedDialog) calleeFlow() transport.Flow {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.callee
}

// other gives the end that a request goes to, by the flow that it comes on; false if that is neither end.
func (d *proxiedDialog) other(flow transport.Flow) (transport.Flow, bool) {
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
	return a == b || !comesBack(a) && !comesBack(b) && a.RemoteAddr().Addr().Unmap() == b.RemoteAddr().Addr().Unmap()
}

// proxyRoute is our place in a dialog, as the end that is no browser reaches it: browsers use their connection.
func (a *Agent) proxyRoute(d *proxiedDialog) sip.Uri {
	at := d.calleeFlow()
	if comesBack(at) {
		at = d.caller
	}
	uri := message.ContactOn(at, d.token)
	if uri.UriParams == nil {
		uri.UriParams = sip.NewParams()
	}
	uri.UriParams.Add("lr", "")
	return uri
}

// passInDialog sends a request of a dialog to its other end, if it is one that passes through us, and tells whether.
func (a *Agent) passInDialog(flow, reply transport.Flow, request *sip.Request) bool {
	d, behind := a.proxies.find(request)
	if d == nil {
		return false
	}
	hop := proxy.Hop{RequestURI: request.Recipient, Routes: behind}
	to, ok := d.other(flow)
	switch {
	case !ok:
		a.refuse(reply, request, bridge.Cause{Status: 403})
	case message.Hops(request) == 0:
		a.refuse(reply, request, bridge.Cause{Status: 483})
	case request.Method == sip.ACK:
		if err := a.sendACK(to, proxy.Forward(request, hop)); err != nil {
			a.log.Debug("ACK not passed on", "error", err)
		}
	default:
		a.passRequest(d, flow, reply, request, to, hop)
	}
	return true
}

// passRequest sends a request that has an answer.
func (a *Agent) passRequest(d *proxiedDialog, flow, reply transport.Flow, request *sip.Request, to transport.Flow,
	hop proxy.Hop,
) {
	transaction, err := a.transactions.NewServer(flow, reply, request)
	if err != nil {
		a.log.Debug("request dropped", "error", err)
		return
	}
	sent := proxy.Forward(request, hop)
	message.Complete(to, sent)
	_, err = a.transactions.Send(to, sent, func(came *sip.Response, err error) {
		final := err != nil || !came.IsProvisional()
		if final && request.Method == sip.BYE {
			d.close()
		}
		switch {
		case err != nil:
			transaction.Respond(message.NotTimeout(message.CauseOfError(err).Status), "")
		case came.StatusCode != sip.StatusTrying:
			transaction.Send(proxy.Respond(request, came))
		}
	})
	if err != nil {
		transaction.Respond(message.CauseOfError(err).Status, "")
	}
}
