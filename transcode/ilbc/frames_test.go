package ilbc

import (
	"errors"
	"testing"
)

func TestModeOf(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]mode{
		38: short(), 76: short(), 456: short(), 50: long(), 100: long(), 400: long(),
		0: {}, 37: {}, 49: {}, 88: {}, 494: {}, 450: {}, 950: {},
	} {
		got, err := modeOf(make([]byte, size))
		if got != want || (err == nil) != (want != mode{}) || err != nil && !errors.Is(err, ErrMalformed) {
			t.Errorf("%d bytes: %+v, %v", size, got, err)
		}
	}
}
