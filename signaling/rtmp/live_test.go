package rtmp_test

import (
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp"
	"sipbridge/signaling/rtmp/amf"
	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/transcode"
	"sipbridge/transcode/dtmf"
)

const streamKey = "correct-horse"

// withStreams lets a user of the test publish with a key, and anybody without.
func withStreams(options *rtmp.Options) {
	options.Live = rtmp.LiveOptions{
		Streams: []rtmp.LiveStream{{Name: "studio", Key: streamKey, User: "alice@test"}}, Strangers: true, Domain: "test",
	}
	options.AdmitStranger = func(netip.Addr, string) error { return nil }
}

// encoder connects as ffmpeg does, and asks to publish; it does not wait for the answer.
func encoder(t *testing.T, w *world, app, name string) (client *rtmptest.Client, stream uint32) {
	t.Helper()
	client = rtmptest.Dial(t, w.address, rtmptest.Options{})
	if answer := client.Connect(app); answer.Name != "_result" {
		t.Fatalf("connect gives %+v", answer)
	}
	client.Ask("releaseStream", name)
	stream = client.Stream()
	client.CallOn(stream, "publish", name, "live")
	return client, stream
}

func TestPublisherCalls(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		app, name  string
		from, user string
	}{
		{"live", "cam?to=phone", "sip:live-cam@test", ""},
		{"live/", "cam?to=sip:phone@test", "sip:live-cam@test", ""},
		{"live?to=sip%3Aphone%40test", "cam", "sip:live-cam@test", ""},
		{"live", "studio?key=" + streamKey + "&to=phone", "sip:alice@test", "alice@test"},
	} {
		w := newWorld(t, withStreams)
		client, stream := encoder(t, w, test.app, test.name)
		client.AwaitStatus("NetStream.Publish.Start")
		speak(t, client, stream, 0x82, 0, 1)
		phone := w.phone.AwaitDial(t)
		request := phone.Request
		if request.To != "sip:phone@test" || request.From.URI != test.from || request.User != test.user {
			t.Errorf("%s: the phone is asked %+v", test.name, request)
		}
		if known := request.Origin == bridge.OriginUser; known != (test.user != "") {
			t.Errorf("%s: the origin is %d", test.name, request.Origin)
		}
		phone.Emit(answered())
		w.calls.AwaitStarted(t)
		w.awaitAnswered(t, 1)
		speak(t, client, stream, 0x82, 1000, 50)
		checkTone(t, bridgetest.PCMU(), payloadsOf(phone.FakeMedia().AwaitSent(t, transcode.Audio, 50)))
		phone.Emit(bridge.Ended{Cause: bridge.Normal()})
		client.AwaitStatus("NetStream.Publish.Failed")
		client.AwaitEnd()
	}
}

func TestPublisherIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withStreams)
	_, _ = encoder(t, w, "live", "taken")
	bridgetest.Eventually(t, "it is published", func() bool { return w.server.Stats().Streams == 1 })
	for _, name := range []string{
		"studio", "studio?key=wrong", "cam?key=wrong", "taken", "", "a b", "../x", strings.Repeat("x", 65),
		"cam?to=sip:phone@test%0d%0aX:%20y", "cam?to=%zz", "cam?to=sips:phone@test",
	} {
		client, _ := encoder(t, w, "live", name)
		client.AwaitStatus("NetStream.Publish.BadName")
	}
	closed := newWorld(t)
	client, _ := encoder(t, closed, "live", "cam")
	client.AwaitStatus("NetStream.Publish.BadName")
	if streams := closed.server.Stats().Streams; streams != 0 {
		t.Errorf("%d streams are published", streams)
	}
}

// TestEncoderComesAgain: an encoder that lost its network gets its name back before the old connection is known to be
// dead; who called the stream hears that it is over.
func TestEncoderComesAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withStreams, func(o *rtmp.Options) { o.IdleTimeout = 3 * time.Second })
	const name = "studio?key=" + streamKey
	first, stream := encoder(t, w, "live", name)
	first.AwaitStatus("NetStream.Publish.Start")
	speak(t, first, stream, 0x82, 0, 1)
	listener := bridgetest.NewIncoming(bridge.Request{
		To: "sip:live-studio@test", Offer: new(bridgetest.Audio(bridgetest.PCMU())), Origin: bridge.OriginUser,
	}, bridge.LegInfo{})
	w.exchange.Accept(listener)
	bridgetest.Await[bridgetest.Answer](t, listener.Leg)
	bridgetest.Eventually(t, "it has its name again", func() bool {
		again, _ := encoder(t, w, "live", name)
		status, _ := again.Await("onStatus").Args[0].(amf.Object)
		began := status.Text("code") == "NetStream.Publish.Start"
		if !began {
			again.Close()
		}
		return began
	})
	bridgetest.Await[bridgetest.Hangup](t, listener.Leg)
	first.AwaitEnd()
	if streams := w.server.Stats().Streams; streams != 1 {
		t.Errorf("%d streams are published", streams)
	}
}

// TestKeysAreNotGuessed: after some wrong keys the right one is refused, too.
func TestKeysAreNotGuessed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withStreams)
	for range 10 {
		client, _ := encoder(t, w, "live", "studio?key=wrong")
		client.AwaitStatus("NetStream.Publish.BadName")
		client.Close()
	}
	client, _ := encoder(t, w, "live", "studio?key="+streamKey)
	if said := client.AwaitStatus("NetStream.Publish.BadName"); said != "403 Forbidden" {
		t.Errorf("the right key is told %q", said)
	}
}

// TestStrangersStreamsCallSeldom: an encoder without a key rings nobody when strangers may call no more; one with a key
// does.
func TestStrangersStreamsCallSeldom(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withStreams, func(o *rtmp.Options) {
		o.AdmitStranger = func(from netip.Addr, uri string) error {
			if !from.IsLoopback() || uri != "sip:phone@test" {
				t.Errorf("%v is asked for as %s", from, uri)
			}
			return bridge.Cause{Status: 503, Text: "Service Unavailable"}
		}
	})
	client, stream := encoder(t, w, "live", "cam?to=phone")
	client.AwaitStatus("NetStream.Publish.Start")
	speak(t, client, stream, 0x82, 0, 1)
	if said := client.AwaitStatus("NetStream.Publish.Failed"); said != "503 Service Unavailable" {
		t.Errorf("the encoder is told %q", said)
	}
	client.AwaitEnd()
	client, stream = encoder(t, w, "live", "studio?to=phone&key="+streamKey)
	client.AwaitStatus("NetStream.Publish.Start")
	speak(t, client, stream, 0x82, 0, 1)
	if phone := w.phone.AwaitDial(t); phone.Request.User != "alice@test" {
		t.Errorf("the phone is called by %+v", phone.Request)
	}
}

// TestPublisherHearsOfRefusal tells an encoder why its call failed.
func TestPublisherHearsOfRefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withStreams)
	client, stream := encoder(t, w, "live", "cam?to=sip:phone@test")
	client.AwaitStatus("NetStream.Publish.Start")
	speak(t, client, stream, 0x82, 0, 1)
	w.phone.AwaitDial(t).Emit(bridge.Ended{Cause: bridge.Cause{Status: 486, Text: "Busy Here"}})
	if said := client.AwaitStatus("NetStream.Publish.Failed"); said != "486 Busy Here" {
		t.Errorf("it is told %q", said)
	}
}

// TestListeners call a stream, one before and one after it speaks, until it ends.
func TestListeners(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withStreams)
	client, stream := encoder(t, w, "live", "cam")
	client.AwaitStatus("NetStream.Publish.Start")
	first := w.listen(t)
	bridgetest.Await[bridgetest.Answer](t, first.Leg)
	speak(t, client, stream, 0x72, 0, 1)
	second := w.listen(t)
	bridgetest.Await[bridgetest.Answer](t, second.Leg)
	said := uint32(1) // until the calls have agreed to A-law nothing is heard
	for _, listener := range []*bridgetest.Incoming{first, second} {
		bridgetest.Eventually(t, "the stream is heard", func() bool {
			speak(t, client, stream, 0x72, 20*said, 10)
			said += 10
			return len(listener.FakeMedia().Sent(transcode.Audio)) >= 50
		})
		sent := listener.FakeMedia().Sent(transcode.Audio)
		pcm := decodePCMU(t, payloadsOf(sent[len(sent)-10:]))
		if amplitude := dtmf.Goertzel(pcm, 8000, 1004); amplitude < dtmf.Amplitude(0)/2 {
			t.Errorf("the amplitude at 1004 Hz is %.0f", amplitude)
		}
	}
	client.CloseStream(stream)
	for _, listener := range []*bridgetest.Incoming{first, second} {
		bridgetest.Await[bridgetest.Hangup](t, listener.Leg)
	}
	late := w.listen(t)
	if cause := bridgetest.Await[bridgetest.Hangup](t, late.Leg).Cause; cause.Status != 404 {
		t.Errorf("who comes late hears %v", cause)
	}
}

// listen plays a phone with PCMU that calls the stream cam.
func (w *world) listen(t *testing.T) *bridgetest.Incoming {
	t.Helper()
	offer := bridgetest.Audio(bridgetest.PCMU())
	caller := bridgetest.NewIncoming(bridge.Request{
		From: bridge.Party{URI: "sip:carol@test"}, To: "sip:live-cam@test", Offer: &offer,
	}, bridge.LegInfo{})
	w.exchange.Accept(caller)
	return caller
}

// TestFFmpegPublishesLive is a real encoder: what it says is heard at the target.
func TestFFmpegPublishesLive(t *testing.T) {
	t.Parallel()
	for _, codec := range [][]string{
		{"-ar", "16000", "-c:a", "libspeex"},
		{"-ar", "8000", "-c:a", "pcm_mulaw"},
		{"-ar", "8000", "-c:a", "pcm_alaw"},
	} {
		w := newWorld(t, withStreams)
		args := append([]string{"-v", "error", "-re", "-f", "lavfi", "-i", "sine=1004:d=3"}, codec...)
		args = append(args, "-ac", "1", "-f", "flv", "rtmp://"+w.address+"/live/cam?to=sip:phone@test")
		publishing := exec.CommandContext(t.Context(), "ffmpeg", args...)
		if err := publishing.Start(); err != nil {
			t.Fatal(err)
		}
		w.phone.AwaitDial(t).Emit(answered())
		if err := publishing.Wait(); err != nil {
			t.Errorf("%v: %v", codec, err)
		}
		if record := w.calls.AwaitEnded(t); record.EndedBy != "caller" {
			t.Errorf("%v: the record is %+v", codec, record)
		}
		if stats := w.server.Stats(); stats.AudioIn < 20 || stats.Malformed > 0 || stats.AudioDropped > 0 {
			t.Errorf("%v: counted %+v", codec, stats)
		}
	}
}
