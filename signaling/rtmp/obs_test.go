package rtmp_test

import (
	"fmt"
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp/amf"
	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/handshake"
	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/transcode"
)

// metaData is what OBS tells of what it sends.
func metaData(t *testing.T) []byte {
	t.Helper()
	body, err := amf.Encode0("@setDataFrame", "onMetaData", amf.Object{Properties: []amf.Property{
		{Name: "duration", Value: 0.0},
		{Name: "fileSize", Value: 0.0},
		{Name: "width", Value: 320.0},
		{Name: "height", Value: 240.0},
		{Name: "videocodecid", Value: 7.0},
		{Name: "videodatarate", Value: 2500.0},
		{Name: "framerate", Value: 25.0},
		{Name: "audiocodecid", Value: 10.0},
		{Name: "audiodatarate", Value: 160.0},
		{Name: "audiosamplerate", Value: 48000.0},
		{Name: "audiosamplesize", Value: 16.0},
		{Name: "audiochannels", Value: 2.0},
		{Name: "stereo", Value: true},
		{Name: "2.1", Value: false},
		{Name: "5.1", Value: false},
		{Name: "encoder", Value: "obs-output module (libobs version 30.0.2)"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// TestOBS has the commands of OBS in its order: what it says to an ordinary server and to one that knows enhanced RTMP.
// All are answered; its pictures reach who looks, and those in a codec that nobody has are counted.
func TestOBS(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withStreams)
	client := rtmptest.Dial(t, w.address, rtmptest.Options{Handshake: handshake.DigestFirst})
	client.SetChunkSize(4096)
	answer := client.ConnectWith("live", amf.Property{Name: "type", Value: "nonprivate"},
		amf.Property{Name: "fourCcList", Value: amf.Array{"av01", "hvc1"}},
		amf.Property{Name: "capsEx", Value: 0.0},
		amf.Property{Name: "videoFourCcInfoMap", Value: amf.Object{}})
	if answer.Name != "_result" || info(t, answer).Get("fourCcList") != nil {
		t.Fatalf("connect is answered %+v", answer)
	}
	for _, command := range []string{"releaseStream", "FCPublish"} {
		if answer := client.Ask(command, "cam"); answer.Name != "_result" {
			t.Errorf("%s is answered %+v", command, answer)
		}
	}
	stream := client.Stream()
	client.Call("_checkbw")
	client.CallOn(stream, "publish", "cam", "live")
	client.AwaitStatus("NetStream.Publish.Start")
	client.Send(4, chunk.Message{Type: chunk.Data0, StreamID: stream, Payload: metaData(t)})
	tags := pictureTags(t)
	client.Show(stream, 0, tags[0].Payload)
	speak(t, client, stream, 0x82, 0, 2) // it has AAC alone, which the build tag libavcodec decodes
	looking := withVideo(bridgetest.Audio(bridgetest.PCMU()))
	viewing := bridgetest.NewIncoming(bridge.Request{To: "sip:live-cam@test", Offer: &looking}, bridge.LegInfo{})
	bridgetest.Eventually(t, "it is known what it sends", func() bool { return w.server.Stats().AudioIn == 2 })
	w.exchange.Accept(viewing)
	bridgetest.Await[bridgetest.Answer](t, viewing.Leg)
	client.Show(stream, 0, []byte{0x90, 'h', 'v', 'c', '1', 1, 2, 3}) // enhanced RTMP
	for _, tag := range tags {
		client.Show(stream, tag.Timestamp, tag.Payload)
	}
	bridgetest.Eventually(t, "all pictures are sent", func() bool {
		return len(pictures(viewing.FakeMedia().Sent(transcode.Video))) == 50
	})
	for _, command := range []string{"FCUnpublish", "deleteStream"} {
		if answer := client.Ask(command, float64(stream)); answer.Name != "_result" {
			t.Errorf("%s is answered %+v", command, answer)
		}
	}
	bridgetest.Await[bridgetest.Hangup](t, viewing.Leg)
	if stats := w.server.Stats(); stats.VideoDropped != 1 || stats.Malformed > 0 || stats.Streams > 0 {
		t.Errorf("counted %+v", stats)
	}
}

// TestPicturesThatNobodyUnderstands: an encoder hears why it is not taken, and those of a Flash phone are counted.
func TestPicturesThatNobodyUnderstands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withStreams)
	for tag, want := range map[string]string{
		"\x90hvc1": "HEVC", "\x90av01\x01": "AV1", "\x91\r\nX:": "video by Enhanced RTMP", "\x80": "video format 0",
		"\x12\x00\x00": "Sorenson H.263", "\x14\x00": "VP6", "\x13": "Screen Video", "\x1f": "video format 15",
	} {
		client, stream := encoder(t, w, "live", fmt.Sprintf("cam%x", tag))
		client.AwaitStatus("NetStream.Publish.Start")
		client.Show(stream, 0, []byte(tag))
		if said := client.AwaitStatus("NetStream.Publish.Failed"); said != "415 Unsupported Media Type: "+want {
			t.Errorf("%q: it is told %q", tag, said)
		}
		client.AwaitEnd()
	}
	bridgetest.Eventually(t, "the names are free", func() bool { return w.server.Stats().Streams == 0 })
	alice, _ := callPhone(t, w, "pcmu")
	alice.Await("accepted")
	before := w.server.Stats().VideoDropped
	alice.Show(alice.Publish("local"), 0, []byte{0x12, 0})
	bridgetest.Eventually(t, "it is counted", func() bool { return w.server.Stats().VideoDropped == before+1 })
	if alice.Ask("nothing").Name != "_result" || alice.Said("byed") > 0 {
		t.Errorf("the phone heard %+v", alice.Commands())
	}
}

// TestTwoFaultsAtOnce: sound and pictures that nobody understands end an encoder once, with a reason.
func TestTwoFaultsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withStreams)
	client, stream := encoder(t, w, "live", "cam")
	client.AwaitStatus("NetStream.Publish.Start")
	var body []byte
	for range 10 {
		body = append(body, chunk.Video, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0x12, 0, 0, 0, 0, 13)
		body = append(body, chunk.Audio, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0x2f, 0, 0, 0, 0, 13)
	}
	bridgetest.Eventually(t, "it is let go, whatever it goes on to say", func() bool {
		client.Send(4, chunk.Message{Type: chunk.Aggregate, StreamID: stream, Payload: body})
		return w.server.Stats().Open == 0
	})
	client.AwaitStatus("NetStream.Publish.Failed")
	if stats := w.server.Stats(); stats.Slow > 0 || stats.Malformed > 0 {
		t.Errorf("counted %+v", stats)
	}
}
