package rtmp_test

import (
	"bytes"
	"crypto/tls"
	"net"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp"
	"sipbridge/signaling/rtmp/rtmptest"
)

// toolWorld takes in clients over RTMP, RTMPS and RTMPT, at the base URL of each.
func toolWorld(t *testing.T) (w *world, bases map[string]string) {
	t.Helper()
	var config net.ListenConfig
	plain, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewUnstartedServer(nil)
	web.StartTLS() // for its certificate
	certificates := web.TLS.Certificates
	web.Close()
	secure := rtmp.Secure(plain, &tls.Config{Certificates: certificates, MinVersion: tls.VersionTLS12})
	w, host := tunnelWorldOf(t, httptest.NewServer, withStreams, func(o *rtmp.Options) {
		o.Listeners = append(o.Listeners, secure)
	})
	return w, map[string]string{
		"rtmp": "rtmp://" + w.address, "rtmps": "rtmps://" + plain.Addr().String(), "rtmpt": "rtmpt://" + host,
	}
}

// TestToolsPublishAndPlay lets ffmpeg publish a tone and a test picture, and ffmpeg and rtmpdump play them until the
// stream ends, over each way in. Over RTMP rtmpdump proves the file of its player, as Flash did with a digest
// handshake.
func TestToolsPublishAndPlay(t *testing.T) {
	t.Parallel()
	w, bases := toolWorld(t)
	folder := t.TempDir()
	var tools []*tool
	var files []string
	for sound, codec := range map[string][]string{
		"speex": {"-ar", "16000", "-c:a", "libspeex"},
		"pcmu":  {"-ar", "8000", "-c:a", "pcm_mulaw"},
	} {
		for way, base := range bases {
			url, file := base+"/live/"+way+"-"+sound, filepath.Join(folder, way+"-"+sound)
			tools = append(tools, w.publish(t, url, append([]string{
				"-f", "lavfi", "-i", "testsrc=r=10:s=160x120", "-c:v", "libx264", "-profile:v", "baseline",
				"-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "10",
			}, codec...)...))
			proof := []string{}
			if way == "rtmp" {
				proof = []string{"--swfhash", strings.Repeat("0123456789abcdef", 4), "--swfsize", "1000"}
			}
			dumping := run(t, "rtmpdump", append([]string{"-V", "--live", "-r", url, "-o", file + "-dumped.flv"}, proof...)...)
			dumping.digest = way == "rtmp"
			tools = append(tools, dumping, run(t, "ffmpeg", "-v", "error", "-i", url, "-c", "copy", file+"-played.flv"))
			files = append(files, file+"-dumped.flv", file+"-played.flv")
		}
	}
	for _, each := range tools {
		each.wait(t)
	}
	for _, file := range files {
		checkPlayed(t, file)
	}
}

// tool is a program that runs beside the test.
type tool struct {
	command *exec.Cmd
	said    bytes.Buffer
	// digest tells that it is to do a digest handshake.
	digest bool
}

func run(t *testing.T, name string, args ...string) *tool {
	t.Helper()
	started := &tool{command: exec.CommandContext(t.Context(), name, args...)}
	started.command.Stderr = &started.said
	if err := started.command.Start(); err != nil {
		t.Fatal(err)
	}
	return started
}

// wait wants a tool to end well, and to have done a digest handshake if it was to.
func (r *tool) wait(t *testing.T) {
	t.Helper()
	err := r.command.Wait()
	if err != nil || r.digest && !bytes.Contains(r.said.Bytes(), []byte("HandShake: Initial client digest")) {
		t.Errorf("%v: %v\n%s", r.command.Args, err, r.said.String())
	}
}

// publish lets ffmpeg publish a tone and more for some seconds, and waits until it does.
func (w *world) publish(t *testing.T, url string, more ...string) *tool {
	t.Helper()
	before := w.server.Stats().Streams
	args := append([]string{"-v", "error", "-re", "-f", "lavfi", "-i", "sine=1004"}, more...)
	publishing := run(t, "ffmpeg", append(args, "-ac", "1", "-t", "8", "-f", "flv", url)...)
	bridgetest.Eventually(t, "it is published", func() bool { return w.server.Stats().Streams > before })
	return publishing
}

// checkPlayed wants the tone and pictures in a file.
func checkPlayed(t *testing.T, file string) {
	t.Helper()
	raw := file + ".raw"
	ffmpeg(t, "-i", file, "-vn", "-ar", "8000", "-ac", "1", "-f", "s16le", raw)
	checkPitch(t, samplesIn(t, raw))
	if count := countPictures(t, file); count < 10 {
		t.Errorf("%s has %d pictures", file, count)
	}
}

// TestViewers may play what strangers publish, and with its key what a user does.
func TestViewers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withStreams)
	client, stream := encoder(t, w, "live", "studio?key="+streamKey)
	client.AwaitStatus("NetStream.Publish.Start")
	speak(t, client, stream, 0x82, 0, 1)
	for name, want := range map[string]string{
		"studio": "403 Forbidden", "studio?key=wrong": "403 Forbidden", "nobody": "404 Not Found",
		"cam?key=wrong": "403 Forbidden", "a b": "Not a name for a stream",
	} {
		refused, played := viewer(t, w, name)
		if said := refused.AwaitStatus("NetStream.Play.StreamNotFound"); said != want {
			t.Errorf("%s: it is told %q", name, said)
		}
		refused.CallOn(played, "closeStream")
	}
	closed := newWorld(t, withStreams, func(o *rtmp.Options) { o.Live.Strangers = false })
	refused, _ := viewer(t, closed, "cam")
	if said := refused.AwaitStatus("NetStream.Play.StreamNotFound"); said != "403 Forbidden" {
		t.Errorf("where strangers may not call, one is told %q", said)
	}
	viewing, played := viewer(t, w, "studio?key="+streamKey)
	viewing.AwaitStatus("NetStream.Play.Start")
	viewing.CallOn(viewing.Stream(), "play", "studio?key="+streamKey)
	viewing.AwaitStatus("NetStream.Play.StreamNotFound") // one for each connection
	speak(t, client, stream, 0x82, 1000, 50)
	for _, heard := range viewing.AwaitHeard(50) {
		if heard.StreamID != played || heard.Payload[0] != 0x82 {
			t.Fatalf("it hears %x on %d", heard.Payload[:1], heard.StreamID)
		}
	}
	viewing.CallOn(played, "closeStream")
	if record := w.calls.AwaitEnded(t); record.EndedBy == "" {
		t.Errorf("the record is %+v", record)
	}
	viewing.CallOn(played, "play", "studio?key="+streamKey)
	viewing.AwaitStatus("NetStream.Play.Start")
	client.CloseStream(stream)
	viewing.AwaitStatus("NetStream.Play.UnpublishNotify")
	viewing.AwaitStatus("NetStream.Play.Stop")
}

// viewer connects as ffmpeg does, and asks to play; it does not wait for the answer.
func viewer(t *testing.T, w *world, name string) (client *rtmptest.Client, stream uint32) {
	t.Helper()
	client = rtmptest.Dial(t, w.address, rtmptest.Options{})
	if answer := client.Connect("live"); answer.Name != "_result" {
		t.Fatalf("connect gives %+v", answer)
	}
	stream = client.Stream()
	client.CallOn(stream, "play", name)
	return client, stream
}
