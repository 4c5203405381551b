//go:build libavcodec

package transcode

import (
	"bytes"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
)

func ilbcOf(parameters string) Format {
	return Format{Codec: Codec{Name: "iLBC", ClockRate: 8000}, PayloadType: 97, Parameters: parameters}
}

// TestReceiveOnly holds that iLBC is decoded and never made.
func TestReceiveOnly(t *testing.T) {
	t.Parallel()
	codec := ilbcOf("").Codec
	if !ReceiveOnly(codec) || Transcodable(codec) || Usable(ilbcOf("")) || ReceiveOnly(pcmu(0).Codec) {
		t.Error("what can be made of it is wrong")
	}
	for _, other := range Codecs() {
		if other.Equal(codec) {
			t.Error("it is among the codecs that can be made")
		}
	}
	if _, err := NewEncoder(ilbcOf(""), 8000, EncoderOptions{}); !errors.Is(err, ErrNoPath) {
		t.Errorf("an encoder: %v", err)
	}
	if _, err := Connect([]Format{pcmu(0)}, ilbcOf(""), &recorder{}, ConnectOptions{}); !errors.Is(err, ErrNoPath) {
		t.Errorf("a pipe to it: %v", err)
	}
	for offered, want := range map[string]string{"": "mode=30", "mode=20": "mode=20", "mode=a=b": "mode=30"} {
		if got, ok := AnswerParameters(ilbcOf(offered)); got != want || !ok {
			t.Errorf("%q is answered by %q", offered, got)
		}
	}
}

// TestReceiveOnlyIsHeard has a party speak iLBC, two frames a packet, lose some of it, and go on in PCMU.
func TestReceiveOnlyIsHeard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		raw, err := os.ReadFile("ilbc/testdata/speech30.ilbc")
		if err != nil {
			t.Fatal(err)
		}
		var out recorder
		pipe := connect(t, []Format{pcmu(0), ilbcOf("")}, wide722(9), &out, ConnectOptions{})
		packet := func(i int, payloadType uint8, payload []byte) *rtp.Packet {
			header := rtp.Header{Version: 2, PayloadType: payloadType, SSRC: 1}
			header.SequenceNumber, header.Timestamp = uint16(i), uint32(i)*480
			return &rtp.Packet{Header: header, Payload: bytes.Clone(payload)}
		}
		for i := range 40 {
			time.Sleep(60 * time.Millisecond)
			if i%10 != 5 {
				write(t, pipe, packet(i, 97, raw[100*i:][:100]))
			}
		}
		heard := listen(t, wide722(9), out.packets)
		if length := len(heard) / 8; length < 2380 || length > 2400 {
			t.Errorf("%d ms of 2400 were heard", length)
		}
		if got := loudness(heard[:8000]); got < 1000 {
			t.Errorf("the first second has an effective value of %.0f", got)
		}
		stats := pipe.Stats()
		if stats.Lost != 4 || stats.Sound.Concealed != 240*time.Millisecond || stats.DecodeErrors > 0 {
			t.Errorf("%+v", stats)
		}
		write(t, pipe, packet(40, 0, make([]byte, 160)))
		if got := pipe.Stats(); got.WrongPayloadType > 0 || got.Out != stats.Out+1 {
			t.Errorf("after PCMU: %+v", got)
		}
	})
}
