package webrtcmedia

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"sipbridge/bridge/dtlssrtp"
	"sipbridge/bridge/srtp"
	"sipbridge/bridge/webrtcmedia/mux"
	"sipbridge/transcode"
)

// packetSize is the largest packet that is sent.
const packetSize = 1500

// peerOptions are the callbacks of a peer. None may wait for the peer to close.
type peerOptions struct {
	// Advertise are the addresses that are told beside our own.
	Advertise []netip.Addr
	// Signalling is where the browser signals from.
	Signalling netip.Addr
	// Packet gets each RTP packet; it is valid until Packet returns. One goroutine calls it at a time.
	Packet func(packet *rtp.Packet, now time.Time)
	// Reports gets RTCP packets, likewise.
	Reports func(packets []rtcp.Packet, now time.Time)
	// Stream gives the stream that packets of a payload type belong to; 0 for none that was agreed.
	Stream func(payloadType uint8) stream
	// Undecryptable hears of each packet that could not be decrypted.
	Undecryptable func()
	// Changed tells that state may have changed.
	Changed func()
}

// peer is a connection to a browser: ICE, DTLS and SRTP, for all sections. The methods that negotiate are
// called by one goroutine, the others by any.
type peer struct {
	engine  *Engine
	options peerOptions
	sockets *mux.Mux // nil where the engine's are used
	conn    *mux.Conn
	agent   *ice.Agent

	// For the goroutine that negotiates.
	local    local              // our side
	remote   generation         // the browser's side
	payloads []transcode.Format // its payload types
	setup    string             // our DTLS role: active or passive; actpass before it is settled
	cancel   context.CancelFunc // ends running; nil before there is a browser's side
	running  sync.WaitGroup

	// session has the keys; nil before DTLS is up.
	session atomic.Pointer[dtlssrtp.Session]
	// checks is the ice.ConnectionState; failed and ended say how DTLS went.
	checks        atomic.Int32
	failed, ended atomic.Bool
	revoked       atomic.Bool // the browser's consent has ended: no RTCP

	// choosing keeps an older choice of ICE from coming after a newer one.
	choosing sync.Mutex

	// receiving is held over the whole way of a packet that came in, because several sockets may have some for us, and so
	// that close can wait; it guards heard.
	receiving sync.Mutex
	heard     streams
}

// packetBuffer is where a packet to the browser is made.
type packetBuffer [packetSize + srtp.Overhead]byte

func (e *Engine) newPeer(options peerOptions) (*peer, error) {
	p := &peer{engine: e, options: options, setup: setupActpass}
	sockets, err := e.socketsFor(options.Signalling)
	if err != nil {
		return nil, err
	}
	if sockets != e.shared {
		p.sockets = sockets
	}
	p.conn = sockets.NewConn(p.receive)
	for _, address := range sockets.Addresses() {
		p.local.candidates = append(p.local.candidates, candidate{address: address})
	}
	for _, address := range sockets.TCPAddresses() {
		p.local.candidates = append(p.local.candidates, candidate{address: address, tcp: true})
	}
	for _, address := range sockets.RelayedAddresses() {
		p.local.candidates = append(p.local.candidates, candidate{address: address, relayed: true})
	}
	p.local.candidates = localCandidates(p.local.candidates, options.Advertise)
	p.local.ufrag, p.local.pwd = newCredentials()
	if err := p.prepare(); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// prepare makes the agent.
func (p *peer) prepare() error {
	if len(p.local.candidates) == 0 {
		return errors.New("no local address to offer")
	}
	agent, err := p.engine.newAgent(p.conn, p.local)
	if err != nil {
		return err
	}
	p.agent = agent
	// Neither of the two fails.
	_ = agent.OnConnectionStateChange(func(state ice.ConnectionState) {
		p.checks.Store(int32(state))
		p.options.Changed()
	})
	_ = agent.OnSelectedCandidatePairChange(func(ice.Candidate, ice.Candidate) { p.choose() })
	return gather(agent)
}

// side is what our descriptions say of the connection.
func (p *peer) side(setup string) ourSide { return ourSide{local: p.local, setup: setup} }

// choose sends where ICE has found the browser.
func (p *peer) choose() {
	p.choosing.Lock()
	defer p.choosing.Unlock()
	if pair, err := p.agent.GetSelectedCandidatePair(); err == nil && pair != nil {
		p.conn.Choose(addressOf(pair.Local), addressOf(pair.Remote), pair.Local.NetworkType().IsTCP())
	}
}

// secure waits for ICE, then agrees on keys by DTLS, and then waits for the end of that.
func (p *peer) secure(ctx context.Context, options dtlssrtp.Options) {
	if p.agent.AwaitConnect(ctx) != nil {
		return
	}
	p.choose()
	handshake, cancel := context.WithTimeout(ctx, p.engine.options.Handshake)
	defer cancel()
	session, err := dtlssrtp.Handshake(handshake, p.conn.DTLS(), options)
	if err != nil {
		p.engine.logs.NewLogger("dtls").Warn(err.Error())
		p.failed.Store(true)
		p.options.Changed()
		return
	}
	p.session.Store(session)
	if ctx.Err() != nil { // close did not see the session
		_ = session.Close()
	}
	p.options.Changed()
	session.Wait()
	p.ended.Store(true)
	p.options.Changed()
}

// connectionState is how the connection stands.
type connectionState int

const (
	stateConnecting connectionState = iota
	stateConnected
	stateDisconnected
	stateFailed // only an ICE restart or another connection helps
	stateClosed
)

func (p *peer) state() connectionState {
	checks := ice.ConnectionState(p.checks.Load())
	switch {
	case p.ended.Load() || checks == ice.ConnectionStateClosed:
		return stateClosed
	case p.failed.Load() || checks == ice.ConnectionStateFailed:
		return stateFailed
	case checks == ice.ConnectionStateDisconnected:
		return stateDisconnected
	case p.session.Load() != nil && (checks == ice.ConnectionStateConnected || checks == ice.ConnectionStateCompleted):
		return stateConnected
	default:
		return stateConnecting
	}
}

// marshal makes a packet in the buffer and gives its size.
func (b *packetBuffer) marshal(header *rtp.Header, payload []byte) (int, error) {
	size, err := header.MarshalTo(b[:packetSize])
	if err != nil {
		return 0, err //nolint:wrapcheck // media path
	}
	if size+len(payload) > packetSize {
		return 0, errTooLong
	}
	return size + copy(b[size:], payload), nil
}

// seal sends a packet of a stream of ours, encrypted in its buffer; until DTLS is up it goes nowhere.
func (p *peer) seal(buffer *packetBuffer, size int) error {
	session := p.session.Load()
	if session == nil {
		return nil
	}
	sealed, err := session.SealRTP(buffer[:], size)
	if err != nil {
		return err //nolint:wrapcheck // media path
	}
	return p.conn.Send(sealed)
}

// errTooLong means a packet that no network carries in one piece.
var errTooLong = errors.New("webrtcmedia: packet too long")

// writeReports sends RTCP, unless the browser's consent has ended.
func (p *peer) writeReports(packets []rtcp.Packet) error {
	session := p.session.Load()
	if session == nil || p.revoked.Load() {
		return nil
	}
	compound, err := rtcp.Marshal(packets)
	if err != nil {
		return fmt.Errorf("RTCP: %w", err)
	}
	sealed, err := session.SealRTCP(compound)
	if err != nil {
		return fmt.Errorf("RTCP: %w", err)
	}
	return p.conn.Send(sealed)
}

// close says goodbye, ends the connection and waits for its goroutines.
func (p *peer) close() error {
	p.deafen()
	var errs []error
	if p.cancel != nil {
		p.cancel()
	}
	if session := p.session.Load(); session != nil {
		errs = append(errs, session.Close())
	}
	if p.agent != nil {
		errs = append(errs, p.agent.GracefulClose())
	}
	errs = append(errs, p.conn.Close())
	p.running.Wait()
	if p.sockets != nil {
		errs = append(errs, p.sockets.Close())
	}
	return errors.Join(errs...)
}
