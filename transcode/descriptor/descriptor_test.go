package descriptor

import (
	"bytes"
	"slices"
	"testing"

	"github.com/pion/rtp/codecs"
)

const most = 100

// codec is what each of them does.
type codec interface {
	Begins(content []byte) bool
	Cut(content []byte, most int, keep func(part []byte))
}

// cut gives the parts of a payload.
func cut(c codec, content []byte) (cut [][]byte) {
	c.Cut(content, most, func(part []byte) { cut = append(cut, bytes.Clone(part)) })
	return cut
}

// picture is a descriptor, and a picture that begins with some bytes.
func picture(descriptor []byte, begin ...byte) []byte {
	rest := bytes.Repeat([]byte{1, 2, 3, 5, 7, 11, 13}, 50)
	return slices.Concat(descriptor, begin, rest)
}

// checkCut checks that all parts but the first are no beginning, and none is too large.
func checkCut(t *testing.T, c codec, content []byte, begins bool) [][]byte {
	t.Helper()
	if got := c.Begins(content); got != begins {
		t.Errorf("%x begins: %t", content[:8], got)
	}
	made := cut(c, content)
	for i, part := range made {
		if len(part) > most || i == 0 && c.Begins(part) != begins || i > 0 && c.Begins(part) {
			t.Errorf("part %d of %x is %x (%d bytes)", i, content[:8], part[:min(8, len(part))], len(part))
		}
	}
	if len(made) < len(content)/most {
		t.Errorf("%x is cut into %d parts", content[:8], len(made))
	}
	return made
}

func TestVP8(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		content []byte
		begins  bool
	}{
		"key, short":        {picture([]byte{0x10}, 0x00), true},
		"delta, short":      {picture([]byte{0x10}, 0x01), false},
		"fragment":          {picture([]byte{0x00}, 0x00), false},
		"partition":         {picture([]byte{0x12}, 0x00), false},
		"key, picture ID":   {picture([]byte{0x90, 0x80, 0x22}, 0x00), true},
		"key, all that is":  {picture([]byte{0xb0, 0xf0, 0x92, 0x34, 0x56, 0x78}, 0x10), true},
		"delta, key index":  {picture([]byte{0x90, 0x10, 0x56}, 0x11), false},
		"delta, its levels": {picture([]byte{0x90, 0x60, 0x56, 0x78}, 0x11), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var whole, part codecs.VP8Packet
			want, err := whole.Unmarshal(test.content)
			if err != nil {
				t.Fatal(err)
			}
			var got []byte
			for i, made := range checkCut(t, VP8{}, test.content, test.begins) {
				content, err := part.Unmarshal(made)
				wants := whole
				if i > 0 {
					wants.S = 0
				}
				wants.Payload, part.Payload = nil, nil
				if err != nil || !equal8(part, wants) {
					t.Errorf("part %d: %+v, %v", i, part, err)
				}
				got = append(got, content...)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%x became %x", want, got)
			}
		})
	}
}

// equal8 compares what the descriptors say.
func equal8(a, b codecs.VP8Packet) bool {
	return a.X == b.X && a.N == b.N && a.S == b.S && a.PID == b.PID && a.PictureID == b.PictureID &&
		a.TL0PICIDX == b.TL0PICIDX && a.TID == b.TID && a.Y == b.Y && a.KEYIDX == b.KEYIDX
}

func TestVP9(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		content []byte
		begins  bool
	}{
		"key, short":        {picture([]byte{0x0c}), true},
		"delta":             {picture([]byte{0xcc, 0x12}), false},
		"fragment":          {picture([]byte{0x84, 0x92, 0x34}), false},
		"key, with layers":  {picture([]byte{0xa8, 0x92, 0x34, 0x00, 0x07}), true},
		"key, second layer": {picture([]byte{0xac, 0x92, 0x34, 0x03, 0x07}), false},
		"flexible":          {picture([]byte{0xdc, 0x12, 0x03, 0x02}), false},
		"key, structure":    {picture([]byte{0x8e, 0x12, 0x38, 1, 64, 0, 240, 2, 128, 1, 224, 1, 0x04, 3}), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var whole codecs.VP9Packet
			want, err := whole.Unmarshal(test.content)
			if err != nil {
				t.Fatal(err)
			}
			var got []byte
			made := checkCut(t, VP9{}, test.content, test.begins)
			for i, part := range made {
				var told codecs.VP9Packet
				content, err := told.Unmarshal(part)
				first, last := i == 0, i == len(made)-1
				ends := told.B == (whole.B && first) && told.E == (whole.E && last) && told.V == (whole.V && first)
				same := told.PictureID == whole.PictureID && told.SID == whole.SID && told.P == whole.P &&
					told.TL0PICIDX == whole.TL0PICIDX && slices.Equal(told.PDiff, whole.PDiff)
				if err != nil || !ends || !same {
					t.Errorf("part %d: %+v, %v", i, told, err)
				}
				got = append(got, content...)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%x became %x", want, got)
			}
		})
	}
}

// TestAV1 cuts elements so that the same units come out.
func TestAV1(t *testing.T) {
	t.Parallel()
	sequence, frame := []byte{0x08, 1, 2, 3}, picture([]byte{0x30})
	sized := func(element []byte) []byte {
		return slices.Concat([]byte{byte(len(element)&0x7f | 0x80), byte(len(element) >> 7)}, element)
	}
	for name, test := range map[string]struct {
		content []byte
		begins  bool
		count   int // of units
	}{
		"one":               {slices.Concat([]byte{0x10}, frame), false, 1},
		"sequence and one":  {slices.Concat([]byte{0x28}, sized(sequence), frame), true, 2},
		"each with a size":  {slices.Concat([]byte{0x08}, sized(sequence), sized(frame), sized(frame)), true, 3},
		"three":             {slices.Concat([]byte{0x30}, sized(frame), sized(sequence), frame), false, 3},
		"sequence goes on":  {slices.Concat([]byte{0x90}, frame), false, 1},
		"ends in the next":  {slices.Concat([]byte{0x58}, frame), true, 1},
		"middle of a frame": {slices.Concat([]byte{0xd0}, frame), false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := checkCut(t, AV1{}, test.content, test.begins)
			want, _ := av1Elements(test.content)
			units := joined(t, made)
			if !slices.EqualFunc(units, want, bytes.Equal) || len(units) != test.count {
				t.Errorf("%d units, want %d", len(units), len(want))
			}
			first, last := made[0][0], made[len(made)-1][0]
			if first&av1Continues != test.content[0]&av1Continues || last&av1GoesOn != test.content[0]&av1GoesOn {
				t.Errorf("%x goes on from %x to %x", test.content[0], first, last)
			}
		})
	}
}

// joined puts together the elements of packets that have one each.
func joined(t *testing.T, packets [][]byte) (units [][]byte) {
	t.Helper()
	open := false
	for i, packet := range packets {
		if packet[0]&av1Count != av1One || i > 0 && open != (packet[0]&av1Continues != 0) {
			t.Errorf("packet %d begins with %x", i, packet[0])
		}
		if !open {
			units = append(units, nil)
		}
		last := len(units) - 1
		units[last] = append(units[last], packet[1:]...)
		open = packet[0]&av1GoesOn != 0
	}
	return units
}

// TestIllFormed leaves alone what cannot be read.
func TestIllFormed(t *testing.T) {
	t.Parallel()
	long := bytes.Repeat([]byte{0xff}, most)
	for _, test := range []struct {
		codec   codec
		content []byte
	}{
		{VP8{}, nil},
		{VP8{}, []byte{0x90}},
		{VP8{}, []byte{0x90, 0x80}},
		{VP8{}, []byte{0x90, 0xf0, 0x80, 1}},
		{VP9{}, nil},
		{VP9{}, []byte{0x8a}},
		{VP9{}, slices.Concat([]byte{0x0a, 0xf8}, long[:20])},
		{VP9{}, slices.Concat([]byte{0x0a, 0x08}, long)},
		{AV1{}, nil},
		{AV1{}, []byte{0x08}},
		{AV1{}, slices.Concat([]byte{0x28, 0xff, 0x7f}, long)},
		{AV1{}, slices.Concat([]byte{0x28}, long)},
		{AV1{}, slices.Concat([]byte{0x28, 0x00}, long)},
		{AV1{}, slices.Concat([]byte{0x3f, 0x01, 0x01}, long)},
	} {
		_, av1 := test.codec.(AV1) // which tells by its first byte what begins
		if made := cut(test.codec, test.content); made != nil || !av1 && test.codec.Begins(test.content) {
			t.Errorf("%T: %x is cut into %d parts", test.codec, test.content, len(made))
		}
	}
}

func FuzzCut(f *testing.F) {
	f.Add(picture([]byte{0xb0, 0xf0, 0x92, 0x34, 0x56, 0x78}, 0x10))
	f.Add(picture([]byte{0x8e, 0x12, 0x38, 1, 64, 0, 240, 2, 128, 1, 224, 1, 0x04, 3}))
	f.Add(picture([]byte{0x28, 0x02, 0x08, 0x01, 0x30}))
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, c := range []codec{VP8{}, VP9{}, AV1{}} {
			begins, sum := c.Begins(content), 0
			for i, part := range cut(c, content) {
				if len(part) > most || len(part) == 0 || i > 0 && c.Begins(part) {
					t.Errorf("%T: part %d is %x", c, i, part)
				}
				if i == 0 && len(content) > most && c.Begins(part) != begins {
					t.Errorf("%T: the first part begins: %t", c, !begins)
				}
				sum += len(part)
			}
			if sum > 0 && len(content) > most && sum < len(content)-8*len(content)/most-most {
				t.Errorf("%T: %d bytes of %d", c, sum, len(content))
			}
		}
	})
}
