package rtpmedia

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"sipbridge/bridge/srtp"
	"sipbridge/transcode"
)

// TestNoAllocation holds that a packet costs no memory on its way in or out.
func TestNoAllocation(t *testing.T) {
	session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 1)
	party.call(session, party.offer())
	session.Receive(transcode.Audio, session.Sender(transcode.Audio))
	in := rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 1}, Payload: make([]byte, 160)}
	datagram := must[[]byte](t)(in.Marshal())
	now, from := time.Now(), party.address()
	perPacket := testing.AllocsPerRun(1000, func() {
		in.SequenceNumber++
		in.Timestamp += 160
		if _, err := in.MarshalTo(datagram); err != nil {
			t.Error(err)
		}
		now = now.Add(20 * time.Millisecond)
		session.audio().receive(datagram, from, now)
	})
	if sent := session.Stats().Audio.Sent; sent < 1000 {
		t.Fatalf("%d packets went out", sent)
	}
	if perPacket >= 1 {
		t.Errorf("%v allocations a packet", perPacket)
	}
}

// TestNoAllocationProtected holds the same of packets that are opened and sealed.
func TestNoAllocationProtected(t *testing.T) {
	session, party := newSession(t, secured(Required, false)), newSafePhone(t, srtp.AEADAES128GCM)
	party.call(session, "RTP/SAVP", 1)
	session.Receive(transcode.Audio, session.Sender(transcode.Audio))
	const packets = 1000
	sealed := make([][]byte, 0, packets+1)
	for range packets + 1 {
		sealed = append(sealed, party.packet())
	}
	now, from := time.Now(), party.address()
	perPacket := testing.AllocsPerRun(packets, func() {
		now = now.Add(20 * time.Millisecond)
		session.audio().receive(sealed[0], from, now)
		sealed = sealed[1:]
	})
	if sent := session.Stats().Audio.Sent; sent < packets {
		t.Fatalf("%d packets went out", sent)
	}
	if perPacket >= 1 {
		t.Errorf("%v allocations a packet", perPacket)
	}
}

func BenchmarkEcho(b *testing.B) {
	ports, err := NewPortRange(20000, 29999, -1, nil)
	if err != nil {
		b.Fatal(err)
	}
	session, err := New(Options{Ports: ports})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = session.Close() }()
	if _, err = session.SetOffer([]byte("v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\n")); err != nil {
		b.Fatal(err)
	}
	if _, err = session.Answer(audio(0, pcmu())); err != nil {
		b.Fatal(err)
	}
	session.Receive(transcode.Audio, session.Sender(transcode.Audio))
	in := rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 1}, Payload: make([]byte, 160)}
	datagram, err := in.Marshal()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		in.SequenceNumber++
		in.Timestamp += 160
		if _, err := in.MarshalTo(datagram); err != nil {
			b.Fatal(err)
		}
		session.audio().receive(datagram, session.audio().agreed.Load().rtp, time.Now())
	}
}
