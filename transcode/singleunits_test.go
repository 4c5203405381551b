package transcode

import (
	"bytes"
	"slices"
	"testing"

	"github.com/pion/rtp"

	"sipbridge/transcode/h264/payload"
)

const (
	fragmentsToo = "profile-level-id=42e01f;packetization-mode=1"
	singleOnly   = "profile-level-id=42801f"
)

// unitOf makes a NAL unit.
func unitOf(header byte, size int) []byte {
	return append([]byte{header}, bytes.Repeat([]byte{header}, size-1)...)
}

// packed gives the packets of pictures, each turned another way, as parties send them that take fragments.
func packed(pictures ...[][]byte) []*rtp.Packet {
	var packets []*rtp.Packet
	var packetizer payload.Packetizer
	for i, units := range pictures {
		packetizer.Packetize(units, func(content []byte, last bool) {
			packet := &rtp.Packet{Header: rtp.Header{
				SequenceNumber: 65530 + uint16(len(packets)), Timestamp: uint32(i) * 3000, Marker: last, SSRC: 7,
			}, Payload: bytes.Clone(content)}
			if last {
				_ = packet.SetExtension(orientationID, []byte{byte(i)})
			}
			packets = append(packets, packet)
		})
	}
	return packets
}

// unpacked sends packets to a receiver of single units alone, and gives what it gets.
func unpacked(t *testing.T, packets []*rtp.Packet) (got []*rtp.Packet, stats PipeStats) {
	t.Helper()
	to := videoFormat("H264", singleOnly)
	to.PayloadType = 99
	pipe, err := Connect([]Format{videoFormat("H264", fragmentsToo)}, to, PacketWriterFunc(func(packet *rtp.Packet) error {
		got = append(got, packet.Clone())
		return nil
	}), ConnectOptions{MaxPayload: 1200})
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	for _, packet := range packets {
		if err := pipe.WriteRTP(packet); err != nil {
			t.Fatal(err)
		}
	}
	return got, pipe.Stats()
}

// TestSingleUnits packs pictures anew for a receiver that knows neither fragments nor aggregates: every unit comes
// whole in a packet of its own, the last of a picture says so and how it is turned, and numbers have no hole, though
// packets came in another order.
func TestSingleUnits(t *testing.T) {
	t.Parallel()
	first := [][]byte{unitOf(0x67, 20), unitOf(0x68, 5), unitOf(0x65, 5000), unitOf(0x65, 300)}
	second := [][]byte{unitOf(0x41, 2000)}
	packets := packed(first, second)
	packets[2], packets[3] = packets[3], packets[2]
	got, _ := unpacked(t, packets)
	units := slices.Concat(first, second)
	if len(got) != len(units) {
		t.Fatalf("%d packets of %d units", len(got), len(units))
	}
	for i, packet := range got {
		ends := i == 3 || i == 4
		if !bytes.Equal(packet.Payload, units[i]) || packet.PayloadType != 99 || packet.Marker != ends ||
			packet.SequenceNumber != got[0].SequenceNumber+uint16(i) || packet.Timestamp != uint32(i/4)*3000 {
			t.Errorf("packet %d is %v", i, packet.Header)
		}
		if turned := packet.GetExtension(orientationID); (len(turned) == 1) != ends || ends && int(turned[0]) != i-3 {
			t.Errorf("packet %d is turned %x", i, turned)
		}
	}
}

// TestSingleUnitsOfLostPictures leaves out what is not whole, and a number for it; so it does with what no datagram
// carries.
func TestSingleUnitsOfLostPictures(t *testing.T) {
	t.Parallel()
	large := [][]byte{unitOf(0x41, 3*payload.MaxSingle)} // more packets than are waited for
	packets := packed([][]byte{unitOf(0x65, 3000)}, [][]byte{unitOf(0x41, 3000)}, large, [][]byte{unitOf(0x41, 9)})
	packets = slices.Delete(packets, 4, 5)
	for _, packet := range packets { // the numbers of a source that begins anew are no loss
		again := packet.Clone()
		again.SSRC, again.SequenceNumber = 8, again.SequenceNumber+1000
		packets = append(packets, again)
	}
	packets = append(packets, packed([][]byte{unitOf(0x65, 9)})...)
	got, stats := unpacked(t, packets)
	var sizes []int
	var numbers []uint16
	for _, packet := range got {
		sizes = append(sizes, len(packet.Payload))
		numbers = append(numbers, packet.SequenceNumber-got[0].SequenceNumber)
	}
	if want := []int{3000, 9, 3000, 9}; !slices.Equal(sizes[:4], want) {
		t.Errorf("units of %d bytes come, want %d", sizes, want)
	}
	if want := []uint16{0, 3, 5, 8}; !slices.Equal(numbers[:4], want) {
		t.Errorf("their numbers are %d, want %d", numbers, want)
	}
	if stats.DecodeErrors != 2 {
		t.Errorf("%d pictures fit into no datagram", stats.DecodeErrors)
	}
}

// TestSingleUnitsForAll sends what comes in single units as it is to a receiver that takes fragments, cut where its
// path carries less.
func TestSingleUnitsForAll(t *testing.T) {
	t.Parallel()
	var sizes []int
	pipe, err := Connect([]Format{videoFormat("H264", singleOnly)}, videoFormat("H264", fragmentsToo),
		PacketWriterFunc(func(packet *rtp.Packet) error {
			sizes = append(sizes, len(packet.Payload))
			return nil
		}), ConnectOptions{MaxPayload: 1200})
	if err != nil {
		t.Fatal(err)
	}
	for number, unit := range [][]byte{unitOf(0x67, 20), unitOf(0x68, 5), unitOf(0x65, 1900)} {
		packet := &rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(number)}, Payload: unit}
		if err := pipe.WriteRTP(packet); err != nil {
			t.Fatal(err)
		}
	}
	if want := []int{20, 5, 1200, 703}; !slices.Equal(sizes, want) {
		t.Errorf("packets of %d bytes, want %d", sizes, want)
	}
}

// TestRepacked offers beside a party's H.264 how it can be packed otherwise, unless the party has that itself.
func TestRepacked(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		formats []Format
		want    []Format
	}{
		"fragments": {
			[]Format{videoFormat("VP8", ""), videoFormat("H264", fragmentsToo+";max-fs=8160;sprop-parameter-sets=Z0IACg==")},
			[]Format{videoFormat("H264", "profile-level-id=42e01f;max-fs=8160")},
		},
		"single units": {
			[]Format{videoFormat("H264", singleOnly)},
			[]Format{videoFormat("H264", singleOnly+";packetization-mode=1")},
		},
		"both":     {[]Format{videoFormat("H264", singleOnly), videoFormat("H264", fragmentsToo)}, nil},
		"no H.264": {[]Format{videoFormat("VP8", "")}, nil},
	} {
		if got := Repacked(test.formats); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// FuzzSingleUnits holds that whatever comes leaves in single units, in the order of the numbers.
func FuzzSingleUnits(f *testing.F) {
	f.Add([]byte("\x00\x01\x01\x00\x50\x01\x00\x04\x65abc" + "\x00\x00\x01\x00\x50\x01\x00\x04\x7c\x85ab" +
		"\x00\x01\x01\x00\x00\x01\x00\x04\x7c\x45cd" + "\x00\x01\x01\x00\x50\x01\x00\x06\x78\x00\x03\x67ab"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var last uint16
		sent := false
		pipe, err := Connect([]Format{videoFormat("H264", fragmentsToo+";sprop-parameter-sets=Z0IACpZTBYmI,aMljiA==")},
			videoFormat("H264", singleOnly), PacketWriterFunc(func(packet *rtp.Packet) error {
				if kind := payload.TypeOf(packet.Payload); kind == 0 || kind > 23 {
					t.Fatalf("a packet of type %d", kind)
				}
				if sent && int16(packet.SequenceNumber-last) <= 0 {
					t.Fatalf("number %d after %d", packet.SequenceNumber, last)
				}
				last, sent = packet.SequenceNumber, true
				return nil
			}), ConnectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer pipe.Close()
		packet := &rtp.Packet{}
		for rest, ok := chaos(data, packet); ok; rest, ok = chaos(rest, packet) {
			packet.PayloadType = 0
			if err := pipe.WriteRTP(packet); err != nil {
				t.Fatal(err)
			}
		}
	})
}
