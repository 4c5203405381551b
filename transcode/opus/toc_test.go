package opus

import (
	"errors"
	"testing"
)

func TestSamples(t *testing.T) {
	tests := map[string]struct {
		packet []byte
		want   int // in samples at 48 kHz; 0 for malformed
	}{
		"empty":                       {nil, 0},
		"silk 10 ms":                  {[]byte{0 << 3}, 480},
		"silk 60 ms":                  {[]byte{3 << 3}, 2880},
		"silk wideband 20 ms":         {[]byte{9 << 3}, 960},
		"hybrid 10 ms":                {[]byte{12 << 3}, 480},
		"hybrid 20 ms":                {[]byte{15 << 3}, 960},
		"celt 2.5 ms":                 {[]byte{16 << 3}, 120},
		"celt 20 ms, fullband stereo": {[]byte{31<<3 | 4}, 960},
		"two equal frames":            {[]byte{9<<3 | 1, 1, 2}, 1920},
		"two different frames":        {[]byte{3<<3 | 2, 1, 2}, 5760},
		"six frames":                  {[]byte{9<<3 | 3, 6}, 5760},
		"padded frames":               {[]byte{9<<3 | 3, 0x43, 1}, 2880},
		"48 frames of 2.5 ms":         {[]byte{16<<3 | 3, 48}, 5760},
		"49 frames of 2.5 ms":         {[]byte{16<<3 | 3, 49}, 0},
		"no frame":                    {[]byte{9<<3 | 3, 0}, 0},
		"count missing":               {[]byte{9<<3 | 3}, 0},
		"more than 120 ms":            {[]byte{3<<3 | 3, 3}, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Samples(test.packet)
			if got != test.want || (err != nil) != (test.want == 0) || err != nil && !errors.Is(err, ErrMalformed) {
				t.Errorf("%d samples, %v; want %d", got, err, test.want)
			}
		})
	}
}

// FuzzSamples holds that whatever libopus decodes has the length that we read, and fits the buffer.
func FuzzSamples(f *testing.F) {
	encoder, err := NewEncoder(EncoderOptions{SampleRate: 8000, FEC: true, Loss: 10})
	if err != nil {
		f.Fatal(err)
	}
	packet := make([]byte, 1500)
	n, err := encoder.Encode(sine(480, 300, 8000), packet)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packet[:n])
	f.Add([]byte{9<<3 | 3, 0x46, 0, 1, 2, 3})
	f.Add([]byte{16<<3 | 3, 48})
	f.Fuzz(func(t *testing.T, packet []byte) {
		decoder, err := NewDecoder(8000)
		if err != nil {
			t.Fatal(err)
		}
		pcm := make([]int16, 960)
		if _, err = decoder.Conceal(packet, pcm[:160]); err != nil {
			return
		}
		n, err := decoder.Decode(packet, pcm)
		if err != nil {
			return
		}
		var want int
		if want, err = Samples(packet); err != nil || n != want/6 {
			t.Fatalf("%x decodes to %d samples, read as %d at 48 kHz: %v", packet, n, want, err)
		}
	})
}
