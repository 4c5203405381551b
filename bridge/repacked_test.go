package bridge_test

import (
	"testing"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/transcode"
)

// TestPicturesArePackedAnew joins one who has H.264 with fragments to one who has it in single units alone: neither is
// offered, nor answered, anything else than it can do, nothing is transcoded, and fragments arrive as one unit.
func TestPicturesArePackedAnew(t *testing.T) {
	t.Parallel()
	const fragments, single = "profile-level-id=42e01f;packetization-mode=1", "profile-level-id=42801f"
	for name, test := range map[string]struct{ caller, callee string }{
		"fragments to single units": {fragments, single}, "single units to fragments": {single, fragments},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limit := transcode.NewPictureLimit(2)
			f := newFixture(t, func(o *bridge.ExchangeOptions) { o.Policy.Pictures = limit })
			asked := request(bridgetest.PCMU())
			asked.Offer = new(withVideo(bridge.SendRecv, video("H264", 97, test.caller)))
			caller, callee := f.callWith(t, asked)
			offered, _ := callee.Request.Offer.First(transcode.Video)
			has := video("H264", offered.Formats[1].PayloadType, test.callee)
			if !offered.Formats[0].Repackable(offered.Formats[1]) || !has.Fits(offered.Formats[1]) {
				t.Fatalf("offered %+v", offered.Formats)
			}
			callee.Emit(bridge.Answered{Answer: withVideo(bridge.SendRecv, has)})
			answer := bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer
			answered, ok := answer.First(transcode.Video)
			if !ok || !answered.Formats[0].Fits(video("H264", 97, test.caller)) {
				t.Fatalf("answered %+v", answer)
			}
			from, to, payloadType := caller.Leg, callee.Leg, uint8(97)
			if test.caller == single {
				from, to, payloadType = callee.Leg, caller.Leg, has.PayloadType
			}
			from.FakeMedia().AwaitPlugged(t, transcode.Video)
			for number, content := range [][]byte{{0x7c, 0x85, 1}, {0x7c, 0x05, 2}, {0x7c, 0x45, 3}} {
				header := rtp.Header{
					Version: 2, PayloadType: payloadType, SequenceNumber: uint16(number), SSRC: 1, Marker: number == 2,
				}
				packet := &rtp.Packet{Header: header, Payload: content}
				if _, err := from.FakeMedia().Deliver(transcode.Video, packet); err != nil {
					t.Fatal(err)
				}
			}
			got := to.FakeMedia().AwaitSent(t, transcode.Video, 1)[0]
			if string(got.Payload) != "\x65\x01\x02\x03" || !got.Marker || got.PayloadType == payloadType {
				t.Errorf("%v arrives with %x", got.Header, got.Payload)
			}
			if got := sees(t, to, from, 97+has.PayloadType-payloadType); len(got.Payload) != 1200 {
				t.Errorf("single units arrive with %d bytes", len(got.Payload))
			}
			if limit.Running() != 0 || limit.Refused() != 0 {
				t.Errorf("%d streams are transcoded, %d refused", limit.Running(), limit.Refused())
			}
		})
	}
}
