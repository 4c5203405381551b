package transcode

import (
	"errors"
	"testing"
	"time"
)

func TestCodecTable(t *testing.T) {
	for _, codec := range Codecs() {
		if !Transcodable(codec) {
			t.Errorf("%s is listed and not known", codec)
		}
		known, _ := find(codec)
		if known.packetTime(0) != defaultPacketTime || known.packetTime(20*time.Millisecond) != defaultPacketTime {
			t.Errorf("%s cannot make packets of 20 ms", codec)
		}
		for _, rate := range known.rates {
			if known.ClockRate%uint32(rate) != 0 && uint32(rate)%known.ClockRate != 0 {
				t.Errorf("%s: sound at %d Hz does not fit its clock", codec, rate)
			}
			if rate > known.rates[0] {
				t.Errorf("%s: %d Hz is higher than the first rate", codec, rate)
			}
			format := Format{Codec: codec}
			if _, err := NewDecoder(format, rate); err != nil {
				t.Errorf("%s at %d Hz: %v", codec, rate, err)
			}
			if _, err := NewEncoder(format, rate, EncoderOptions{}); err != nil {
				t.Errorf("%s at %d Hz: %v", codec, rate, err)
			}
		}
		if payloadType, ok := StaticPayloadType(codec); ok {
			if back, ok := StaticCodec(payloadType); !ok || !back.Equal(codec) {
				t.Errorf("payload type %d is %s", payloadType, back)
			}
		}
	}
}

func TestStaticPayloadTypes(t *testing.T) {
	for want, codec := range map[uint8]Codec{
		0: pcmu(99).Codec, 8: pcma(99).Codec, 3: fullRate(99).Codec, 9: wide722(99).Codec,
	} {
		if payloadType, ok := StaticPayloadType(codec); !ok || payloadType != want {
			t.Errorf("%s is %d, %t", codec, payloadType, ok)
		}
	}
	if _, ok := StaticPayloadType(opus48(99, "").Codec); ok {
		t.Error("Opus has a static payload type")
	}
	if _, ok := StaticCodec(34); ok {
		t.Error("34 is known")
	}
}

func TestUnknown(t *testing.T) {
	strange := Format{Codec: Codec{Name: "speex", ClockRate: 11025}}
	if Transcodable(strange.Codec) || SampleRate(strange.Codec) != 0 {
		t.Error("speex at 11025 Hz is known")
	}
	if _, err := NewDecoder(strange, 8000); !errors.Is(err, ErrNoPath) {
		t.Errorf("decoder: %v", err)
	}
	if _, err := NewEncoder(pcmu(0), 16000, EncoderOptions{}); !errors.Is(err, ErrNoPath) {
		t.Errorf("encoder: %v", err)
	}
}

// TestOpusParameters holds that the encoder keeps to what the receiver asks for.
func TestOpusParameters(t *testing.T) {
	size := func(parameters string, options EncoderOptions) int {
		t.Helper()
		encoder, err := NewEncoder(opus48(111, parameters), 8000, options)
		if err != nil {
			t.Fatal(err)
		}
		total, payload := 0, make([]byte, 1500)
		pcm := make([]int16, 160)
		for i := range 50 {
			for j := range pcm {
				pcm[j] = int16((i*160 + j) * 7919 % 12007)
			}
			n, err := encoder.Encode(pcm, payload)
			if err != nil {
				t.Fatal(err)
			}
			total += n
		}
		return total
	}
	plain := size("", EncoderOptions{})
	for name, smaller := range map[string]int{
		"maxaveragebitrate": size("minptime=10; maxaveragebitrate=8000", EncoderOptions{}),
		"Bitrate":           size("", EncoderOptions{Bitrate: 8000}),
		"the lower of both": size("maxaveragebitrate=8000", EncoderOptions{Bitrate: 64000}),
	} {
		if smaller > plain*2/3 {
			t.Errorf("%s: %d bytes, %d without", name, smaller, plain)
		}
	}
	if same := size("maxaveragebitrate=nonsense;=;;x", EncoderOptions{}); same != plain {
		t.Errorf("nonsense: %d bytes, %d without", same, plain)
	}
}

func TestParameter(t *testing.T) {
	tests := map[string]string{
		"":                            "",
		"useinbandfec=1":              "1",
		"minptime=10; UseInbandFEC=0": "0",
		"useinbandfec":                "",
		"xuseinbandfec=1":             "",
	}
	for parameters, want := range tests {
		if got := parameter(parameters, "useinbandfec"); got != want {
			t.Errorf("%q: got %q, want %q", parameters, got, want)
		}
	}
}
