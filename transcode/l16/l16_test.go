package l16

import (
	"errors"
	"slices"
	"testing"
)

func TestThereAndBack(t *testing.T) {
	sound := []int16{0, 1, -1, 256, -32768, 32767}
	payload := make([]byte, 2*len(sound))
	size, err := Encoder{}.Encode(sound, payload)
	if err != nil || size != len(payload) {
		t.Fatalf("encoded %d bytes: %v", size, err)
	}
	if payload[6] != 1 || payload[7] != 0 {
		t.Errorf("256 is % x, not in network byte order", payload[6:8])
	}
	heard := make([]int16, 8)
	n, err := NewDecoder().Decode(append(payload, 7), heard)
	if err != nil || !slices.Equal(heard[:n], sound) {
		t.Errorf("decoded %v: %v", heard[:n], err)
	}
}

func TestRoom(t *testing.T) {
	if _, err := (Encoder{}).Encode(make([]int16, 3), make([]byte, 5)); !errors.Is(err, ErrRoom) {
		t.Errorf("encode: %v", err)
	}
	if _, err := NewDecoder().Decode(make([]byte, 6), make([]int16, 2)); !errors.Is(err, ErrRoom) {
		t.Errorf("decode: %v", err)
	}
}

func TestConceal(t *testing.T) {
	decoder, hole := NewDecoder(), []int16{9, 9}
	if n, err := decoder.Conceal(nil, hole); n != 2 || err != nil || hole[0] != 0 {
		t.Errorf("a hole before any sound is %v: %d, %v", hole, n, err)
	}
}
