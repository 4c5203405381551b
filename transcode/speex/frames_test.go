package speex

import (
	"errors"
	"strings"
	"testing"
)

// pack makes bytes of a string of bits, filled up with a terminator.
func pack(bits string) []byte {
	if over := len(bits) % 8; over > 0 {
		bits += "01111111"[:8-over]
	}
	packed := make([]byte, len(bits)/8)
	for i, bit := range bits {
		packed[i/8] |= byte(bit-'0') << (7 - i%8)
	}
	return packed
}

func zeros(count int) string { return strings.Repeat("0", count) }

func TestFrames(t *testing.T) {
	// modes 1, 3 and 8 of the lower band; modes 1 and 4 of an upper one
	one, three, eight := "00001"+zeros(38), "00011"+zeros(155), "01000"+zeros(74)
	layer1, layer4 := "1001"+zeros(32), "1100"+zeros(348)
	tests := map[string]struct {
		bits string
		want int // 0: malformed
	}{
		"nothing":                    {"", 0},
		"a terminator alone":         {"01111111", 0},
		"narrow":                     {one, 1},
		"three narrow ones":          {one + three + eight, 3},
		"wide":                       {one + layer4, 1},
		"two wide ones":              {one + layer4 + three + layer1, 2},
		"wide without an upper band": {one + "1000", 1},
		"ultra-wide":                 {one + layer4 + layer1, 1},
		"ultra-wide, not known":      {one + layer1 + layer4, 0},
		"three upper bands":          {one + layer1 + layer1 + layer1, 0},
		"an upper band first":        {layer1 + one, 0},
		"unknown upper band":         {one + "1101" + zeros(300), 0},
		"unknown mode":               {"01001" + zeros(300), 0},
		"a message and a frame":      {"01110" + "0010" + "1010" + one, 1},
		"a long message":             {"01110" + "1111" + zeros(64) + one, 1},
		"a user's message":           {"01101" + "0010" + zeros(21) + one, 1},
		"filled up with zeros":       {one + "00000", 1},
		"filled up with ones":        {one + "11111", 0},
		"an empty frame alone":       {"00000011", 1},
		"cut off":                    {three[:152], 0},
		"an upper band cut off":      {one + layer4[:205], 0},
		"a message cut off":          {one + "01110" + "1111" + zeros(7), 0},
		"what follows a terminator":  {one + "01111" + zeros(200), 1},
	}
	for name, test := range tests {
		got, err := UltraWideband.Frames(pack(test.bits))
		if got != test.want || (test.want == 0) != errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %d frames, %v; want %d", name, got, err, test.want)
		}
	}
}

// TestEmptyBand holds that an empty upper band is refused where the library cannot skip it.
func TestEmptyBand(t *testing.T) {
	packet := pack("00001" + zeros(38) + "1000")
	if _, err := Narrowband.Frames(packet); !errors.Is(err, ErrMalformed) {
		t.Errorf("narrowband: %v", err)
	}
	if n, err := Wideband.Frames(packet); n != 1 || err != nil {
		t.Errorf("wideband: %d frames, %v", n, err)
	}
}
