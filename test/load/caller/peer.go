package caller

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"sipbridge/test/load/sound"
	"sipbridge/test/load/stream"
)

// Peer is the WebRTC side of a call: one audio track each way.
type Peer struct {
	// Meter measures what the browser hears.
	Meter *stream.Meter
	// Sender sends what the browser plays, from Start on.
	Sender *stream.Sender

	connection *webrtc.PeerConnection
	offer      string
	stop       chan struct{} // closed by Close
	running    sync.WaitGroup

	connected chan struct{} // closed when connectedAt is set
	failed    chan struct{} // closed when the connection cannot come up any more
	once      sync.Once
	failOnce  sync.Once
	// connectedAt is when DTLS was up.
	connectedAt time.Time
}

// ErrNotConnected says that ICE or DTLS failed.
var ErrNotConnected = errors.New("WebRTC does not connect")

// NewPeer makes a peer that offers one codec, with its candidates gathered on loopback.
func NewPeer(codec sound.Codec, plays, hears sound.Way) (*Peer, error) {
	connection, err := newConnection(codec)
	if err != nil {
		return nil, fmt.Errorf("WebRTC: %w", err)
	}
	p := &Peer{
		Meter: &stream.Meter{Way: hears}, connection: connection, stop: make(chan struct{}),
		connected: make(chan struct{}), failed: make(chan struct{}),
	}
	track, err := webrtc.NewTrackLocalStaticRTP(capability(codec), "audio", "load")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("WebRTC: %w", err), p.closeConnection())
	}
	p.Sender = &stream.Sender{Codec: codec, Way: plays, Write: track.WriteRTP}
	connection.OnConnectionStateChange(func(state webrtc.PeerConnectionState) { p.changed(state) })
	connection.OnTrack(func(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		p.running.Go(func() { drain(receiver) })
		p.running.Go(func() { p.receive(remote) })
	})
	if err := p.gather(track); err != nil {
		return nil, errors.Join(fmt.Errorf("WebRTC: %w", err), p.closeConnection())
	}
	return p, nil
}

func newConnection(codec sound.Codec) (*webrtc.PeerConnection, error) {
	engine := &webrtc.MediaEngine{}
	err := engine.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: capability(codec), PayloadType: webrtc.PayloadType(codec.PayloadType()),
	}, webrtc.RTPCodecTypeAudio)
	if err != nil {
		return nil, err
	}
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetHandleUndeclaredSSRCWithoutAnswer(true) // rtpengine's answer names no SSRC
	settings.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	registry := &interceptor.Registry{}
	if err := webrtc.ConfigureRTCPReports(registry); err != nil {
		return nil, err
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithSettingEngine(settings),
		webrtc.WithInterceptorRegistry(registry))
	return api.NewPeerConnection(webrtc.Configuration{})
}

func capability(codec sound.Codec) webrtc.RTPCodecCapability {
	if codec == sound.Opus {
		return webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: uint32(codec.ClockRate()), Channels: 2,
			SDPFmtpLine: "minptime=10;useinbandfec=1",
		}
	}
	return webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMU, ClockRate: uint32(codec.ClockRate())}
}

// gather makes the offer complete.
func (p *Peer) gather(track webrtc.TrackLocal) error {
	sender, err := p.connection.AddTrack(track)
	if err != nil {
		return err
	}
	p.running.Go(func() { drain(sender) })
	offer, err := p.connection.CreateOffer(nil)
	if err != nil {
		return err
	}
	complete := webrtc.GatheringCompletePromise(p.connection)
	if err := p.connection.SetLocalDescription(offer); err != nil {
		return err
	}
	<-complete
	p.offer = p.connection.LocalDescription().SDP
	return nil
}

// Offer is the SDP to send.
func (p *Peer) Offer() string { return p.offer }

// Accept takes the answer and waits until DTLS is up. It gives when that was.
func (p *Peer) Accept(ctx context.Context, answer string) (time.Time, error) {
	err := p.connection.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer})
	if err != nil {
		return time.Time{}, fmt.Errorf("answer: %w", err)
	}
	select {
	case <-p.connected:
		return p.connectedAt, nil
	case <-p.failed:
		return time.Time{}, ErrNotConnected
	case <-ctx.Done():
		return time.Time{}, fmt.Errorf("%w: %w", ErrNotConnected, ctx.Err())
	}
}

// Start begins to play.
func (p *Peer) Start() { p.running.Go(func() { p.Sender.Run(p.stop) }) }

// Close ends the media and returns when nothing runs any more.
func (p *Peer) Close() error {
	err := p.closeConnection()
	p.running.Wait()
	return err
}

func (p *Peer) closeConnection() error {
	close(p.stop)
	if err := p.connection.GracefulClose(); err != nil {
		return fmt.Errorf("WebRTC: %w", err)
	}
	return nil
}

// changed is called by pion.
func (p *Peer) changed(state webrtc.PeerConnectionState) {
	switch state {
	case webrtc.PeerConnectionStateConnected:
		p.once.Do(func() {
			p.connectedAt = time.Now()
			close(p.connected)
		})
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		p.failOnce.Do(func() { close(p.failed) })
	default: // on the way, or perhaps coming back
	}
}

const largestDatagram = 65535

func (p *Peer) receive(track *webrtc.TrackRemote) {
	buffer := make([]byte, largestDatagram)
	packet := &rtp.Packet{}
	for {
		n, _, err := track.Read(buffer)
		if err != nil {
			return
		}
		at := time.Now()
		if packet.Unmarshal(buffer[:n]) == nil {
			p.Meter.Arrived(packet, at)
		}
	}
}

// reportReader is a sender or receiver, whose RTCP must be read for its interceptors to see it.
type reportReader interface {
	Read(buffer []byte) (int, interceptor.Attributes, error)
}

func drain(reports reportReader) {
	buffer := make([]byte, largestDatagram)
	for {
		if _, _, err := reports.Read(buffer); err != nil {
			return
		}
	}
}
