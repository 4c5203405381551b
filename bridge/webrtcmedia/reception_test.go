package webrtcmedia

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

func TestReceptionCounts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		numbers  []uint16
		total    uint64
		lost     uint64
		fraction uint8
		highest  uint32
	}{
		{"in order", []uint16{1, 2, 3, 4}, 4, 0, 0, 4},
		{"a gap", []uint16{1, 2, 4}, 3, 1, 64, 4},
		{"late", []uint16{1, 3, 2}, 3, 0, 0, 3},
		{"twice", []uint16{1, 2, 2}, 3, 0, 0, 2},
		{"round the end", []uint16{65534, 65535, 0, 2}, 4, 1, 51, 1<<16 + 2},
		{"a far jump, believed at the second", []uint16{1, 3, 30000, 30001}, 4, 1, 0, 30001},
	}
	for _, test := range tests {
		r := reception{}
		now := time.Now()
		for _, number := range test.numbers {
			r.packet(7, number, now)
		}
		blocks := r.block(now)
		if len(blocks) != 1 {
			t.Fatalf("%s: %d blocks", test.name, len(blocks))
		}
		block := blocks[0]
		if r.total != test.total || r.lost() != test.lost || block.TotalLost != uint32(test.lost) ||
			block.FractionLost != test.fraction || block.LastSequenceNumber != test.highest || block.SSRC != 7 {
			t.Errorf("%s: total %d, lost %d, %+v", test.name, r.total, r.lost(), block)
		}
		if again := r.block(now)[0]; again.FractionLost != 0 {
			t.Errorf("%s: the second report tells of the same loss", test.name)
		}
	}
}

func TestReceptionOfTwoSources(t *testing.T) {
	t.Parallel()
	r := reception{}
	now := time.Now()
	for _, number := range []uint16{1, 3} {
		r.packet(7, number, now)
	}
	for _, number := range []uint16{500, 501, 503} {
		r.packet(8, number, now)
	}
	if r.lost() != 2 || r.total != 5 || r.block(now)[0].SSRC != 8 {
		t.Errorf("lost %d of %d", r.lost(), r.total)
	}
}

func TestJitter(t *testing.T) {
	t.Parallel()
	r := reception{}
	start := time.Now()
	for i := range 400 {
		late := time.Duration(0)
		if i%2 == 1 {
			late = 8 * time.Millisecond
		}
		now := start.Add(time.Duration(i)*20*time.Millisecond + late)
		r.packet(7, uint16(i), now)
		r.timing(uint32(i)*160, 8000, now)
	}
	// Each transit differs from the one before by 8 ms.
	if got := r.jitterTime(); got < 7*time.Millisecond || got > 9*time.Millisecond {
		t.Errorf("jitter %v", got)
	}
}

func TestNoReportBeforeMedia(t *testing.T) {
	t.Parallel()
	r := reception{}
	if blocks := r.block(time.Now()); blocks != nil {
		t.Errorf("%+v", blocks)
	}
}

func TestReportsOfTheBrowser(t *testing.T) {
	t.Parallel()
	var told [kinds]uint8
	i := incoming{
		ours:     [kinds]uint32{transcode.Audio: 7, transcode.Video: 8},
		lossTold: func(kind transcode.Kind, fraction uint8) { told[kind] = fraction },
	}
	sent := compactNTP(time.Now().Add(-150 * time.Millisecond))
	i.reports([]rtcp.Packet{&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{
		SSRC: 7, FractionLost: 30, TotalLost: 12, LastSenderReport: sent, Delay: 6554, // 100 ms
	}}}}, time.Now())
	stats := i.stats()
	if stats.RemoteLost != 12 || stats.RoundTrip < 40*time.Millisecond || stats.RoundTrip > 10*time.Second {
		t.Errorf("%+v", stats)
	}
	if told != [kinds]uint8{transcode.Audio: 30} {
		t.Errorf("the streams were told of losses %v", told)
	}
	blocks := []rtcp.ReceptionReport{{SSRC: 7, TotalLost: 0xffffff}}
	i.reports([]rtcp.Packet{&rtcp.SenderReport{Reports: blocks}}, time.Now())
	if stats := i.stats(); stats.RemoteLost != 0 {
		t.Errorf("a negative loss became %d", stats.RemoteLost)
	}
}

// TestSenderReportIsEchoed checks the fields by which the browser measures its round trip.
func TestSenderReportIsEchoed(t *testing.T) {
	t.Parallel()
	r := reception{}
	now := time.Now()
	r.packet(7, 1, now)
	r.senderReport(8, 0x1111222233334444, now) // of somebody else
	if block := r.block(now)[0]; block.LastSenderReport != 0 || block.Delay != 0 {
		t.Errorf("%+v", block)
	}
	r.senderReport(7, 0x1111222233334444, now)
	block := r.block(now.Add(time.Second / 2))[0]
	if block.LastSenderReport != 0x22223333 || block.Delay != 1<<15 {
		t.Errorf("%+v", block)
	}
}

// TestKeyframeIsAskedInACompound holds that a request goes behind a report and our name (RFC 4585 section 3.1).
func TestKeyframeIsAskedInACompound(t *testing.T) {
	t.Parallel()
	session, _ := newSession(t, newEngine(t, EngineOptions{}), Options{})
	compound := rtcp.CompoundPacket(session.keyframeRequest(7))
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
	deadline := time.After(patience)
	for {
		select {
		case packets := <-reports:
			for _, packet := range packets {
				report, ok := packet.(*rtcp.SenderReport)
				if ok && report.PacketCount >= 20 && report.OctetCount == 5*report.PacketCount {
					return
				}
			}
		case <-deadline:
			t.Fatal("no sender report came")
		}
	}
}

func TestNTP(t *testing.T) {
	t.Parallel()
	// RFC 868: 2,208,988,800 is 00:00 1 January 1970.
	if got := ntp(time.Unix(0, int64(time.Second)/2)); got != 2208988800<<32|1<<31 {
		t.Errorf("%x", got)
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
	if stats := i.stats(); stats.Received != 1001 || stats.Lost != 0 {
		t.Errorf("%+v", stats)
	}
}

// TestForeignPackets checks what is not passed on.
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
	if len(l.audio) != 0 || len(l.keys) != 0 {
		t.Errorf("passed on: %v %v", l.audio, l.keys)
	}
	if l.numbers != 4 {
		t.Errorf("%d numbers accounted for", l.numbers)
	}
	if got := i.dropped.Load(); got != 3 {
		t.Errorf("%d counted as dropped", got)
	}
	send(0, 1)
	if len(l.audio) != 1 {
		t.Error("audio was not passed on")
	}
	i.accept(agreements{transcode.Audio: {formats: audioCodecs()[1:2], direction: bridge.SendOnly}})
	send(0, 1)
	if len(l.audio) != 1 {
		t.Error("audio was passed on while held")
	}
}
