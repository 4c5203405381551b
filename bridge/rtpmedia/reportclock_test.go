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

// TestReportsAreDue plays an hour in simulated time: how often reports are made follows from what was agreed on.
func TestReportsAreDue(t *testing.T) {
	t.Parallel()
	formats := []transcode.Format{pcmu()}
	for name, test := range map[string]struct {
		agreed      *agreement
		least, most int
	}{
		"telephone sound": {&agreement{formats: formats, direction: bridge.SendRecv}, 800, 960},
		"much bandwidth": {
			&agreement{formats: formats, direction: bridge.SendRecv, pace: quality.Session{Bitrate: 144_000}}, 1600, 1920,
		},
		"pictures": {&agreement{formats: formats, pace: quality.Session{Pictures: true}}, 5600, 6900},
		"unused":   {&agreement{}, 0, 0},
	} {
		s := timed()
		s.audio().agreed.Store(test.agreed)
		clock, reports := reportClock{session: s}, 0
		for now := s.start; now.Before(s.start.Add(time.Hour)); {
			before := clock.due[transcode.Audio]
			next := clock.look(now)
			if !before.IsZero() && clock.due[transcode.Audio].After(before) {
				reports++
			}
			now = now.Add(next)
		}
		if reports < test.least || reports > test.most {
			t.Errorf("%s: %d reports in an hour, want %d to %d", name, reports, test.least, test.most)
		}
	}
}

// TestNoReportsForWhoWantsNone has a phone that leaves no bandwidth to RTCP (RFC 3556): it gets none, not even a BYE.
func TestNoReportsForWhoWantsNone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lines []string
		some  bool
	}{"some": {nil, true}, "none": {[]string{"b=RS:0", "b=RR:0"}, false}} {
		session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 42)
		party.call(session, party.offer(test.lines...))
		compound, _ := session.audio().report(time.Now(), 0)
		session.audio().sendReports(compound)
		if err := session.Close(); err != nil {
			t.Fatal(err)
		}
		came := 0
		for read := true; read; { // what was sent over loopback is there
			if err := party.rtcp.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			_, err := party.rtcp.Read(make([]byte, maxDatagram))
			if read = err == nil; read {
				came++
			}
		}
		if test.some != (came >= 2) || !test.some && came > 0 {
			t.Errorf("%s: %d packets of RTCP came", name, came)
		}
	}
}

// TestReducedSize holds that feedback goes alone to who takes that (RFC 5506), with a report to others, and that it is
// taken either way.
func TestReducedSize(t *testing.T) {
	t.Parallel()
	for _, reduced := range []bool{false, true} {
		session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 42)
		lines := []string{"a=rtcp-fb:* nack"}
		if reduced {
			lines = append(lines, "a=rtcp-rsize")
		}
		answer := party.call(session, party.offer(lines...))
		if answer.RTCPReducedSize != reduced {
			t.Errorf("offered %t, answered %t", reduced, answer.RTCPReducedSize)
		}
		session.audio().request(42, []rtcp.NackPair{{PacketID: 7}})
		packets := must[[]rtcp.Packet](t)(rtcp.Unmarshal(party.read(party.rtcp)))
		missed, ok := packets[len(packets)-1].(*rtcp.TransportLayerNack)
		if !ok || missed.MediaSSRC != 42 || (len(packets) == 1) != reduced {
			t.Errorf("reduced %t: sent %v", reduced, packets)
		}
		missed = &rtcp.TransportLayerNack{
			SenderSSRC: 42, MediaSSRC: session.audio().sender.Stats().SSRC, Nacks: []rtcp.NackPair{{PacketID: 1}},
		}
		before, to := session.heard.Load(), session.audio().address()
		party.sendTo(party.rtcp, netip.AddrPortFrom(to.Addr(), to.Port()+1), must[[]byte](t)(missed.Marshal()))
		eventually(t, "the feedback", func() bool { return session.heard.Load() > before })
		if bad := session.options.Counters.badReports.Load(); bad != 0 {
			t.Errorf("%d packets of RTCP were bad", bad)
		}
	}
}
