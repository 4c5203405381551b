package rtpengine

import (
	"errors"
	"reflect"
	"testing"
)

func TestBencode(t *testing.T) {
	t.Parallel()
	command := dictionary{
		"command": "offer", "flags": []string{"trust-address"}, "codec": dictionary{"mask": []string{"opus"}},
		"sdp": "v=0\r\n",
	}
	const want = "d5:codecd4:maskl4:opusee7:command5:offer5:flagsl13:trust-addresse3:sdp5:v=0\r\ne"
	text := encode(nil, command)
	if string(text) != want {
		t.Errorf("got %q", text)
	}
	value, rest, err := decode(append(text, "more"...))
	again := dictionary{
		"command": "offer", "flags": []any{"trust-address"}, "codec": dictionary{"mask": []any{"opus"}}, "sdp": "v=0\r\n",
	}
	if err != nil || string(rest) != "more" || !reflect.DeepEqual(value, again) {
		t.Errorf("got %v, %q: %v", value, rest, err)
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	answer, err := read([]byte("d6:result2:ok3:sdp1:x4:timei-7ee"))
	if err != nil || answer["sdp"] != "x" || answer["time"] != int64(-7) {
		t.Errorf("got %v: %v", answer, err)
	}
	for text, want := range map[string]error{
		"d6:result5:error12:error-reason4:whoae": ErrRefused, "3:ok": ErrBencode, "": ErrBencode, "l": ErrBencode,
		"d1:xe": ErrBencode, "di1ei2ee": ErrBencode, "le": ErrRefused, "9999999999999999999:": ErrBencode,
	} {
		if _, err := read([]byte(text)); !errors.Is(err, want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("d5:codecd4:maskl4:opusee7:command5:offere"))
	f.Add([]byte("li1e2:aae"))
	f.Fuzz(func(_ *testing.T, text []byte) {
		_, _, _ = decode(text)
	})
}
