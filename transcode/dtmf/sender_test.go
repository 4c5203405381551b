package dtmf

import (
	"encoding/hex"
	"slices"
	"testing"
	"time"
)

func TestSender(t *testing.T) {
	tests := map[string]struct {
		digit     byte
		duration  time.Duration
		clockRate uint32
		want      []string
	}{
		"100 ms": {'5', 100 * time.Millisecond, 8000, []string{
			"050a00a0 marker", "050a0140", "050a01e0", "050a0280", "058a0320", "058a0320", "058a0320",
		}},
		"48 kHz": {'#', 50 * time.Millisecond, 48000, []string{
			"0b0a03c0 marker", "0b0a0780", "0b8a0960", "0b8a0960", "0b8a0960",
		}},
		"too short": {'d', 0, 8000, []string{"0f0a00a0 marker", "0f8a0140", "0f8a0140", "0f8a0140"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := NewSender(test.digit, test.duration, test.clockRate)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for packet, ok := s.Next(); ok; packet, ok = s.Next() {
				line := hex.EncodeToString(packet.Payload[:])
				if packet.Marker {
					line += " marker"
				}
				if packet.Offset != 0 {
					line += " offset"
				}
				got = append(got, line)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestSenderRefuses(t *testing.T) {
	for _, digit := range []byte{0, 'E', 'e', ' ', '/', ':', 'F', 255} {
		if _, err := NewSender(digit, time.Second, 8000); err == nil {
			t.Errorf("%q is a key", digit)
		}
	}
	if _, err := NewSender('1', time.Second, 0); err == nil {
		t.Error("a clock rate of 0 was taken")
	}
}

func TestEvents(t *testing.T) {
	for i, digit := range []byte("0123456789*#ABCD") {
		if code, ok := Event(digit); !ok || int(code) != i {
			t.Errorf("%c is event %d", digit, code)
		}
		if back, ok := Digit(uint8(i)); !ok || back != digit {
			t.Errorf("event %d is %c", i, back)
		}
	}
	if _, ok := Digit(16); ok {
		t.Error("event 16 is a key")
	}
}
