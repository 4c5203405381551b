// Package speechtest makes speech for tests, with espeak-ng, and files of packets for decoders that are not ours.
package speechtest

import (
	"encoding/binary"
	"os/exec"
	"strings"
	"testing"

	"sipbridge/transcode/resample"
)

// espeakRate is the sample rate of what espeak-ng says, in Hz.
const espeakRate = 22050

// Say has a voice of espeak-ng, such as "en" or "de+f3", say a text, at a sample rate in Hz. It is the same each time.
func Say(tb testing.TB, voice, text string, rate int) []int16 {
	tb.Helper()
	command := exec.CommandContext(tb.Context(), "espeak-ng", "-v", voice, "-s", "130", "--stdout", "--stdin")
	command.Stdin = strings.NewReader(text)
	wav, err := command.Output()
	const header = 44
	if err != nil || len(wav) < header {
		tb.Fatalf("espeak-ng (Debian package espeak-ng): %v, %d bytes", err, len(wav))
	}
	in := make([]int16, (len(wav)-header)/2)
	for i := range in {
		in[i] = int16(binary.LittleEndian.Uint16(wav[header+2*i:]))
	}
	return resampled(tb, in, rate)
}

func resampled(tb testing.TB, in []int16, rate int) []int16 {
	tb.Helper()
	resampler, err := resample.New(espeakRate, rate)
	if err != nil {
		tb.Fatal(err)
	}
	const piece = espeakRate / 50
	var pcm []int16
	out := make([]int16, resampler.Room(piece))
	for len(in) > 0 {
		n := min(piece, len(in))
		made, err := resampler.Resample(in[:n], out)
		if err != nil {
			tb.Fatal(err)
		}
		pcm, in = append(pcm, out[:made]...), in[n:]
	}
	return pcm
}
