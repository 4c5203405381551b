package live_test

import (
	"testing"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp/live"
	"sipbridge/transcode"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func speex() transcode.Format {
	return transcode.Format{Codec: transcode.Codec{Name: "speex", ClockRate: 16000}, PayloadType: 96}
}

func speak(stream *live.Stream, format transcode.Format) {
	stream.Announce(transcode.Audio, format)
	stream.Send(transcode.Audio, &rtp.Packet{Header: rtp.Header{PayloadType: format.PayloadType}, Payload: []byte{1}})
}

func dial(stream *live.Stream, origin bridge.Origin, formats ...transcode.Format) bridge.Leg {
	offer := bridgetest.Audio(formats...)
	return stream.Dial(bridge.Request{Offer: &offer, Origin: origin})
}

// hear counts what comes to a leg, by payload type.
func hear(leg bridge.Leg) map[uint8]int {
	heard := make(map[uint8]int)
	leg.Media().Receive(transcode.Audio, transcode.PacketWriterFunc(func(packet *rtp.Packet) error {
		heard[packet.PayloadType]++
		return nil
	}))
	return heard
}

// next gives the event of a type that comes next.
func next[E bridge.Event](t *testing.T, leg bridge.Leg) E {
	t.Helper()
	select {
	case event, open := <-leg.Events():
		found, ok := event.(E)
		if !open || !ok {
			t.Fatalf("the event is %#v", event)
		}
		return found
	default:
		t.Fatal("there is no event")
		panic("unreachable")
	}
}

func TestListenersHearUnderTheirOwnPayloadType(t *testing.T) {
	t.Parallel()
	stream := live.NewStream(live.Options{})
	speak(stream, bridgetest.PCMU())
	renumbered := bridgetest.PCMU()
	renumbered.PayloadType = 120
	one := dial(stream, bridge.OriginUnknown, bridgetest.PCMA(), bridgetest.PCMU())
	other := dial(stream, bridge.OriginUnknown, renumbered)
	if answer := next[bridge.Answered](t, one).Answer; !answer.Media[0].Formats[0].Equal(bridgetest.PCMU().Codec) {
		t.Errorf("what is said is not what is answered: %+v", answer)
	}
	next[bridge.Answered](t, other)
	heard, heardToo := hear(one), hear(other)
	for range 3 {
		speak(stream, bridgetest.PCMU())
	}
	if heard[0] != 3 || heardToo[120] != 3 {
		t.Errorf("heard %v and %v", heard, heardToo)
	}
	one.Hangup(bridge.Normal())
	next[bridge.Ended](t, one)
	speak(stream, bridgetest.PCMU())
	if heard[0] != 3 || heardToo[120] != 4 || stream.Listeners() != 1 {
		t.Errorf("after one has left: %v and %v, %d listeners", heard, heardToo, stream.Listeners())
	}
	stream.Close(bridge.Normal())
	next[bridge.Ended](t, other)
	next[bridge.Ended](t, dial(stream, bridge.OriginUnknown, bridgetest.PCMU()))
}

// TestWhatIsSaidIsOffered answers before anything is said, and offers the codec that then is.
func TestWhatIsSaidIsOffered(t *testing.T) {
	t.Parallel()
	stream := live.NewStream(live.Options{})
	leg := dial(stream, bridge.OriginUnknown, bridgetest.PCMU())
	next[bridge.Answered](t, leg)
	heard := hear(leg)
	speak(stream, speex())
	speak(stream, speex())
	offer := next[bridge.Offered](t, leg).Offer
	if len(leg.Events()) > 0 || len(heard) > 0 {
		t.Errorf("it is offered again, or heard already: %v", heard)
	}
	leg.Accept(offer)
	speak(stream, speex())
	if heard[96] != 1 {
		t.Errorf("heard %v", heard)
	}
	leg.Offer(bridgetest.Audio(speex(), bridgetest.PCMU()))
	if answer := next[bridge.Accepted](t, leg).Answer; !answer.Media[0].Formats[0].Equal(speex().Codec) {
		t.Errorf("it accepts %+v", answer)
	}
	stream.Close(bridge.Normal())
}

func TestWhoMayListen(t *testing.T) {
	t.Parallel()
	stream := live.NewStream(live.Options{Private: true, MaxListeners: 2})
	for _, test := range []struct {
		origin bridge.Origin
		offer  *bridge.Description
		want   int
	}{
		{bridge.OriginUnknown, &bridge.Description{}, 403},
		{bridge.OriginUser, nil, 488},
		{bridge.OriginUser, &bridge.Description{}, 488},
	} {
		leg := stream.Dial(bridge.Request{Origin: test.origin, Offer: test.offer})
		if ended := next[bridge.Ended](t, leg); ended.Cause.Status != test.want {
			t.Errorf("origin %d with %v: %v", test.origin, test.offer, ended.Cause)
		}
	}
	for range 2 {
		next[bridge.Answered](t, dial(stream, bridge.OriginUser, bridgetest.PCMU()))
	}
	if ended := next[bridge.Ended](t, dial(stream, bridge.OriginUser, bridgetest.PCMU())); ended.Cause.Status != 486 {
		t.Errorf("one too many hears %v", ended.Cause)
	}
}

func TestCall(t *testing.T) {
	t.Parallel()
	stream := live.NewStream(live.Options{
		Party: bridge.Party{URI: "sip:alice@test"}, User: "alice@test", Origin: bridge.OriginUser,
	})
	causes := make(chan bridge.Cause, 2)
	stream.Announce(transcode.Audio, speex())
	placed := stream.Call("sip:bob@test", func(cause bridge.Cause) { causes <- cause })
	request := placed.Request()
	if request.To != "sip:bob@test" || request.User != "alice@test" || request.From.URI != "sip:alice@test" ||
		!request.Offer.Media[0].Formats[0].Equal(speex().Codec) {
		t.Errorf("it asks for %+v", request)
	}
	heard := hear(placed)
	early := bridgetest.Audio(speex())
	placed.Ring(&early)
	speak(stream, speex())
	placed.Answer(early)
	speak(stream, speex())
	if heard[96] != 2 {
		t.Errorf("heard %v", heard)
	}
	placed.Hangup(bridge.Cause{Status: 486})
	placed.Hangup(bridge.Normal())
	if cause := <-causes; cause.Status != 486 || len(causes) > 0 {
		t.Errorf("the end is told as %v, and %d times more", cause, len(causes))
	}
}

// TestFormatsAreReadOnce: what a party takes is found out when it is agreed or announced, not for each packet.
func TestFormatsAreReadOnce(t *testing.T) { //nolint:paralleltest // it counts what is allocated
	stream := live.NewStream(live.Options{})
	picture := transcode.Format{
		Codec: transcode.Codec{Name: "H264", ClockRate: 90000}, PayloadType: 99,
		Parameters: "profile-level-id=42e01f;packetization-mode=1",
	}
	stream.Announce(transcode.Video, picture)
	offer := bridgetest.Audio(bridgetest.PCMU())
	own := picture
	own.PayloadType = 120
	offer.Media = append(offer.Media, bridge.MediaDescription{Kind: transcode.Video, Formats: []transcode.Format{own}})
	leg := stream.Dial(bridge.Request{Offer: &offer})
	next[bridge.Answered](t, leg)
	wanted := func() bool { return stream.Wanted(transcode.Video, 99) }
	if !wanted() || stream.Wanted(transcode.Video, 120) {
		t.Error("it is not known what the listener takes")
	}
	if count := testing.AllocsPerRun(100, func() { wanted() }); count > 0 {
		t.Errorf("asking whether a picture is wanted allocates %v times", count)
	}
	picture.Parameters = "profile-level-id=640028;packetization-mode=1"
	stream.Announce(transcode.Video, picture)
	if wanted() {
		t.Error("a profile that was not agreed on is wanted")
	}
	stream.Close(bridge.Normal())
}
