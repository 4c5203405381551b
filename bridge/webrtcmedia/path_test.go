package webrtcmedia

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"sipbridge/bridge/dtlssrtp"
	"sipbridge/bridge/udp"
	"sipbridge/transcode"
)

// newKeys gives the two ends of a DTLS-SRTP session.
func newKeys(t *testing.T) (ours, theirs *dtlssrtp.Session) {
	t.Helper()
	engine := newEngine(t, EngineOptions{})
	var here, there *dtlssrtp.Conn
	here = dtlssrtp.NewConn(func(datagram []byte) error { there.Take(datagram); return nil })
	there = dtlssrtp.NewConn(func(datagram []byte) error { here.Take(datagram); return nil })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	options := dtlssrtp.Options{Identity: engine.identity, Peer: engine.identity.Fingerprint(), Logs: engine.logs}
	var shaking sync.WaitGroup
	var failure error
	shaking.Go(func() { theirs, failure = dtlssrtp.Handshake(ctx, there, options) })
	client := options
	client.Client = true
	ours, err := dtlssrtp.Handshake(ctx, here, client)
	shaking.Wait()
	must(t, err)
	must(t, failure)
	t.Cleanup(func() {
		must(t, ours.Close())
		must(t, theirs.Close())
	})
	return ours, theirs
}

// TestWholePathAllocatesNothing sends a browser its own packets back: decrypted, counted, numbered anew, encrypted,
// sent.
func TestWholePathAllocatesNothing(t *testing.T) { //nolint:paralleltest // counts allocations
	ours, theirs := newKeys(t)
	engine := newEngine(t, EngineOptions{})
	session := engine.NewSession(Options{})
	p, err := engine.newPeer(session.peerOptions())
	must(t, err)
	p.session.Store(ours)
	session.peer.Store(p)
	pictures := []transcode.Format{{Codec: transcode.Codec{Name: "VP8", ClockRate: 90000}, PayloadType: 96}}
	agreed := agreements{
		transcode.Audio: {formats: audioCodecs(), events: eventCodecs()}, transcode.Video: {formats: pictures},
	}
	session.incoming.accept(agreed)
	for _, kind := range transcode.Kinds() {
		sender := session.outgoing[kind].sender
		sender.SetFormats(agreed[kind].formats)
		sender.SetEnabled(true)
		session.Receive(kind, sender)
	}
	sink, err := udp.NewPoller().Listen(netip.MustParseAddrPort("127.0.0.1:0"),
		func([]byte, netip.AddrPort, time.Time) {})
	must(t, err)
	p.conn.Choose(engine.Addresses()[0], sink.LocalAddr(), false)

	packet := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 111, SSRC: 5}, Payload: make([]byte, 80)}
	picture := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 96, SSRC: 6}, Payload: make([]byte, 1200)}
	buffer, now := make([]byte, packetSize), time.Now()
	perPacket := testing.AllocsPerRun(1000, func() {
		packet.Timestamp += 960
		picture.Timestamp += 3000
		for _, sent := range [2]*rtp.Packet{&packet, &picture} {
			sent.SequenceNumber++
			size, err := sent.MarshalTo(buffer)
			must(t, err)
			sealed, err := theirs.SealRTP(buffer, size)
			must(t, err)
			p.receive(sealed, now)
		}
	})
	stats := session.Stats().Audio
	if shown := session.outgoing[transcode.Video].sender.Stats().Packets; shown != 1001 {
		t.Errorf("%d packets of pictures were sent", shown)
	}
	if frames := session.Stats().Video.Frames; frames != 1001 {
		t.Errorf("%d pictures came", frames)
	}
	if perPacket != 0 || stats.Received != 1001 || stats.Sent != 1001 || stats.Lost != 0 {
		t.Errorf("%v allocations a packet; %+v", perPacket, stats)
	}
	must(t, session.Close())
	must(t, sink.Close())
}
