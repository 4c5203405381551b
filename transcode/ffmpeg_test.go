package transcode

import (
	"bytes"
	"encoding/binary"
	"os/exec"
	"testing"
	"testing/synctest"
)

// TestFFmpegHears holds that ffmpeg hears the tone in what comes out of a Pipe, from every codec. Speex and Opus, which
// need a container for that, are put to it in their own packages.
func TestFFmpegHears(t *testing.T) {
	t.Parallel()
	faithful, coarse := everyFormat()
	for name, to := range map[string]Format{"g722": wide722(9), "gsm": fullRate(3), "mulaw": pcmu(0), "alaw": pcma(8)} {
		for _, from := range append(coarse, faithful...) {
			heard := ffmpeg(t, name, streamOf(t, from, to))
			if len(heard) < 7840 {
				t.Fatalf("%s to %s: ffmpeg heard %d samples of 8000", from, to, len(heard))
			}
			if got := snr(heard[1600:]); got < 8 {
				t.Errorf("%s to %s: for ffmpeg the tone is %.1f dB over the rest", from, to, got)
			}
		}
	}
}

// streamOf gives the payloads of a second of the tone that went through a Pipe.
func streamOf(t *testing.T, from, to Format) []byte {
	t.Helper()
	var stream []byte
	synctest.Test(t, func(t *testing.T) {
		var out recorder
		pipe := connect(t, []Format{from}, to, &out, ConnectOptions{})
		in := newSource(t, from, 20)
		for range 50 {
			write(t, pipe, in.packet())
		}
		for _, packet := range out.packets {
			stream = append(stream, packet.payload...)
		}
	})
	return stream
}

// ffmpeg decodes a raw stream to 8 kHz.
func ffmpeg(t *testing.T, format string, stream []byte) []int16 {
	t.Helper()
	arguments := []string{"-v", "error", "-f", format, "-i", "-", "-f", "s16le", "-ac", "1", "-ar", "8000", "-"}
	if format == "mulaw" || format == "alaw" {
		arguments = append([]string{"-ar", "8000"}, arguments...)
	}
	command := exec.Command("ffmpeg", arguments...)
	command.Stdin = bytes.NewReader(stream)
	var problem bytes.Buffer
	command.Stderr = &problem
	output, err := command.Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, problem.String())
	}
	pcm := make([]int16, len(output)/2)
	if _, err := binary.Decode(output, binary.LittleEndian, pcm); err != nil {
		t.Fatal(err)
	}
	return pcm
}
