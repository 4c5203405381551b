package rtpmedia

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// FuzzReceive feeds datagrams to both ports of a session, as its party and as a stranger, with no socket between.
func FuzzReceive(f *testing.F) {
	ports, err := NewPortRange(20000, 29999, 0, nil)
	if err != nil {
		f.Fatal(err)
	}
	session, err := New(Options{Ports: ports, Timeout: -1, ReportInterval: time.Hour})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = session.Close() })
	party := netip.MustParseAddrPort("127.0.0.1:4000")
	_, err = session.SetOffer([]byte("v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 0 101\r\n" +
		"a=rtpmap:101 telephone-event/8000\r\na=rtcp-xr:rcvr-rtt=all voip-metrics\r\n"))
	if err != nil {
		f.Fatal(err)
	}
	if _, err = session.Answer(audio(bridge.SendRecv, pcmu())); err != nil {
		f.Fatal(err)
	}
	var wrong *rtp.Packet // one that was passed on and should not have been
	session.Receive(transcode.Audio, transcode.PacketWriterFunc(func(packet *rtp.Packet) error {
		// Empty packets account for numbers that were not used for sound; comfort noise is sound.
		heard := packet.PayloadType == 0 || packet.PayloadType == comfortNoisePayloadType
		if len(packet.Payload) > 0 && !heard || len(packet.Payload) > maxDatagram {
			wrong = packet.Clone()
		}
		return nil
	}))

	f.Add([]byte{})
	f.Add(append([]byte{0x80, 0, 0, 1, 0, 0, 0, 160, 0, 0, 0, 1}, make([]byte, 160)...))
	f.Add([]byte{0x80, 0x80 | comfortNoisePayloadType, 0, 2, 0, 0, 0, 160, 0, 0, 0, 1, 40})
	f.Add([]byte{0x80, 0x80 | 101, 0, 2, 0, 0, 0, 160, 0, 0, 0, 1, 5, 0x8a, 1, 0x40})
	f.Add([]byte{0xb1, 0, 0, 2, 0, 0, 0, 160, 0, 0, 0, 1, 0, 0, 0, 9, 0xbe, 0xde, 0, 1, 0x10, 1, 0, 0, 7, 7, 2})
	f.Add(append([]byte{0x81, 200, 0, 12, 0, 0, 0, 1}, make([]byte, 44)...))
	f.Add(append([]byte{0x81, 201, 0, 7, 0, 0, 0, 1}, make([]byte, 24)...))
	f.Add([]byte{0x80, 201, 0, 1, 0, 0, 0, 1, 0x81, 202, 0, 2, 0, 0, 0, 1, 1, 1, 'x', 0, 0x81, 203, 0, 1, 0, 0, 0, 1})
	f.Add(append([]byte{0x80, 207, 0, 10, 0, 0, 0, 1, 7, 0, 0, 8}, make([]byte, 32)...))
	f.Add(append([]byte{0x80, 207, 0, 7, 0, 0, 0, 1, 4, 0, 0, 2}, append(make([]byte, 8), 5, 0, 0, 1, 0, 0, 0, 0)...))
	now := time.Now()
	f.Fuzz(func(t *testing.T, datagram []byte) {
		datagram = datagram[:min(len(datagram), maxDatagram)] // as the reader of the sockets does
		now = now.Add(20 * time.Millisecond)
		session.audio().receive(datagram, party, now)
		session.audio().receiveReports(datagram, party, now)
		before := session.Stats().Audio.Received
		session.audio().receive(datagram, netip.MustParseAddrPort("127.0.0.2:4000"), now)
		if session.Stats().Audio.Received != before {
			t.Error("a stranger was heard")
		}
		if to := *session.audio().to.Load(); to != party {
			t.Errorf("media goes to %s", to)
		}
		if wrong != nil {
			t.Errorf("passed on %v", wrong)
		}
		session.audio().report(now, 0)
	})
}
