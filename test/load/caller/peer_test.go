package caller

import (
	"context"
	"errors"
	"testing"

	"github.com/pion/webrtc/v4"

	"sipbridge/test/load/sound"
)

// TestPeerTalks has a peer talk with pion itself, which sends each packet back.
func TestPeerTalks(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	packets, err := sound.PCMU.Loop(sound.FullBand())
	if err != nil {
		t.Fatal(err)
	}
	way := sound.NewStamped(packets)
	p, err := NewPeer(sound.PCMU, way, way)
	if err != nil {
		t.Fatal(err)
	}
	mirror := newMirror(t)
	answer := mirror.answer(t, p.Offer())
	connected, err := p.Accept(ctx, answer)
	if err != nil || connected.IsZero() {
		t.Fatal(connected, err)
	}
	p.Meter.Open()
	p.Start()
	for p.Meter.Total() < 10 && ctx.Err() == nil {
		select {
		case <-mirror.sent:
		case <-ctx.Done():
		}
	}
	counts := p.Meter.Close()
	if counts.Received < 9 || len(counts.Delays) != counts.Received {
		t.Errorf("got %+v", counts)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	mirror.close(t)
}

func TestPeerTellsThatItDoesNotConnect(t *testing.T) {
	p, err := NewPeer(sound.PCMU, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	mirror := newMirror(t)
	answer := mirror.answer(t, p.Offer())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	mirror.close(t)
	if _, err := p.Accept(ctx, answer); !errors.Is(err, ErrNotConnected) {
		t.Errorf("got %v", err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// mirror sends back what it gets, and tells each time on sent.
type mirror struct {
	connection *webrtc.PeerConnection
	sent       chan struct{}
}

func newMirror(t *testing.T) *mirror {
	t.Helper()
	connection, err := newConnection(sound.PCMU)
	if err != nil {
		t.Fatal(err)
	}
	return &mirror{connection: connection, sent: make(chan struct{}, 100)}
}

func (m *mirror) answer(t *testing.T, offer string) string {
	t.Helper()
	track, err := webrtc.NewTrackLocalStaticRTP(capability(sound.PCMU), "audio", "mirror")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = m.connection.AddTrack(track); err != nil {
		t.Fatal(err)
	}
	m.connection.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			packet, _, fault := remote.ReadRTP()
			if fault != nil {
				return
			}
			_ = track.WriteRTP(packet)
			select {
			case m.sent <- struct{}{}:
			default:
			}
		}
	})
	description := webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}
	if err = m.connection.SetRemoteDescription(description); err != nil {
		t.Fatal(err)
	}
	answer, err := m.connection.CreateAnswer(nil)
	if err != nil {
		t.Fatal(err)
	}
	complete := webrtc.GatheringCompletePromise(m.connection)
	if err = m.connection.SetLocalDescription(answer); err != nil {
		t.Fatal(err)
	}
	<-complete
	return m.connection.LocalDescription().SDP
}

func (m *mirror) close(t *testing.T) {
	t.Helper()
	if err := m.connection.GracefulClose(); err != nil {
		t.Error(err)
	}
}
