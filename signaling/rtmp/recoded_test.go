//go:build libavcodec

package rtmp_test

import (
	"testing"

	"sipbridge/bridge/bridgetest"
	"sipbridge/transcode"
)

// TestRecodedFromFlash lets a phone hear what Flash says in Nellymoser and AAC, as ffmpeg encodes them.
func TestRecodedFromFlash(t *testing.T) {
	t.Parallel()
	for _, codec := range [][]string{
		{"-c:a", "nellymoser", "-ar", "8000"},
		{"-c:a", "nellymoser", "-ar", "11025"},
		{"-c:a", "nellymoser", "-ar", "22050"},
		{"-c:a", "aac", "-ar", "44100"},
		{"-c:a", "aac", "-ar", "16000"},
	} {
		alice, phone := callPhone(t, newWorld(t), "pcmu")
		alice.Await("accepted")
		stream := alice.Publish("local")
		for _, tag := range tagsOf(t, 2, codec...) {
			alice.Speak(stream, tag.Timestamp, tag.Payload)
		}
		sent := phone.FakeMedia().AwaitSent(t, transcode.Audio, 85)
		if step := sent[80].Timestamp - sent[40].Timestamp; step != 40*160 {
			t.Errorf("%v: 40 packets go on by %d", codec, step)
		}
		checkPitch(t, decodePCMU(t, payloadsOf(sent[10:])))
	}
}

// TestRecodedStream is what OBS does: it publishes AAC.
func TestRecodedStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withStreams)
	client, stream := encoder(t, w, "live", "cam?to=phone")
	client.AwaitStatus("NetStream.Publish.Start")
	tags := tagsOf(t, 3, "-c:a", "aac", "-ar", "48000")
	client.Speak(stream, 0, tags[0].Payload)
	client.Speak(stream, 0, tags[1].Payload)
	client.Speak(stream, tags[2].Timestamp, tags[2].Payload)
	phone := w.phone.AwaitDial(t)
	phone.Emit(answered())
	w.awaitAnswered(t, 1)
	for _, tag := range tags[3:] {
		client.Speak(stream, tag.Timestamp, tag.Payload)
	}
	checkPitch(t, decodePCMU(t, payloadsOf(phone.FakeMedia().AwaitSent(t, transcode.Audio, 110))))
}

// TestMalformedSound is dropped and counted, and the connection goes on.
func TestMalformedSound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice, _ := callPhone(t, w, "pcmu")
	alice.Await("accepted")
	stream := alice.Publish("local")
	for _, payload := range [][]byte{{0xaf, 1, 2, 3}, {0xaf, 0, 0xff, 0xff}, {0x52, 1}, {0xaf, 0}} {
		alice.Speak(stream, 0, payload)
	}
	alice.Ask("releaseStream", "local")
	bridgetest.Eventually(t, "all came", func() bool { return w.server.Stats().AudioIn == 4 })
	if stats := w.server.Stats(); stats.AudioDropped < 3 || stats.Malformed != 0 || stats.Panics != 0 {
		t.Errorf("counted %+v", stats)
	}
}
