package amr

import (
	"bytes"
	"errors"
	"testing"
)

func TestParseFormat(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		band       Band
		parameters string
		want       Format
		ok         bool
	}{
		{Narrow, "", Format{Mode: 7}, true},
		{Wide, "octet-align=1", Format{Band: Wide, OctetAligned: true, Mode: 2}, true},
		{Narrow, "mode-set=0,2,4; octet-align=0;max-red=0", Format{Mode: 4, modes: 0b10101}, true},
		{Wide, "mode-set=8", Format{Band: Wide, Mode: 8, modes: 1 << 8}, true},
		{Narrow, "mode-change-period=2;mode-change-neighbor=1", Format{Mode: 7, everySecond: true, neighbors: true}, true},
		{Narrow, "mode-set=8", Format{}, false}, // silence is no mode
		{Narrow, "mode-set=", Format{}, false},
		{Narrow, "crc=1", Format{}, false},
		{Narrow, "crc=0;robust-sorting=0;channels=1", Format{Mode: 7}, true},
		{Narrow, "interleaving=30", Format{}, false},
		{Narrow, "channels=2", Format{}, false},
	} {
		got, ok := ParseFormat(test.band, test.parameters)
		if ok != test.ok || ok && got != test.want {
			t.Errorf("%q: %+v, %v", test.parameters, got, ok)
		}
	}
}

// frames are one of 4.75 kbit/s, one of 12.2 and one of silence, in the form of files.
func frames() [][]byte {
	made := make([][]byte, 0, 3)
	for _, kind := range []struct{ header, size byte }{{0<<3 | 4, 12}, {7<<3 | 4, 31}, {narrowSID<<3 | 4, 5}} {
		frame := []byte{kind.header}
		for i := range kind.size {
			frame = append(frame, 0x5a+i)
		}
		made = append(made, frame)
	}
	made[0][12] &= 0xfe // 95 bits
	made[1][31] &= 0xf0 // 244
	made[2][5] &= 0xfe  // 39
	return made
}

// TestPayload holds both forms, there and back, and the first octets to RFC 4867 section 4.
func TestPayload(t *testing.T) {
	t.Parallel()
	all := bytes.Join(frames(), nil)
	for _, test := range []struct {
		format Format
		size   int
		head   []byte
	}{
		{Format{OctetAligned: true, Mode: 7}, 1 + 3 + 12 + 31 + 5, []byte{0xf0, 0x84, 0xbc, 0x44, 0x5a}},
		// 4 bits of request, 3 times 6, and the speech: 1111 1 0000 1 | 1 0111 1 | 0 1000 1 | 0101 1010
		{Format{Mode: 7}, (4 + 18 + 95 + 244 + 39 + 7) / 8, []byte{0xf8, 0x6f, 0x45, 0x69}},
	} {
		payload := make([]byte, 100)
		size, err := test.format.Pack(all, payload)
		if err != nil || size != test.size || !bytes.HasPrefix(payload, test.head) {
			t.Errorf("%+v: %d bytes, % x: %v", test.format, size, payload[:size], err)
		}
		var again [][]byte
		err = test.format.Unpack(payload[:size], func(frame []byte) error {
			again = append(again, bytes.Clone(frame))
			return nil
		})
		if err != nil || !bytes.Equal(bytes.Join(again, nil), all) || len(again) != 3 {
			t.Errorf("%+v: % x: %v", test.format, again, err)
		}
		for cut := range size {
			if err := test.format.Unpack(payload[:cut], func([]byte) error { return nil }); !errors.Is(err, ErrMalformed) {
				t.Errorf("%+v: %d bytes of it: %v", test.format, cut, err)
			}
		}
		if _, err := test.format.Pack(all, payload[:size-1]); !errors.Is(err, ErrRoom) {
			t.Errorf("no room: %v", err)
		}
	}
}

func TestMalformedPayload(t *testing.T) {
	t.Parallel()
	nothing := func([]byte) error { return nil }
	aligned := Format{OctetAligned: true, Mode: 7}
	for name, payload := range map[string][]byte{
		"reserved": {0xf0, 10 << 3}, "endless": bytes.Repeat([]byte{0xfc}, 40),
	} {
		if err := aligned.Unpack(payload, nothing); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, frames := range map[string][]byte{"nothing": nil, "reserved": {10 << 3}, "half": {7 << 3, 1}} {
		if _, err := aligned.Pack(frames, make([]byte, 100)); err == nil {
			t.Errorf("%s is packed", name)
		}
	}
	stop := errors.New("stop")
	if err := aligned.Unpack([]byte{0xf0, noData << 3}, func([]byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add([]byte{0xf0, 0x84, 0xbc, 0x44, 0x5a}, true, false)
	f.Add([]byte{0xf8, 0x6f, 0x45, 0x69}, false, true)
	f.Fuzz(func(t *testing.T, payload []byte, aligned, wide bool) {
		format := Format{OctetAligned: aligned}
		if wide {
			format.Band = Wide
		}
		var all []byte
		err := format.Unpack(payload, func(frame []byte) error {
			all = append(all, frame...)
			return nil
		})
		if err != nil {
			return
		}
		if _, err := format.Pack(all, make([]byte, 2000)); err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
	})
}
