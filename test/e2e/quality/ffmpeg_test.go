package quality

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"testing"
)

// otherDecoders is how much less may be right of what another decoder hears, in dB: that of wideband Speex is 2 to 3 dB
// coarser in ffmpeg.
const otherDecoders = 3.5

var errOther = errors.New("another decoder does not hear it")

// refer holds that ffmpeg's own decoders hear in what came to a party what ours do.
func refer(t *testing.T, listener *party, said []int16, ours likeness) error {
	t.Helper()
	input := map[string][]string{
		"PCMU": {"-f", "mulaw", "-ar", "8000"}, "PCMA": {"-f", "alaw", "-ar", "8000"}, "G722": {"-f", "g722"},
		"GSM": {"-c:a", "gsm", "-f", "gsm"}, "speex": {"-c:a", "speex", "-f", "ogg"}, "opus": {"-c:a", "opus", "-f", "ogg"},
	}[listener.format.Name]
	if input == nil {
		return nil // PCM, which has no decoder
	}
	var packets [][]byte
	for _, packet := range listener.inOrder() {
		packets = append(packets, packet.payload)
	}
	stream := slices.Concat(packets...)
	if slices.Contains(input, "ogg") {
		stream = oggOf(listener, packets)
	}
	arguments := slices.Concat([]string{"-v", "error"}, input, []string{"-i", "-", "-f", "s16le", "-ac", "1", "-ar"},
		[]string{fmt.Sprint(judgeRate), "-"})
	command := exec.CommandContext(t.Context(), "ffmpeg", arguments...)
	command.Stdin = bytes.NewReader(stream)
	var problem bytes.Buffer
	command.Stderr = &problem
	output, err := command.Output()
	if err != nil {
		t.Fatalf("ffmpeg (Debian package ffmpeg): %v: %s", err, problem.String())
	}
	heard := make([]int16, len(output)/2)
	if _, err := binary.Decode(output, binary.LittleEndian, heard); err != nil {
		t.Fatal(err)
	}
	theirs := liken(said, heard)
	t.Logf("ffmpeg hears in %s %v, we %v", listener.format, theirs, ours)
	if theirs.snr < ours.snr-otherDecoders || theirs.gap > max(longestGap, ours.gap) {
		return fmt.Errorf("%w: ffmpeg hears in %s %v, we %v", errOther, listener.format, theirs, ours)
	}
	return nil
}
