package payload_test

import (
	"bytes"
	"testing"

	"github.com/pion/rtp"

	"sipbridge/transcode/h264/payload"
)

// Units that nothing but these tests tells from others.
const (
	slice      = 1
	supplement = 6 // SEI
)

// unit makes a NAL unit of a type and size, with content that tells where a byte belongs.
func unit(kind byte, size int) []byte {
	made := make([]byte, size)
	for i := range made {
		made[i] = byte(i * 7)
	}
	made[0] = 0x60 | kind
	return made
}

// packetsOf cuts pictures, each 3000 after the one before.
func packetsOf(size int, pictures ...[][]byte) []*rtp.Packet {
	packetizer := payload.Packetizer{MaxSize: size}
	var packets []*rtp.Packet
	for number, units := range pictures {
		packetizer.Packetize(units, func(cut []byte, last bool) {
			packets = append(packets, &rtp.Packet{
				Header: rtp.Header{
					SequenceNumber: 65534 + uint16(len(packets)), Timestamp: uint32(number) * 3000, Marker: last,
				},
				Payload: bytes.Clone(cut),
			})
		})
	}
	return packets
}

// put gives the pictures of packets.
func put(d *payload.Depacketizer, packets []*rtp.Packet) (pictures [][][]byte) {
	for _, packet := range packets {
		d.Put(packet, func(picture payload.Picture) {
			units := make([][]byte, 0, len(picture.Units))
			for _, each := range picture.Units {
				units = append(units, bytes.Clone(each))
			}
			pictures = append(pictures, units)
		})
	}
	return pictures
}

func same(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

func key() [][]byte {
	return [][]byte{
		unit(payload.SequenceSet, 25), unit(payload.PictureSet, 5), unit(supplement, 40),
		unit(payload.InstantRefresh, 5000), unit(payload.InstantRefresh, 900),
	}
}

func TestPicturesCrossWhole(t *testing.T) {
	t.Parallel()
	sent := [][][]byte{key(), {unit(slice, 100)}, {unit(slice, 1180)}, {unit(slice, 1181)}}
	packets := packetsOf(0, sent...)
	if kind := packets[0].Payload[0]; kind != 0x60|24 || packets[0].Marker {
		t.Errorf("the parameter sets go as %#x", kind)
	}
	for i, packet := range packets {
		if len(packet.Payload) > payload.DefaultMaxSize {
			t.Errorf("packet %d has %d bytes", i, len(packet.Payload))
		}
	}
	var d payload.Depacketizer
	got := put(&d, packets)
	if len(got) != len(sent) {
		t.Fatalf("%d pictures came of %d", len(got), len(sent))
	}
	for i := range sent {
		if !same(got[i], sent[i]) {
			t.Errorf("picture %d is another one", i)
		}
	}
	if stats := d.Stats(); stats.Pictures != 4 || stats.Broken != 0 {
		t.Errorf("counted %+v", stats)
	}
}

// TestSingleUnits sends each unit as it is, up to the longest that a datagram takes.
func TestSingleUnits(t *testing.T) {
	t.Parallel()
	packetizer := payload.Packetizer{Single: true}
	units := append(key(), []byte{}, unit(slice, payload.MaxSingle))
	var sent [][]byte
	whole := packetizer.Packetize(units, func(cut []byte, last bool) {
		sent = append(sent, bytes.Clone(cut))
		if last != (len(sent) == len(units)-1) {
			t.Errorf("packet %d ends the picture: %t", len(sent), last)
		}
	})
	if !whole || !same(sent, append(key(), units[len(units)-1])) {
		t.Errorf("%d packets are sent, %t", len(sent), whole)
	}
	if packetizer.Packetize([][]byte{unit(slice, 10), unit(slice, payload.MaxSingle+1)}, func([]byte, bool) {
		t.Error("part of a picture is sent")
	}) {
		t.Error("a unit that fits nowhere is sent")
	}
}

// TestLoss leaves out each packet once: what it belonged to does not come, nor what might have begun with it.
func TestLoss(t *testing.T) {
	t.Parallel()
	sent := [][][]byte{{unit(slice, 3000)}, {unit(slice, 2000), unit(slice, 100)}, key()}
	packets := packetsOf(0, sent...)
	for lost := 1; lost < len(packets); lost++ {
		var d payload.Depacketizer
		rest := append(append([]*rtp.Packet{}, packets[:lost]...), packets[lost+1:]...)
		for _, picture := range put(&d, rest) {
			if !same(picture, sent[0]) && !same(picture, sent[1]) && !same(picture, sent[2]) {
				t.Fatalf("without packet %d a picture of %d units comes", lost, len(picture))
			}
		}
		if lost < len(packets)-1 && d.Stats().Broken == 0 {
			t.Errorf("nobody misses packet %d: %+v", lost, d.Stats())
		}
	}
}

func TestPictureWithoutMarker(t *testing.T) {
	t.Parallel()
	packets := packetsOf(0, [][]byte{unit(slice, 10)}, [][]byte{unit(slice, 20)})
	packets[0].Marker = false
	var d payload.Depacketizer
	if got := put(&d, packets); len(got) != 2 || len(got[0][0]) != 10 || len(got[1][0]) != 20 {
		t.Errorf("%d pictures come", len(got))
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	for name, packets := range map[string][][]byte{
		"reserved":                  {{0x60 | 30, 1, 2}},
		"no type":                   {{0x60, 1}},
		"a length too long":         {{0x60 | 24, 0, 9, 1}},
		"half a length":             {{0x60 | 24, 0}},
		"an empty unit":             {{0x60 | 24, 0, 0}},
		"an aggregate in another":   {{0x60 | 24, 0, 4, 0x60 | 24, 0, 1, 1}},
		"a fragment of nothing":     {{0x60 | 28, 0x85}},
		"a fragment without start":  {{0x60 | 28, 0x05, 1}},
		"a fragment without end":    {{0x60 | 28, 0x85, 1}},
		"a start within a fragment": {{0x60 | 28, 0x85, 1}, {0x60 | 28, 0x85, 1}},
		"a fragment of fragments":   {{0x60 | 28, 0xc0 | 28, 1}},
		"a unit within a fragment":  {{0x60 | 28, 0x85, 1}, {0x61, 1}},
	} {
		var d payload.Depacketizer
		var sent []*rtp.Packet
		for number, each := range packets {
			header := rtp.Header{SequenceNumber: uint16(number), Marker: number == len(packets)-1}
			sent = append(sent, &rtp.Packet{Header: header, Payload: each})
		}
		if got := put(&d, sent); len(got) > 0 || d.Stats().Broken != 1 {
			t.Errorf("%s: %d pictures, %+v", name, len(got), d.Stats())
		}
	}
}

func TestParseSets(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"Z0IAHpWoKA9oC/wCAAIA,aM48gA==": 2, "Z0IAHpWoKA9oC/wCAAIA": 1, "": 0, ",": 0, "x,aM48gA==": 1, "QQ==": 0,
	} {
		if got := payload.ParseSets(text); len(got) != want {
			t.Errorf("%q has %d sets", text, len(got))
		}
	}
}

func TestFormatSets(t *testing.T) {
	t.Parallel()
	const text = "Z0IAHpWoKA9oC/wCAAIA,aM48gA=="
	if got := payload.FormatSets(append(payload.ParseSets(text), unit(slice, 9))); got != text {
		t.Errorf("written as %q", got)
	}
}

func FuzzDepacketizer(f *testing.F) {
	for _, packet := range packetsOf(100, key()) {
		f.Add(packet.Payload, packet.Payload, packet.SequenceNumber, packet.Marker)
	}
	f.Fuzz(func(t *testing.T, first, second []byte, number uint16, marker bool) {
		var d payload.Depacketizer
		for i, each := range [][]byte{first, second, first} {
			packet := &rtp.Packet{Header: rtp.Header{SequenceNumber: number + uint16(i), Marker: marker}, Payload: each}
			d.Put(packet, func(picture payload.Picture) {
				for _, unit := range picture.Units {
					if len(unit) == 0 {
						t.Error("a unit is empty")
					}
				}
			})
		}
	})
}

// FuzzPacketizer wants back what was put in, whatever the sizes.
func FuzzPacketizer(f *testing.F) {
	f.Add([]byte{0x67, 1, 2}, []byte{0x68, 3}, []byte{0x65, 1, 2, 3, 4, 5}, 4)
	f.Fuzz(func(t *testing.T, a, b, c []byte, size int) {
		units := [][]byte{a, b, c}
		for _, each := range units {
			if kind := payload.TypeOf(each); kind == 0 || kind > 23 {
				t.Skip()
			}
		}
		if size > 1<<15 || size < 0 {
			t.Skip()
		}
		var d payload.Depacketizer
		if got := put(&d, packetsOf(size, units)); len(got) != 1 || !same(got[0], units) {
			t.Errorf("%d pictures come", len(got))
		}
	})
}
