package rtpmedia

import (
	"context"
	"net/netip"
	"sync/atomic"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/dtlssrtp"
	"sipbridge/bridge/srtp"
	"sipbridge/bridge/udp"
)

// associations are the DTLS associations of a stream: one for each port, unless RTCP comes with RTP (RFC 5764 section
// 4.1). They belong to the leg's goroutine, but for what readers give them.
type associations struct {
	rtp, rtcp *association
	started   bool
}

func newAssociations(s *stream) *associations {
	pair := &associations{}
	pair.rtp = newAssociation(s, pair)
	pair.rtcp = newAssociation(s, pair)
	return pair
}

// start shakes hands on the terms.
func (p *associations) start(terms dtlsTerms) {
	p.started = true
	s := p.rtp.stream
	p.rtp.start(terms, s.to.Load())
	if !terms.mux {
		p.rtcp.start(terms, s.reportTo.Load())
	}
}

// nominate sends DTLS where ICE has found the party.
func (p *associations) nominate(to netip.AddrPort, reports bool) {
	if reports {
		p.rtcp.peer.Store(&to)
		return
	}
	p.rtp.peer.Store(&to)
}

func (p *associations) close() {
	p.rtp.close()
	p.rtcp.close()
}

// association agrees on keys with the party at one port.
type association struct {
	stream *stream
	pair   *associations
	conn   *dtlssrtp.Conn
	// peer is where packets of DTLS go; nil while unknown.
	peer atomic.Pointer[netip.AddrPort]
	// origins are from where packets of DTLS have come.
	origins origins
	// session has the keys; nil while there are none.
	session atomic.Pointer[dtlssrtp.Session]
	cancel  context.CancelFunc // nil before it is started; for the leg's goroutine
}

func newAssociation(s *stream, pair *associations) *association {
	a := &association{stream: s, pair: pair}
	a.conn = dtlssrtp.NewConn(a.send)
	return a
}

func (a *association) opener() packetOpener {
	if session := a.session.Load(); session != nil {
		return session
	}
	return nil
}

func (a *association) sealer() *srtp.Sealer {
	if session := a.session.Load(); session != nil {
		return session.Sealer
	}
	return nil
}

// take gives DTLS a packet. Until the party has proved itself it is where the newest one comes from.
func (a *association) take(datagram []byte, from netip.AddrPort) {
	if a.session.Load() == nil {
		a.origins.add(from)
		if before := a.peer.Load(); before == nil || *before != from {
			a.peer.Store(&from)
		}
	}
	a.conn.Take(datagram)
}

func (a *association) send(datagram []byte) error {
	to := a.peer.Load()
	if to == nil {
		return nil
	}
	return a.socket().Send(datagram, *to)
}

// socket is that of its port: not always the same, for we may move.
func (a *association) socket() *udp.Socket {
	if a == a.pair.rtcp {
		return a.stream.sockets().rtcp
	}
	return a.stream.sockets().rtp
}

// start shakes hands, with whom the agreement names unless somebody who may be the party has begun.
func (a *association) start(terms dtlsTerms, to *netip.AddrPort) {
	if early := a.peer.Load(); early == nil || !a.stream.mayBe(*early) {
		a.peer.Store(to)
	}
	var ctx context.Context
	ctx, a.cancel = context.WithCancel(context.Background())
	options := dtlssrtp.Options{
		Identity: a.stream.options.Security.Identity, Client: terms.client, Peer: terms.peer, Unproved: true,
	}
	a.stream.session.running.Go(func() { a.shake(ctx, options) })
}

// shake agrees on keys, and then waits for the end of DTLS, which changes nothing: calls end by signalling.
func (a *association) shake(ctx context.Context, options dtlssrtp.Options) {
	session, err := dtlssrtp.Handshake(ctx, a.conn, options)
	if err != nil {
		if ctx.Err() == nil {
			a.failed(err)
		}
		return
	}
	a.session.Store(session)
	if a == a.pair.rtp {
		a.proved()
	}
	if ctx.Err() != nil { // close did not see the session
		_ = session.Close()
	}
	session.Wait()
}

// proved sends media where the party has shown its certificate: there it gets what we send, whatever its SDP says. If
// somebody else has sent something like DTLS meanwhile, its media will tell where it is: they are authenticated, packet
// by packet.
func (a *association) proved() {
	s := a.stream
	from, ok := a.origins.only(s.mayBe)
	if !ok {
		s.options.Logger.Warn("several sources of DTLS", "for", s.kind.String())
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	agreed := s.agreed.Load()
	if agreed == nil || !s.latch.prove(from, time.Now()) {
		return
	}
	s.options.Counters.moved.Add(1)
	s.setDestinations(agreed)
}

// failed tells that there will be no keys.
func (a *association) failed(err error) {
	options := a.stream.options
	options.Counters.unshaken.Add(1)
	options.Logger.Warn("no keys by DTLS", "for", a.stream.kind.String(), "error", err)
	if options.Events.Lost != nil {
		options.Events.Lost(bridge.Cause{Status: 488, Text: "DTLS Failed", Err: err})
	}
}

// close ends the association; its goroutine ends soon after.
func (a *association) close() {
	if a.cancel != nil {
		a.cancel()
	}
	if session := a.session.Load(); session != nil {
		_ = session.Close() // the party may be gone
		return
	}
	_ = a.conn.Close()
}
