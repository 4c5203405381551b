package webrtcmedia

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/quality"
	"sipbridge/bridge/sdp"
	"sipbridge/bridge/udp"
	"sipbridge/transcode"
)

func TestReportsOfTheBrowser(t *testing.T) {
	t.Parallel()
	var told [kinds]uint8
	i := incoming{
		ours:     [kinds]uint32{transcode.Audio: 7, transcode.Video: 8},
		lossTold: func(kind transcode.Kind, fraction uint8) { told[kind] = fraction },
	}
	sent := quality.CompactNTP(time.Now().Add(-150 * time.Millisecond))
	i.reports([]rtcp.Packet{&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{
		SSRC: 7, FractionLost: 30, TotalLost: 12, LastSenderReport: sent, Delay: 6554, // 100 ms
	}}}}, time.Now())
	stats := i.stats(transcode.Audio, transcode.SenderStats{})
	if stats.RemoteLost != 12 || stats.RoundTrip < 40*time.Millisecond || stats.RoundTrip > 10*time.Second {
		t.Errorf("%+v", stats)
	}
	if told != [kinds]uint8{transcode.Audio: 30} {
		t.Errorf("the streams were told of losses %v", told)
	}
	blocks := []rtcp.ReceptionReport{{SSRC: 7, TotalLost: 0xffffff}}
	i.reports([]rtcp.Packet{&rtcp.SenderReport{Reports: blocks}}, time.Now())
	if stats := i.stats(transcode.Audio, transcode.SenderStats{}); stats.RemoteLost != 0 {
		t.Errorf("a negative loss became %d", stats.RemoteLost)
	}
}

// TestKeyframeIsAskedInACompound holds that a request goes behind a report and our name (RFC 4585 section 3.1).
func TestKeyframeIsAskedInACompound(t *testing.T) {
	t.Parallel()
	session, _ := newSession(t, newEngine(t, EngineOptions{}), Options{})
	compound := rtcp.CompoundPacket(session.withReport(transcode.Video, session.keyframeRequest(7)))
	if err := compound.Validate(); err != nil || len(compound) != 3 {
		t.Errorf("%v: %v", err, compound)
	}
	if name, err := compound.CNAME(); err != nil || name != session.author.cname {
		t.Errorf("%v: from %q", err, name)
	}
	request, ok := compound[len(compound)-1].(*rtcp.PictureLossIndication)
	if !ok || request.MediaSSRC != 7 || request.SenderSSRC != session.incoming.ours[transcode.Video] {
		t.Errorf("asked by %v", compound)
	}
}

// TestFeedbackOfReducedSize holds that a browser that takes feedback alone gets it so (RFC 5506), and is told so.
func TestFeedbackOfReducedSize(t *testing.T) {
	t.Parallel()
	session, _ := newSession(t, newEngine(t, EngineOptions{}), Options{})
	for _, reduced := range []bool{true, false} {
		var agreed agreements
		agreed[transcode.Video].reportAs(sdp.Media{RTCPReducedSize: reduced})
		session.incoming.accept(agreed)
		if sent := session.withReport(transcode.Video, session.keyframeRequest(7)); (len(sent) == 1) != reduced {
			t.Errorf("reduced %t: %v", reduced, sent)
		}
		own := session.author.section(transcode.Video, place{}, ourSide{local: local{candidates: []candidate{{}}}},
			agreed[transcode.Video])
		if own.RTCPReducedSize != reduced {
			t.Errorf("the browser is told %t", own.RTCPReducedSize)
		}
	}
}

// TestPaceOfReports holds that it follows from all sections.
func TestPaceOfReports(t *testing.T) {
	t.Parallel()
	var agreed agreements
	agreed[transcode.Audio].formats = audioCodecs()
	agreed[transcode.Audio].reportAs(sdp.Media{Bitrate: 32_000, RTCPReceivers: quality.Share{Bitrate: 9, Given: true}})
	want := quality.Session{Bitrate: 32_000, Receivers: quality.Share{Bitrate: 9, Given: true}}
	if got := agreed.pace(); got != want {
		t.Errorf("of sound: %+v", got)
	}
	agreed[transcode.Video].formats = []transcode.Format{{Codec: transcode.Codec{Name: "VP8", ClockRate: 90000}}}
	agreed[transcode.Video].reportAs(sdp.Media{Bitrate: 800_000})
	want.Bitrate, want.Pictures = 800_000, true
	if got := agreed.pace(); got != want {
		t.Errorf("with pictures: %+v", got)
	}
}

// TestReportsOnTheWire connects and waits for the first reports, both ways.
func TestReportsOnTheWire(t *testing.T) {
	t.Parallel()
	session, l := newSession(t, newEngine(t, EngineOptions{}), Options{})
	b := newBrowser(t, browserCodecs())
	reports := make(chan []rtcp.Packet, 64)
	b.mu.Lock()
	b.reports = reports
	b.mu.Unlock()
	call(t, session, b, "opus")
	bothWays(t, session, l, b, 111, 960)
	awaitReport(t, reports, func(report *rtcp.SenderReport) bool {
		return report.PacketCount >= 20 && report.OctetCount == 5*report.PacketCount
	})
}

// TestGoodbye closes a session, and reads what it says last.
func TestGoodbye(t *testing.T) {
	t.Parallel()
	ours, theirs := newKeys(t)
	engine := newEngine(t, EngineOptions{})
	session := engine.NewSession(Options{})
	p, err := engine.newPeer(session.peerOptions())
	must(t, err)
	p.session.Store(ours)
	session.peer.Store(p)
	reports := make(chan []rtcp.Packet, 64)
	sink, err := udp.NewPoller().Listen(netip.MustParseAddrPort("127.0.0.1:0"),
		func(datagram []byte, _ netip.AddrPort, _ time.Time) {
			if compound, fault := theirs.OpenRTCP(slices.Clone(datagram)); isRTCP(datagram) && fault == nil {
				packets, fault := rtcp.Unmarshal(compound)
				must(t, fault)
				reports <- packets
			}
		})
	must(t, err)
	p.conn.Choose(engine.Addresses()[0], sink.LocalAddr(), false)
	must(t, session.Close())
	awaitReport(t, reports, func(bye *rtcp.Goodbye) bool {
		return slices.Equal(bye.Sources, []uint32{session.incoming.ours[transcode.Audio]})
	})
	must(t, sink.Close())
}

// awaitReport waits for a packet of RTCP.
func awaitReport[P rtcp.Packet](t *testing.T, reports <-chan []rtcp.Packet, wanted func(P) bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case packets := <-reports:
			for _, packet := range packets {
				if found, ok := packet.(P); ok && wanted(found) {
					return
				}
			}
		case <-deadline:
			t.Fatal("it never came")
		}
	}
}

func TestMediaPathAllocatesNothing(t *testing.T) { //nolint:paralleltest // counts allocations
	i := incoming{}
	i.to[transcode.Audio].Set(transcode.PacketWriterFunc(func(*rtp.Packet) error { return nil }))
	i.accept(agreements{transcode.Audio: {formats: audioCodecs(), events: eventCodecs()}})
	packet := &rtp.Packet{Header: rtp.Header{PayloadType: 111, SSRC: 5}, Payload: make([]byte, 80)}
	if got := testing.AllocsPerRun(1000, func() {
		packet.SequenceNumber++
		packet.Timestamp += 960
		i.packet(packet, time.Now())
	}); got != 0 {
		t.Errorf("%v allocations per packet", got)
	}
	if stats := i.stats(transcode.Audio, transcode.SenderStats{}); stats.Received != 1001 || stats.Lost != 0 {
		t.Errorf("%+v", stats)
	}
}

// TestForeignPackets checks what is not passed on as sound.
func TestForeignPackets(t *testing.T) {
	t.Parallel()
	l := &leg{}
	i := incoming{events: l.events()}
	i.to[transcode.Audio].Set(l)
	send := func(payloadType uint8, payload ...byte) {
		i.packet(&rtp.Packet{Header: rtp.Header{PayloadType: payloadType}, Payload: payload}, time.Now())
	}
	send(0, 1) // before anything was agreed
	i.accept(agreements{transcode.Audio: {formats: audioCodecs()[1:2], events: eventCodecs()[1:]}})
	send(111, 1)     // not agreed
	send(13, 1)      // comfort noise
	send(0)          // padding only
	send(126, 1)     // too short for a key
	send(126, 99, 1) // no key either
	if len(l.audio) != 1 || l.audio[0].PayloadType != comfortNoise || len(l.keys) != 0 {
		t.Errorf("passed on: %v %v", l.audio, l.keys)
	}
	if l.numbers != 3 {
		t.Errorf("%d numbers accounted for", l.numbers)
	}
	stats := i.stats(transcode.Audio, transcode.SenderStats{})
	if got := i.badKeys.Load(); got != 2 || stats.WrongPayloadType != 1 || stats.WrongType != 111 {
		t.Errorf("%d bad keys, %+v", got, stats)
	}
	send(0, 1)
	if len(l.audio) != 2 {
		t.Error("audio was not passed on")
	}
	i.accept(agreements{transcode.Audio: {formats: audioCodecs()[1:2], direction: bridge.SendOnly}})
	send(0, 1)
	if len(l.audio) != 2 {
		t.Error("audio was passed on while held")
	}
}

// farLoss is a writer that knows that a quarter of what it gets is lost.
type farLoss struct{}

func (farLoss) WriteRTP(*rtp.Packet) error { return nil }

func (farLoss) ExpectedLoss() int { return 25 }

// TestLossBehindUsIsReported holds that a browser whose packets pass through learns what becomes of them.
func TestLossBehindUsIsReported(t *testing.T) {
	t.Parallel()
	session, _ := newSession(t, newEngine(t, EngineOptions{}), Options{})
	session.Receive(transcode.Audio, farLoss{})
	now := time.Now()
	packet := &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 111, SSRC: 9}, Payload: []byte{1}}
	session.incoming.mu.Lock()
	session.incoming.reception[transcode.Audio].Packet(packet, 48000, now)
	session.incoming.mu.Unlock()
	report, ok := session.report(now)[0].(*rtcp.ReceiverReport)
	if !ok || len(report.Reports) != 1 {
		t.Fatalf("got %v", report)
	}
	if block := report.Reports[0]; block.FractionLost != 64 || block.TotalLost != 0 {
		t.Errorf("got %+v", block)
	}
}
