package rtmp_test

import (
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp/flv"
	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/transcode"
	"sipbridge/transcode/h264"
	"sipbridge/transcode/h264/payload"
)

// plainVideo is a phone that takes H.264 in single units alone: its description names no packetization-mode.
func plainVideo() bridge.Description {
	described := withVideo(bridgetest.Audio(bridgetest.PCMU()))
	described.Media[1].Formats[0].Parameters = "profile-level-id=42801f"
	return described
}

// checkSingle wants all pictures in single units, and ffmpeg to decode them.
func checkSingle(t *testing.T, media *bridgetest.Media) {
	t.Helper()
	bridgetest.Eventually(t, "all pictures are sent", func() bool {
		return len(pictures(media.Sent(transcode.Video))) == 50
	})
	packets := media.Sent(transcode.Video)
	for i, packet := range packets {
		if kind := payload.TypeOf(packet.Payload); kind > 23 {
			t.Fatalf("packet %d has type %d", i, kind)
		}
		if i > 0 && packet.SequenceNumber != packets[i-1].SequenceNumber+1 {
			t.Fatalf("packet %d has number %d after %d", i, packet.SequenceNumber, packets[i-1].SequenceNumber)
		}
	}
	if decoded := decodeAnnexB(t, pictures(packets)); decoded != 50 {
		t.Errorf("ffmpeg decodes %d pictures", decoded)
	}
}

// TestSingleUnits shows pictures to a phone that knows packetization-mode 0 alone, called or calling. A picture that
// does not fit is left out and counted, and the next one comes.
func TestSingleUnits(t *testing.T) {
	t.Parallel()
	w, tags := newWorld(t), pictureTags(t)
	alice := rtmptest.Login(t, w.address, "alice@test", "secret")
	stream := alice.Publish("local")
	alice.Call("invite", "sip:phone@test", "pcmu", "h264")
	phone := w.phone.AwaitDial(t)
	phone.Emit(bridge.Answered{Answer: plainVideo()})
	alice.Await("accepted")
	phone.FakeMedia().AwaitPlugged(t, transcode.Video)
	alice.Show(stream, 0, tags[0].Payload)
	large := append([]byte{0x65}, make([]byte, payload.MaxSingle)...)
	alice.Show(stream, 0, flv.AppendPicture(nil, true, 0, [][]byte{large}))
	for _, tag := range tags {
		alice.Show(stream, tag.Timestamp, tag.Payload)
	}
	checkSingle(t, phone.FakeMedia())
	if dropped := w.server.Stats().VideoDropped; dropped != 1 {
		t.Errorf("%d pictures are dropped", dropped)
	}
	alice.Call("bye")

	offer := plainVideo()
	caller := bridgetest.NewIncoming(bridge.Request{To: "sip:alice@test", Offer: &offer}, bridge.LegInfo{})
	w.exchange.Accept(caller)
	alice.Await("invited")
	alice.Call("accept", "pcmu", "h264")
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	for _, tag := range tags {
		alice.Show(stream, tag.Timestamp, tag.Payload)
	}
	checkSingle(t, caller.FakeMedia())
}

// TestPublishedSingleUnits shows a stream to two callers, to each in the packets that it takes.
func TestPublishedSingleUnits(t *testing.T) {
	t.Parallel()
	w, tags := newWorld(t, withStreams), pictureTags(t)
	client, stream := encoder(t, w, "live", "cam")
	client.AwaitStatus("NetStream.Publish.Start")
	client.Show(stream, 0, tags[0].Payload)
	speak(t, client, stream, 0x82, 0, 2)
	bridgetest.Eventually(t, "it is known what it sends", func() bool { return w.server.Stats().AudioIn == 2 })
	single, other := plainVideo(), withVideo(bridgetest.Audio(bridgetest.PCMU()))
	var legs []*bridgetest.Media
	for _, offer := range []bridge.Description{single, other} {
		caller := bridgetest.NewIncoming(bridge.Request{To: "sip:live-cam@test", Offer: &offer}, bridge.LegInfo{})
		w.exchange.Accept(caller)
		answer := bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer
		if sets := setsIn(t, answer); len(sets) != 2 {
			t.Errorf("the answer tells %d parameter sets", len(sets))
		}
		legs = append(legs, caller.FakeMedia())
	}
	for _, tag := range tags {
		client.Show(stream, tag.Timestamp, tag.Payload)
	}
	checkSingle(t, legs[0])
	bridgetest.Eventually(t, "all pictures are sent", func() bool {
		return len(pictures(legs[1].Sent(transcode.Video))) == 50
	})
}

// setsIn gives the parameter sets that a description tells.
func setsIn(t *testing.T, description bridge.Description) [][]byte {
	t.Helper()
	video, ok := description.First(transcode.Video)
	if !ok {
		t.Fatalf("no pictures in %+v", description)
	}
	read, ok := h264.ParseParameters(video.Formats[0].Parameters)
	if !ok {
		t.Fatalf("parameters %q", video.Formats[0].Parameters)
	}
	return payload.ParseSets(read.Sets)
}

// TestParameterSetsAreTold writes the parameter sets of a client's pictures into its offer and its answer, once they
// are known; those of a profile that the description does not name stay out.
func TestParameterSetsAreTold(t *testing.T) {
	t.Parallel()
	w, tags := newWorld(t), pictureTags(t)
	alice := rtmptest.Login(t, w.address, "alice@test", "secret")
	stream := alice.Publish("local")
	invite := func() [][]byte {
		alice.Call("invite", "sip:phone@test", "pcmu", "h264")
		phone := w.phone.AwaitDial(t)
		alice.Call("bye")
		bridgetest.Await[bridgetest.Hangup](t, phone.Leg)
		return setsIn(t, *phone.Request.Offer)
	}
	if told := invite(); len(told) > 0 {
		t.Errorf("it tells %x before it shows anything", told)
	}
	alice.Show(stream, 0, tags[0].Payload)
	video, err := flv.ParseVideo(tags[0].Payload)
	if err != nil {
		t.Fatal(err)
	}
	configuration, err := flv.ParseConfiguration(video.Body)
	if err != nil {
		t.Fatal(err)
	}
	want := append(configuration.Sequence, configuration.Picture...)
	if told := invite(); len(told) != 2 || string(told[0]) != string(want[0]) || string(told[1]) != string(want[1]) {
		t.Errorf("the offer tells %x, want %x", told, want)
	}
	offer := withVideo(bridgetest.Audio(bridgetest.PCMU()))
	caller := bridgetest.NewIncoming(bridge.Request{To: "sip:alice@test", Offer: &offer}, bridge.LegInfo{})
	w.exchange.Accept(caller)
	alice.Await("invited")
	alice.Call("accept", "pcmu", "h264")
	answer := bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer
	if told := setsIn(t, answer); len(told) != 2 || string(told[0]) != string(want[0]) {
		t.Errorf("the answer tells %x, want %x", told, want)
	}
	alice.Call("bye")
	bridgetest.Await[bridgetest.Hangup](t, caller.Leg)
	configuration.Sequence[0][1] = 100 // High
	alice.Show(stream, 0, flv.AppendConfiguration(nil, configuration))
	if told := invite(); len(told) > 0 {
		t.Errorf("it tells %x of another profile", told)
	}
}
