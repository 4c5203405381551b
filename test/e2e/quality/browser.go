package quality

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"sipbridge/test/load/caller"
)

// browser is a WebRTC party: SIP over WebSocket, ICE and DTLS-SRTP by pion.
type browser struct {
	*party

	uri        string
	sip        *caller.Caller
	connection *webrtc.PeerConnection
	track      *webrtc.TrackLocalStaticRTP
	relay      *relay // between it and the service, or nil
	reading    sync.WaitGroup
	up         chan struct{}
}

// newBrowser registers a browser with one codec.
func newBrowser(t *testing.T, with codec, account caller.Options) *browser {
	t.Helper()
	b := &browser{party: newParty(with), up: make(chan struct{}), uri: "sip:" + account.User + "@" + account.Domain}
	capability := webrtc.RTPCodecCapability{
		MimeType: "audio/" + with.codec.Name, ClockRate: with.codec.ClockRate, Channels: uint16(with.codec.Channels),
		SDPFmtpLine: with.parameters,
	}
	engine := &webrtc.MediaEngine{}
	must(t, engine.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: capability, PayloadType: webrtc.PayloadType(with.payloadType),
	}, webrtc.RTPCodecTypeAudio))
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	api := webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithSettingEngine(settings))
	var err error
	b.connection, err = api.NewPeerConnection(webrtc.Configuration{})
	must(t, err)
	t.Cleanup(b.close)
	b.track, err = webrtc.NewTrackLocalStaticRTP(capability, "audio", "quality")
	must(t, err)
	sender, err := b.connection.AddTrack(b.track)
	must(t, err)
	b.reading.Go(func() { b.heed(sender) })
	b.send = b.track.WriteRTP
	b.connection.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		b.reading.Go(func() { b.read(track) })
	})
	var once sync.Once
	b.connection.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateConnected {
			once.Do(func() { close(b.up) })
		}
	})
	account.Answer = b.answer
	b.sip, err = caller.Dial(t.Context(), account)
	must(t, err)
	must(t, b.sip.Register(t.Context()))
	return b
}

func (b *browser) read(track *webrtc.TrackRemote) {
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		b.take(packet)
	}
}

// heed takes what the service reports of our stream, as a browser does: how much of it is lost.
func (b *browser) heed(sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		b.learn(packets)
	}
}

// expect gives the URI at which the browser is called.
func (b *browser) expect(*testing.T) string { return b.uri }

// answer answers a call.
func (b *browser) answer(offer string) (string, error) {
	b.format.Parameters = parameters(offer, b.format.String())
	if err := b.connection.SetRemoteDescription(description(webrtc.SDPTypeOffer, offer)); err != nil {
		return "", fmt.Errorf("%w: %w", errSDP, err)
	}
	answer, err := b.connection.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errSDP, err)
	}
	gathered := webrtc.GatheringCompletePromise(b.connection)
	if err = b.connection.SetLocalDescription(answer); err != nil {
		return "", fmt.Errorf("%w: %w", errSDP, err)
	}
	<-gathered
	return b.connection.LocalDescription().SDP, nil
}

func description(kind webrtc.SDPType, sdp string) webrtc.SessionDescription {
	return webrtc.SessionDescription{Type: kind, SDP: sdp}
}

// call calls somebody.
func (b *browser) call(t *testing.T, uri string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	offer, err := b.connection.CreateOffer(nil)
	must(t, err)
	gathered := webrtc.GatheringCompletePromise(b.connection)
	must(t, b.connection.SetLocalDescription(offer))
	<-gathered
	sdp := b.connection.LocalDescription().SDP
	if b.relay != nil {
		sdp = b.relay.offered(sdp)
	}
	invited, err := b.sip.Invite(ctx, uri, sdp)
	must(t, err)
	b.format.Parameters = parameters(invited.Answer, b.format.String())
	answer := invited.Answer
	if b.relay != nil {
		answer = b.relay.answered(answer)
	}
	must(t, b.connection.SetRemoteDescription(description(webrtc.SDPTypeAnswer, answer)))
}

// await waits until media can flow.
func (b *browser) await(t *testing.T) {
	t.Helper()
	select {
	case <-b.up:
	case <-time.After(limit):
		t.Fatal("ICE and DTLS do not come up")
	}
}

func (b *browser) hangup(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	must(t, b.sip.Hangup(ctx))
}

// parameters gives those of a codec in an SDP, which say how we are to encode.
func parameters(sdp, codec string) string {
	number := ""
	for line := range strings.Lines(sdp) {
		line = strings.TrimSpace(line)
		if mapped, ok := strings.CutPrefix(line, "a=rtpmap:"); ok && number == "" {
			if before, name, _ := strings.Cut(mapped, " "); strings.EqualFold(name, codec) {
				number = before
			}
		}
		if value, ok := strings.CutPrefix(line, "a=fmtp:"+number+" "); ok && number != "" {
			return value
		}
	}
	return ""
}

func (b *browser) close() {
	if b.sip != nil {
		b.sip.Close()
	}
	// What is left of it ends with the test.
	_ = errors.Join(b.connection.GracefulClose())
	b.reading.Wait()
}
