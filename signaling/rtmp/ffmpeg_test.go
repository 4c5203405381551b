package rtmp_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/pion/rtp"

	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/transcode"
	"sipbridge/transcode/dtmf"
)

// ffmpeg runs ffmpeg, which knows FLV, Speex and RTMP from elsewhere.
func ffmpeg(t *testing.T, args ...string) {
	t.Helper()
	args = append([]string{"-v", "error", "-y"}, args...)
	out, err := exec.CommandContext(t.Context(), "ffmpeg", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg %v: %v\n%s", args, err, out)
	}
}

// flvHeader stands before the tags of a file with sound only; what follows has the form of an aggregate.
const flvHeader = "FLV\x01\x04\x00\x00\x00\x09\x00\x00\x00\x00"

// tagsOf gives the audio messages of a tone as ffmpeg makes them of a codec.
func tagsOf(t *testing.T, seconds int, codec ...string) []chunk.Message {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tone.flv")
	args := append([]string{"-f", "lavfi", "-i", "sine=1004:d=" + strconv.Itoa(seconds)}, codec...)
	ffmpeg(t, append(args, "-ac", "1", file)...)
	return messagesIn(t, file, chunk.Audio)
}

// messagesIn gives the messages of a type in an FLV file.
func messagesIn(t *testing.T, file string, messageType uint8) []chunk.Message {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var tags []chunk.Message
	if err := chunk.Parts(chunk.Message{Payload: content[len(flvHeader):]}, func(part chunk.Message) {
		if part.Type == messageType {
			tags = append(tags, part)
		}
	}); err != nil {
		t.Fatal(err)
	}
	return tags
}

// TestFFmpegPublishes is a real client: handshake with digest, connect, streams, and sound of each codec.
func TestFFmpegPublishes(t *testing.T) {
	t.Parallel()
	for _, codec := range [][]string{
		{"-ar", "16000", "-c:a", "libspeex"},
		{"-ar", "8000", "-c:a", "pcm_mulaw"},
		{"-ar", "8000", "-c:a", "pcm_alaw"},
	} {
		w := newWorld(t)
		args := append([]string{"-f", "lavfi", "-i", "sine=1004:d=2"}, codec...)
		ffmpeg(t, append(args, "-ac", "1", "-f", "flv", "-rtmp_conn", "S:alice S:secret",
			"rtmp://"+w.address+"/sip/alice@test/local")...)
		bridgetest.Eventually(t, "it is gone", func() bool { return w.server.Stats().Open == 0 })
		if stats := w.server.Stats(); stats.AudioIn < 15 || stats.Malformed > 0 || stats.Rejected > 0 {
			t.Errorf("%v: counted %+v", codec, stats)
		}
	}
}

// TestSpeexToPCMU lets a phone hear what ffmpeg encoded, with one and with two frames in a message.
func TestSpeexToPCMU(t *testing.T) {
	t.Parallel()
	for _, frames := range []string{"1", "2"} {
		alice, phone := callPhone(t, newWorld(t)) // no words: Speex
		alice.Await("accepted")
		stream := alice.Publish("local")
		tags := tagsOf(t, 2, "-ar", "16000", "-c:a", "libspeex", "-frames_per_packet", frames)
		for _, tag := range tags {
			alice.Speak(stream, tag.Timestamp, tag.Payload)
		}
		sent := phone.FakeMedia().AwaitSent(t, transcode.Audio, 90)
		if step := sent[80].Timestamp - sent[40].Timestamp; step != 40*160 {
			t.Errorf("%s frames: 40 packets go on by %d", frames, step)
		}
		checkPitch(t, decodePCMU(t, payloadsOf(sent[20:])))
	}
}

// TestPCMUToSpeex lets ffmpeg decode what Flash hears of a phone.
func TestPCMUToSpeex(t *testing.T) {
	t.Parallel()
	alice, phone := callPhone(t, newWorld(t))
	alice.Await("accepted")
	alice.Play("remote")
	encoder, err := transcode.NewEncoder(bridgetest.PCMU(), 8000, transcode.EncoderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	tone := dtmf.NewTone(8000, -10, 1004)
	for number := range uint16(100) {
		pcm, packet := make([]int16, 160), &rtp.Packet{Payload: make([]byte, 160)}
		tone.Read(pcm)
		if _, err := encoder.Encode(pcm, packet.Payload); err != nil {
			t.Fatal(err)
		}
		packet.Header = rtp.Header{SequenceNumber: number, Timestamp: uint32(number) * 160, SSRC: 5}
		if _, err := phone.FakeMedia().Deliver(transcode.Audio, packet); err != nil {
			t.Fatal(err)
		}
	}
	checkPitch(t, decodeTags(t, alice.AwaitHeard(90)))
}

// decodeTags lets ffmpeg make sound at 8 kHz of audio messages.
func decodeTags(t *testing.T, tags []chunk.Message) []int16 {
	t.Helper()
	content := []byte(flvHeader)
	start := tags[0].Timestamp
	for _, tag := range tags {
		if tag.Payload[0] != 0xb2 {
			t.Fatalf("heard %x, want Speex", tag.Payload[:1])
		}
		size, at := len(tag.Payload), tag.Timestamp-start
		content = append(content, chunk.Audio, 0, byte(size>>8), byte(size), byte(at>>16), byte(at>>8), byte(at), 0, 0, 0, 0)
		content = append(content, tag.Payload...)
		content = append(content, 0, 0, byte((size+11)>>8), byte(size+11))
	}
	folder := t.TempDir()
	flv, raw := filepath.Join(folder, "heard.flv"), filepath.Join(folder, "heard.raw")
	if err := os.WriteFile(flv, content, 0o600); err != nil {
		t.Fatal(err)
	}
	ffmpeg(t, "-i", flv, "-ar", "8000", "-ac", "1", "-f", "s16le", raw)
	return samplesIn(t, raw)
}

// samplesIn reads sound of 16 bits.
func samplesIn(t *testing.T, raw string) []int16 {
	t.Helper()
	sound, err := os.ReadFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, 0, len(sound)/2)
	for i := 0; i+1 < len(sound); i += 2 {
		pcm = append(pcm, int16(uint16(sound[i])|uint16(sound[i+1])<<8))
	}
	return pcm
}

func decodePCMU(t *testing.T, payloads [][]byte) []int16 {
	t.Helper()
	decoder, err := transcode.NewDecoder(bridgetest.PCMU(), 8000)
	if err != nil {
		t.Fatal(err)
	}
	var heard []int16
	for _, payload := range payloads {
		pcm := make([]int16, 2000)
		n, err := decoder.Decode(payload, pcm)
		if err != nil {
			t.Fatal(err)
		}
		heard = append(heard, pcm[:n]...)
	}
	return heard
}

// checkPitch wants the tone of 1004 Hz, and little else near it, whatever a lossy codec does to its strength.
func checkPitch(t *testing.T, heard []int16) {
	t.Helper()
	if len(heard) < 8000 {
		t.Fatalf("%v of sound", time.Duration(len(heard))*time.Second/8000)
	}
	heard = heard[2000:]
	tone := dtmf.Goertzel(heard, 8000, 1004)
	for _, other := range []float64{500, 800, 1250, 2000} {
		if beside := dtmf.Goertzel(heard, 8000, other); tone < 500 || beside > tone/5 {
			t.Errorf("the amplitude at 1004 Hz is %.0f, and %.0f at %.0f Hz", tone, beside, other)
		}
	}
}

// TestWidebandBetweenFlashPhones passes Speex through untouched.
func TestWidebandBetweenFlashPhones(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := rtmptest.Login(t, w.address, "alice@test", "secret")
	bob := rtmptest.Login(t, w.address, "bob@test", "secret")
	alice.Call("invite", "bob", "wideband", "pcmu")
	bob.Await("invited")
	bob.Call("accept", "wideband", "pcmu")
	if accepted := alice.Await("accepted"); accepted.Args[0] != "speex" {
		t.Errorf("accepted says %v", accepted.Args)
	}
	bob.Await("accepted")
	bob.Play("remote")
	stream := alice.Publish("local")
	tags := tagsOf(t, 1, "-ar", "16000", "-c:a", "libspeex", "-frames_per_packet", "2")
	for _, tag := range tags {
		alice.Speak(stream, tag.Timestamp+3_000, tag.Payload)
	}
	heard := bob.AwaitHeard(len(tags))
	for i, tag := range tags {
		if string(heard[i].Payload[1:]) != string(tag.Payload[1:]) ||
			heard[i].Timestamp-heard[0].Timestamp != tag.Timestamp-tags[0].Timestamp {
			t.Errorf("message %d came as %d bytes at %d", i, len(heard[i].Payload), heard[i].Timestamp)
		}
	}
}
