package g711

import (
	"errors"
	"testing"
)

func TestRoom(t *testing.T) {
	if _, err := (Encoder{MuLaw}).Encode(make([]int16, 160), make([]byte, 159)); !errors.Is(err, ErrRoom) {
		t.Errorf("encode: %v", err)
	}
	if _, err := NewDecoder(MuLaw).Decode(make([]byte, 160), make([]int16, 159)); !errors.Is(err, ErrRoom) {
		t.Errorf("decode: %v", err)
	}
}

// TestConceal holds that a hole is filled with what was heard before it, all of it.
func TestConceal(t *testing.T) {
	decoder := NewDecoder(MuLaw)
	codes, heard := make([]byte, 480), make([]int16, 480)
	MuLaw.Encode(sine(480, 250, 8000), codes)
	if _, err := decoder.Decode(codes, heard); err != nil {
		t.Fatal(err)
	}
	hole := make([]int16, 160)
	if n, err := decoder.Conceal(nil, hole); n != 160 || err != nil {
		t.Fatalf("concealed %d: %v", n, err)
	}
	for i := range 40 { // while it has hardly faded
		if off := abs(int(hole[i]) - int(heard[i])); off > 2400 {
			t.Fatalf("sample %d of the hole is %d off", i, off)
		}
	}
}

func TestConcealNothing(t *testing.T) {
	hole := make([]int16, 160)
	hole[3] = 7
	if _, err := NewDecoder(MuLaw).Conceal(nil, hole); err != nil {
		t.Fatal(err)
	}
	if hole[3] != 0 {
		t.Error("a hole before any sound is not silent")
	}
}
