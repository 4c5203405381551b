package rtpmedia

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"sipbridge/bridge"
	"sipbridge/bridge/quality"
	"sipbridge/transcode"
)

func fastReports(o *Options) { o.ReportInterval = 20 * time.Millisecond }

// nextReport reads compound packets until one has a packet of the wanted type.
func nextReport[P rtcp.Packet](t *testing.T, party *phone, muxed bool) (wanted P, compound rtcp.CompoundPacket) {
	t.Helper()
	from := party.rtcp
	if muxed {
		from = party.rtp
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		datagram := party.read(from)
		if !isRTCP(datagram) {
			continue
		}
		if err := compound.Unmarshal(datagram); err != nil {
			t.Fatalf("sent %x: %v", datagram, err)
		}
		for _, packet := range compound {
			if found, ok := packet.(P); ok {
				return found, compound
			}
		}
	}
	t.Fatal("the report never came")
	return wanted, nil
}

func TestReports(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, fastReports), newPhone(t, "127.0.0.1", 42)
	party.call(session, party.offer())

	_, compound := nextReport[*rtcp.ReceiverReport](t, party, false)
	name := must[string](t)(compound.CNAME())
	if len(name) < 16 {
		t.Errorf("the canonical name is %q", name)
	}

	voice := newSpeech(session, pcmu())
	for range 3 {
		voice.say(t)
	}
	party.say(session.audio().address())
	party.sequence += 2 // two are lost
	party.say(session.audio().address())
	eventually(t, "both packets", func() bool { return session.Stats().Audio.Received == 2 })
	var sender *rtcp.SenderReport
	for sender == nil || len(sender.Reports) == 0 {
		if sender, compound = nextReport[*rtcp.SenderReport](t, party, false); sender.PacketCount != 3 {
			t.Errorf("%d packets are reported as sent", sender.PacketCount)
		}
		voice.say(t) // keeps it a sender
		voice.packet.SequenceNumber--
		voice.packet.Timestamp -= 160
	}
	if sender.OctetCount != 3*11 || sender.SSRC != session.audio().sender.Stats().SSRC {
		t.Errorf("got %+v", sender)
	}
	block := sender.Reports[0]
	if block.SSRC != 42 || block.TotalLost != 2 || block.LastSequenceNumber != uint32(party.sequence) {
		t.Errorf("got block %+v", block)
	}
	if again := must[string](t)(compound.CNAME()); again != name {
		t.Errorf("the canonical name changed from %q to %q", name, again)
	}
	if got := session.Stats().Audio.Lost; got != 2 {
		t.Errorf("%d packets are counted as lost", got)
	}
}

// TestRoundTrip answers a sender report as a party does, 50 ms later, of which it spent 30 ms.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 42)
	party.call(session, party.offer())
	now := time.Now()
	report := rtcp.ReceiverReport{SSRC: 42, Reports: []rtcp.ReceptionReport{
		{SSRC: 1, TotalLost: 99}, // somebody else's stream
		{
			SSRC: session.audio().sender.Stats().SSRC, FractionLost: 64, TotalLost: 7,
			LastSenderReport: uint32(quality.NTP(now.Add(-50*time.Millisecond)) >> 16), Delay: 65536 * 30 / 1000,
		},
	}}
	datagram := must[[]byte](t)(report.Marshal())
	session.audio().receiveReports(datagram, netip.AddrPortFrom(party.address().Addr(), 4444), now)
	stats := session.Stats().Audio
	if stats.RemoteLost != 7 || stats.RoundTrip < 19*time.Millisecond || stats.RoundTrip > 21*time.Millisecond {
		t.Errorf("got %+v", stats)
	}
	if got := session.audio().sender.ExpectedLoss(); got != 12 { // half of the quarter that is reported
		t.Errorf("%d %% are expected to be lost", got)
	}
	if to := session.audio().reportTo.Load(); to.Port() != 4444 {
		t.Errorf("RTCP goes to %s, not to where it comes from", to)
	}

	// Duplicates make the party's count negative, and clocks can be wrong.
	report.Reports[1].TotalLost, report.Reports[1].Delay = 1<<24-1, 65536
	session.audio().receiveReports(must[[]byte](t)(report.Marshal()), party.address(), now)
	if again := session.Stats().Audio; again.RemoteLost != 0 || again.RoundTrip != stats.RoundTrip {
		t.Errorf("got %+v", again)
	}
}

// farLoss is a writer that knows that a quarter of what it gets is lost.
type farLoss struct{ recorder }

func (*farLoss) ExpectedLoss() int { return 25 }

// TestLossBehindUsIsReported holds that a party whose packets pass through learns what becomes of them.
func TestLossBehindUsIsReported(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 42)
	party.call(session, party.offer())
	session.Receive(transcode.Audio, &farLoss{})
	party.say(session.audio().address())
	eventually(t, "the packet", func() bool { return session.Stats().Audio.Received == 1 })
	compound, _ := session.audio().report(time.Now(), 0)
	receiver, ok := compound[0].(*rtcp.ReceiverReport)
	if !ok || len(receiver.Reports) != 1 {
		t.Fatalf("got %v", compound)
	}
	if block := receiver.Reports[0]; block.FractionLost != 64 || block.TotalLost != 0 {
		t.Errorf("got %+v", block)
	}
}

// TestReportAfterSenderReport holds that we tell a party when its sender report came.
func TestReportAfterSenderReport(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 42)
	party.call(session, party.offer())
	party.say(session.audio().address())
	eventually(t, "the packet", func() bool { return session.Stats().Audio.Received == 1 })
	now := time.Now()
	sender := rtcp.SenderReport{SSRC: 42, NTPTime: 0x1111222233334444}
	session.audio().receiveReports(must[[]byte](t)(sender.Marshal()), party.address(), now)
	compound, _ := session.audio().report(now.Add(time.Second), 0)
	receiver, ok := compound[0].(*rtcp.ReceiverReport)
	if !ok || len(receiver.Reports) != 1 {
		t.Fatalf("got %v", compound)
	}
	if block := receiver.Reports[0]; block.LastSenderReport != 0x22223333 || block.Delay != 65536 {
		t.Errorf("got %+v", block)
	}
	compound, _ = session.audio().report(now, 0)
	if again, ok := compound[0].(*rtcp.ReceiverReport); !ok || len(again.Reports) != 0 {
		t.Error("a source that was not heard again is reported again")
	}
}

func TestMultiplexedReports(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, fastReports), newPhone(t, "127.0.0.1", 42)
	if answer := party.call(session, party.offer("a=rtcp-mux")); !answer.RTCPMux {
		t.Error("rtcp-mux was not taken")
	}
	nextReport[*rtcp.ReceiverReport](t, party, true)
	party.sendTo(party.rtp, session.audio().address(), must[[]byte](t)((&rtcp.ReceiverReport{SSRC: 42}).Marshal()))
	eventually(t, "the party's report", func() bool { return session.options.Counters.Stats().Reports == 1 })
}

func TestReportsToTheSignalledPort(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, fastReports), newPhone(t, "127.0.0.1", 42)
	other := newPhone(t, "127.0.0.1", 43)
	party.call(session, party.offer("a=rtcp:"+portOf(localAddress(other.rtcp))))
	nextReport[*rtcp.ReceiverReport](t, other, false)
}

func portOf(address netip.AddrPort) string {
	text := address.String()
	return text[len(address.Addr().String())+1:]
}

func TestGoodbyeAtClose(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 42)
	party.call(session, party.offer())
	ssrc := session.audio().sender.Stats().SSRC
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	goodbye, _ := nextReport[*rtcp.Goodbye](t, party, false)
	if len(goodbye.Sources) != 1 || goodbye.Sources[0] != ssrc {
		t.Errorf("got %v", goodbye)
	}
}

func TestReportsBothWays(t *testing.T) {
	t.Parallel()
	caller, callee := newSession(t, fastReports), newSession(t, fastReports)
	negotiate(t, caller, callee, audio(bridge.SendRecv, pcmu()))
	callerVoice, calleeVoice := newSpeech(caller, pcmu()), newSpeech(callee, pcmu())
	caller.Receive(transcode.Audio, &recorder{})
	eventually(t, "both know the round trip", func() bool {
		callerVoice.say(t)
		calleeVoice.say(t)
		return caller.Stats().Audio.RoundTrip > 0 && callee.Stats().Audio.RoundTrip > 0
	})
	if got := caller.Stats().Audio; got.RoundTrip > patience || got.RemoteLost != 0 {
		t.Errorf("got %+v", got)
	}
}
