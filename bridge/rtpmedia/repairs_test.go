package rtpmedia

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// TestLostPicturesAreSentAgain loses a packet on its way to a party, which asks for it and gets it: in a stream of
// its own where both know that, as it was where not, protected or in clear.
func TestLostPicturesAreSentAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change [2]func(*Options)
		apart  bool
	}{
		"apart":               {apart: true},
		"as it was":           {},
		"keys by DTLS, apart": {[2]func(*Options){shaking(t, Required), shaking(t, Required)}, true},
		"keys in SDP":         {[2]func(*Options){secured(Required, true), secured(Required, false)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			losesPicture(t, newSession(t, test.change[0]), newSession(t, test.change[1]), test.apart)
		})
	}
}

func losesPicture(t *testing.T, caller, callee *Session, apart bool) {
	t.Helper()
	proposal := pictures(bridge.SendRecv, vp8())
	proposal.Media = proposal.Media[1:] // or a protected offer would be too long for more
	_, answer := show(t, caller, callee, proposal)
	for _, line := range []string{"a=fmtp:97 apt=96\r\n", "a=ssrc-group:FID "} {
		if apart && !strings.Contains(string(answer), line) {
			t.Fatalf("no %q in\n%s", line, answer)
		}
	}
	for _, session := range []*Session{caller, callee} {
		eventually(t, "keys", func() bool {
			protection := session.streams[transcode.Video].agreed.Load().protection
			return protection == nil || protection.packets.sealer() != nil && protection.reports.sealer() != nil
		})
	}
	if !apart {
		caller.streams[transcode.Video].resender.Agree(true, nil)
	}
	seen := &recorder{}
	callee.Receive(transcode.Video, seen)
	film(t, caller, 1)
	eventually(t, "the first picture", func() bool { return seen.count() == 1 })
	// What the caller keeps and never sent is what was lost.
	lost := &rtp.Packet{
		Header: rtp.Header{
			Version: 2, PayloadType: 96, SequenceNumber: seen.all()[0].SequenceNumber + 1,
			SSRC: caller.streams[transcode.Video].sender.Stats().SSRC,
		},
		Payload: []byte("lost"),
	}
	caller.streams[transcode.Video].resender.Keep(must[[]byte](t)(lost.Marshal()))
	film(t, caller, 3)
	eventually(t, "the lost picture", func() bool { return seen.count() == 3 })
	packets := seen.all()
	order := []uint16{packets[0].SequenceNumber, packets[1].SequenceNumber, packets[2].SequenceNumber}
	first := order[0]
	if !slices.Equal(order, []uint16{first, first + 2, first + 1}) || string(packets[2].Payload) != "lost" {
		t.Errorf("saw %d, %q", order, packets[2].Payload)
	}
}

// TestOnlyWhatIsOursIsSentAgain refuses requests for another stream, and ill-formed ones.
func TestOnlyWhatIsOursIsSentAgain(t *testing.T) {
	t.Parallel()
	caller, callee := newSession(t, nil), newSession(t, nil)
	show(t, caller, callee, pictures(bridge.SendRecv, vp8()))
	seen := &recorder{}
	callee.Receive(transcode.Video, seen)
	film(t, caller, 1)
	eventually(t, "the picture", func() bool { return seen.count() == 1 })
	video := caller.streams[transcode.Video]
	video.resender.Agree(true, nil) // or the callee would drop what it did not miss
	ssrc, number := video.sender.Stats().SSRC, seen.all()[0].SequenceNumber
	asks := func(ssrc uint32, size int) bool {
		request := rtcp.TransportLayerNack{MediaSSRC: ssrc, Nacks: []rtcp.NackPair{{PacketID: number}}}
		packet := must[[]byte](t)(request.Marshal())[:size]
		var header rtcp.Header
		if err := header.Unmarshal(packet); err != nil {
			t.Fatal(err)
		}
		return video.receiveMissed(header, packet, time.Now())
	}
	if !asks(ssrc+1, 16) || asks(ssrc, 8) || !asks(ssrc, 16) {
		t.Error("not what is ill-formed is counted so")
	}
	eventually(t, "the picture again", func() bool { return seen.count() > 1 })
	film(t, caller, 2) // comes after all others
	eventually(t, "the next picture", func() bool { return seen.all()[seen.count()-1].SequenceNumber == number+1 })
	if count := seen.count(); count != 3 {
		t.Errorf("%d packets came, not two and one of them again", count)
	}
}
