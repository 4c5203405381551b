package webrtcmedia

import (
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/dtlssrtp"
	"sipbridge/transcode"
)

// TestConsent: 30 s after the last answer to a check nothing is sent any more, though the browser is still heard, until
// it answers again (RFC 7675 section 5.1).
func TestConsent(t *testing.T) {
	t.Parallel()
	session, _ := newSession(t, newEngine(t, EngineOptions{}), Options{})
	w, p := newWatch(session), &peer{}
	p.session.Store(&dtlssrtp.Session{})
	begin := time.Now()
	w.direction, w.sends[transcode.Audio] = bridge.SendRecv, true
	sender := session.outgoing[transcode.Audio].sender
	sender.SetFormats([]transcode.Format{{Codec: transcode.Codec{Name: "PCMU", ClockRate: 8000}}})
	packet := &rtp.Packet{Header: rtp.Header{Version: 2}, Payload: make([]byte, 160)}
	for _, step := range []struct {
		at               time.Duration
		state            ice.ConnectionState
		reaches, revoked bool
	}{
		{0, ice.ConnectionStateConnected, true, false},
		{time.Second, ice.ConnectionStateDisconnected, true, false},
		{25 * time.Second, ice.ConnectionStateDisconnected, true, false},
		{27 * time.Second, ice.ConnectionStateDisconnected, false, true},
		{28 * time.Second, ice.ConnectionStateConnected, true, false},
		{29 * time.Second, ice.ConnectionStateDisconnected, true, false},
		{70 * time.Second, ice.ConnectionStateFailed, false, true},
	} {
		now := begin.Add(step.at)
		p.checks.Store(int32(step.state))
		session.incoming.latest.Store(now.UnixNano())
		got := w.look(p, now)
		if got.reaches() != step.reaches || got.revoked() != step.revoked {
			t.Errorf("after %v, %v: reaches %v, revoked %v", step.at, step.state, got.reaches(), got.revoked())
		}
		w.open(got)
		before := sender.Stats().Packets
		packet.SequenceNumber++
		packet.Timestamp += 160
		must(t, sender.WriteRTP(packet))
		if sent := sender.Stats().Packets > before; sent != step.reaches {
			t.Errorf("after %v, %v: sound was sent: %v", step.at, step.state, sent)
		}
	}
}
