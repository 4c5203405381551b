package rtmp_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp"
	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/signaling/rtmp/tunnel"
	"sipbridge/transcode"
)

// tunnelWorld is a world with a web server in front, and where that is.
func tunnelWorld(t *testing.T, start func(http.Handler) *httptest.Server) (w *world, host string) {
	t.Helper()
	return tunnelWorldOf(t, start)
}

func tunnelWorldOf(t *testing.T, start func(http.Handler) *httptest.Server, change ...func(*rtmp.Options)) (
	w *world, host string,
) {
	t.Helper()
	through := tunnel.NewListener(tunnel.Options{})
	mux := http.NewServeMux()
	for _, path := range tunnel.Paths() {
		mux.Handle(path, through)
	}
	web := start(mux)
	t.Cleanup(func() {
		web.CloseClientConnections()
		web.Close()
	})
	w = newWorld(t, append(change, func(o *rtmp.Options) { o.Listeners = append(o.Listeners, through) })...)
	_, host, _ = strings.Cut(web.URL, "//")
	return w, host
}

// TestCallThroughHTTP is a call by RTMPT with a tone in both directions.
func TestCallThroughHTTP(t *testing.T) {
	t.Parallel()
	w, host := tunnelWorld(t, httptest.NewServer)
	alice := rtmptest.Dial(t, host, rtmptest.Options{Tunnel: true})
	if answer := alice.Connect("sip/alice@test", "alice", "secret"); answer.Name != "_result" {
		t.Fatalf("she hears %+v", answer)
	}
	alice.Call("invite", "phone", "pcmu")
	phone := w.phone.AwaitDial(t)
	phone.Emit(answered())
	alice.Await("accepted")
	alice.Play("remote")
	speak(t, alice, alice.Publish("local"), 0x82, 0, 50)
	checkTone(t, bridgetest.PCMU(), payloadsOf(phone.FakeMedia().AwaitSent(t, transcode.Audio, 50)))
	deliver(t, phone.FakeMedia(), 0, 100)
	for i, heard := range alice.AwaitHeard(100) {
		if heard.Payload[0] != 0x82 || len(heard.Payload) != 161 {
			t.Errorf("message %d is %x", i, heard.Payload)
		}
	}
	phone.Emit(bridge.Ended{Cause: bridge.Normal()})
	alice.Await("byed")
	alice.Close()
}

// TestFFmpegThroughHTTP publishes by RTMPT, plain and over TLS.
func TestFFmpegThroughHTTP(t *testing.T) {
	t.Parallel()
	for scheme, start := range map[string]func(http.Handler) *httptest.Server{
		"rtmpt": httptest.NewServer, "rtmpts": httptest.NewTLSServer,
	} {
		w, host := tunnelWorld(t, start)
		ffmpeg(t, "-re", "-f", "lavfi", "-i", "sine=1004:d=2", "-ar", "16000", "-c:a", "libspeex", "-ac", "1", "-f", "flv",
			"-rtmp_conn", "S:alice S:secret", scheme+"://"+host+"/sip/alice@test/local")
		bridgetest.Eventually(t, scheme+" is gone", func() bool { return w.server.Stats().Open == 0 })
		if stats := w.server.Stats(); stats.AudioIn < 90 || stats.Malformed > 0 || stats.Rejected > 0 {
			t.Errorf("%s: counted %+v", scheme, stats)
		}
	}
}
