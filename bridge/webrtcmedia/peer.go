package webrtcmedia

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// maxStreams is how many streams a browser may open between two negotiations. It needs one, and another
// where it changes its SSRC; each costs memory inside pion.
const maxStreams = 8

// peerOptions are the callbacks of a peer. None may wait for the peer to close.
type peerOptions struct {
	// Packet gets each RTP packet; it is valid until Packet returns. One goroutine calls it at a time.
	Packet func(packet *rtp.Packet)
	// Reports gets RTCP packets; several goroutines may call it.
	Reports func(packets []rtcp.Packet)
	// Changed tells that state may have changed.
	Changed func()
}

// local is what we tell a browser of our side of the connection.
type local struct {
	ufrag, pwd string
	candidates []candidate
}

// peer is a connection to a browser: a pion PeerConnection with one audio section. The methods that negotiate are
// called by one goroutine, the others by any.
type peer struct {
	engine     *Engine
	options    peerOptions
	connection *webrtc.PeerConnection
	sender     *webrtc.RTPSender
	track      *localTrack

	// For the goroutine that negotiates.
	local    local              // our side
	remote   generation         // the browser's side, as pion knows it
	payloads []transcode.Format // likewise
	setup    string             // our DTLS role: active or passive; actpass before it is settled

	// mu guards what follows.
	mu      sync.Mutex
	closed  bool
	opened  int     // streams since the last negotiation
	current *stream // the stream that is heard
	readers sync.WaitGroup
}

func (e *Engine) newPeer(options peerOptions) (*peer, error) {
	connection, err := e.api.NewPeerConnection(webrtc.Configuration{
		Certificates: []webrtc.Certificate{e.certificate},
		BundlePolicy: webrtc.BundlePolicyMaxBundle,
	})
	if err != nil {
		return nil, fmt.Errorf("peer connection: %w", err)
	}
	p := &peer{engine: e, options: options, connection: connection, track: &localTrack{}, setup: setupActpass}
	if p.sender, err = connection.AddTrack(p.track); err != nil {
		return nil, errors.Join(fmt.Errorf("audio track: %w", err), connection.GracefulClose())
	}
	connection.OnTrack(p.onTrack)
	connection.OnConnectionStateChange(func(webrtc.PeerConnectionState) { options.Changed() })
	p.readers.Go(func() { p.readReports(p.sender.Read) })
	return p, nil
}

// ssrc is the source under which our stream goes out.
func (p *peer) ssrc() uint32 {
	encodings := p.sender.GetParameters().Encodings
	if len(encodings) == 0 {
		return 0
	}
	return uint32(encodings[0].SSRC)
}

// side is what our descriptions say of the connection.
func (p *peer) side(setup string) ourSide {
	return ourSide{local: p.local, setup: setup, ssrc: p.ssrc()}
}

// answer gives pion the browser's offer, or a later one, and finds our side. We take the passive DTLS role where
// the browser lets us. RFC 5763 section 5 would rather have the answerer active, to save a round trip; but here the
// browser begins DTLS as soon as its own ICE checks succeed, which is before ours do, since it nominates, and there is
// no cookie exchange: both roles take the same time. And the server chooses the SRTP profile: as server,
// Chromium takes AES-CM with HMAC-SHA1, we GCM. Either way DTLS is read only after ICE is connected and only from the
// address that ICE proved, so a ClientHello from elsewhere (CVE-2023-49786) is never seen.
func (p *peer) answer(offer *remote) error {
	if p.setup == setupActpass {
		p.setup = setupPassive
		if offer.audio().Setup == setupPassive {
			p.setup = setupActive
		}
	}
	text, err := offer.pionText(opposite(p.setup))
	if err != nil {
		return err
	}
	p.allowStreams()
	description := webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: text}
	if err = p.connection.SetRemoteDescription(description); err != nil {
		return fmt.Errorf("browser's offer: %w", err)
	}
	answer, err := p.connection.CreateAnswer(nil)
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	if err := p.gather(answer); err != nil {
		return err
	}
	p.remote, p.payloads = offer.generation(), offer.payloads()
	return nil
}

// offer has pion make its offer, to find our side.
func (p *peer) offer() error {
	offer, err := p.connection.CreateOffer(nil)
	if err != nil {
		return fmt.Errorf("offer: %w", err)
	}
	return p.gather(offer)
}

// accept gives pion the browser's answer to our offer.
func (p *peer) accept(answer *remote) error {
	p.setup = setupPassive
	if answer.audio().Setup == setupPassive {
		p.setup = setupActive
	}
	text, err := answer.pionText(opposite(p.setup))
	if err != nil {
		return err
	}
	p.allowStreams()
	description := webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: text}
	if err := p.connection.SetRemoteDescription(description); err != nil {
		return fmt.Errorf("browser's answer: %w", err)
	}
	p.remote, p.payloads = answer.generation(), answer.payloads()
	return nil
}

// gather sets pion's own description and waits for all candidates.
func (p *peer) gather(description webrtc.SessionDescription) error {
	ctx, cancel := context.WithTimeout(context.Background(), p.engine.options.Gather)
	defer cancel()
	complete := webrtc.GatheringCompletePromise(p.connection)
	if err := p.connection.SetLocalDescription(description); err != nil {
		return fmt.Errorf("own description: %w", err)
	}
	select {
	case <-complete:
	case <-ctx.Done():
		return fmt.Errorf("gathering candidates: %w", ctx.Err())
	}
	gathered := p.connection.LocalDescription()
	if gathered == nil {
		return ErrClosed
	}
	session, err := sdp.Parse([]byte(gathered.SDP))
	if err != nil || len(session.Media) == 0 {
		return fmt.Errorf("own description: %w", errors.Join(err, ErrNoAudio))
	}
	media := session.Media[0]
	p.local = local{
		ufrag: media.ICEUfrag, pwd: media.ICEPwd,
		candidates: localCandidates(parseCandidates(media.Candidates), p.engine.options.Advertise),
	}
	if len(p.local.candidates) == 0 {
		return errors.New("no local address to offer")
	}
	return nil
}

// fits tells whether an offer can be answered on this connection: the browser's certificate is the same, and
// DTLS still stands. ICE may be dead; a restart revives it.
func (p *peer) fits(offer *remote) bool {
	switch p.sender.Transport().State() {
	case webrtc.DTLSTransportStateFailed, webrtc.DTLSTransportStateClosed:
		return false
	default:
	}
	return p.setup != setupActpass && p.state() != stateClosed && p.remote.fingerprint == offer.fingerprint
}

// upToDate tells whether pion already knows what a description says of the connection. New payload types are no
// reason to ask it again: their packets pass all the same, and asking would interrupt the sound.
func (p *peer) upToDate(description *remote) bool { return p.remote == description.generation() }

func opposite(setup string) string {
	if setup == setupActive {
		return setupPassive
	}
	return setupActive
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
	switch p.connection.ConnectionState() {
	case webrtc.PeerConnectionStateConnected:
		return stateConnected
	case webrtc.PeerConnectionStateDisconnected:
		return stateDisconnected
	case webrtc.PeerConnectionStateFailed:
		return stateFailed
	case webrtc.PeerConnectionStateClosed:
		return stateClosed
	default:
		return stateConnecting
	}
}

// write sends a packet of our stream; until DTLS is up it goes nowhere.
func (p *peer) write(header *rtp.Header, payload []byte) error { return p.track.write(header, payload) }

// writeReports sends RTCP.
func (p *peer) writeReports(packets []rtcp.Packet) error {
	if err := p.connection.WriteRTCP(packets); err != nil {
		return fmt.Errorf("RTCP: %w", err)
	}
	return nil
}

// close ends the connection and waits for its goroutines.
func (p *peer) close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	err := p.connection.GracefulClose()
	p.readers.Wait()
	if err != nil {
		return fmt.Errorf("peer connection: %w", err)
	}
	return nil
}
