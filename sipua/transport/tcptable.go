package transport

import (
	"context"
	"fmt"
	"net/netip"
)

// peerKey names a connection in its table. One to a peer that proved a name on TLS is of no use for another name, so
// the name is a part of it; that of a connection that came in is empty, as on TCP.
type peerKey struct {
	remote netip.AddrPort
	name   string
}

func (t *TCP) keyOf(target Target) peerKey {
	if t.options.TLS == nil {
		return peerKey{remote: target.Address}
	}
	return peerKey{remote: target.Address, name: target.Name()}
}

// FlowTo gives the connection to a target: the one that is open, whoever began it, or a new one. On TLS one is used
// again only if its peer's certificate is for the target (RFC 5923 section 5). It returns at once; a new one connects
// in its own goroutine while messages wait in its queue, and is closed if that fails. LocalAddr of a new one is the
// address that listens: that is what Via tells peers to connect to.
func (t *TCP) FlowTo(target Target) (*TCPFlow, error) {
	target = target.Plain()
	t.mu.Lock()
	defer t.mu.Unlock()
	if flow := t.find(target); flow != nil {
		return flow, nil
	}
	flow, ctx := newTCPFlow(context.Background(), t, t.local, target)
	flow.key = t.keyOf(target)
	if !t.add(flow) {
		t.counts.refused.Add(1)
		return nil, fmt.Errorf("transport: no connection to %v: %w", target.Address, ErrClosed)
	}
	t.counts.dialed.Add(1)
	go flow.connect(ctx)
	return flow, nil
}

// has says whether a connection to the target is open.
func (t *TCP) has(target Target) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.find(target) != nil
}

// find gives the open connection that may be used for a target; nil if there is none. The caller holds mu.
func (t *TCP) find(target Target) *TCPFlow {
	if flow := t.flows[t.keyOf(target)]; flow != nil && !flow.isClosed() {
		return flow
	}
	if t.options.TLS == nil {
		return nil
	}
	if flow := t.aliases[t.keyOf(target)]; flow != nil && !flow.isClosed() {
		return flow
	}
	came := t.flows[peerKey{remote: target.Address}]
	if came != nil && !came.isClosed() && came.provenFor(target.Name()) {
		return came
	}
	return nil
}

// add counts a flow and its two goroutines, if the limits allow it. The caller holds mu.
func (t *TCP) add(flow *TCPFlow) bool {
	if before := t.flows[flow.key]; before != nil {
		if !before.isClosed() {
			return false
		}
		t.forget(before)
	}
	if t.closed || len(t.flows) >= t.options.MaxConnections {
		return false
	}
	if flow.source.IsValid() {
		if t.perIP[flow.source] >= t.options.MaxPerIP {
			return false
		}
		t.perIP[flow.source]++
	}
	t.flows[flow.key] = flow
	t.conns.Add(2)
	t.counts.open.Add(1)
	return true
}

// Alias takes the word of a peer that connected over TLS: requests to host and port, on the machine that it connected
// from, may go by this connection. It does nothing unless the peer proved to be that host (RFC 5923 section 5).
func (f *TCPFlow) Alias(host string, port uint16) {
	if f.began() || !f.provenFor(host) {
		return
	}
	target := Target{Address: netip.AddrPortFrom(f.remote.Addr(), port), Domain: host}.Plain()
	f.tcp.mu.Lock()
	defer f.tcp.mu.Unlock()
	if f.tcp.flows[f.key] == f && f.alias == (peerKey{}) {
		f.alias = f.tcp.keyOf(target)
		f.tcp.aliases[f.alias] = f
	}
}

// remove forgets a flow that has ended.
func (t *TCP) remove(flow *TCPFlow) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(flow)
}

// forget undoes add. The caller holds mu.
func (t *TCP) forget(flow *TCPFlow) {
	if t.flows[flow.key] != flow {
		return
	}
	delete(t.flows, flow.key)
	if t.aliases[flow.alias] == flow {
		delete(t.aliases, flow.alias)
	}
	t.counts.open.Add(-1)
	if !flow.source.IsValid() {
		return
	}
	if t.perIP[flow.source]--; t.perIP[flow.source] == 0 {
		delete(t.perIP, flow.source)
	}
}
