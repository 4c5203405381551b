package h264

import (
	"testing"

	"github.com/pion/rtp"
)

const told = "profile-level-id=42c01f;sprop-parameter-sets=Z0IACpZTBYmI,aMljiA=="

// TestInserter holds that the sets come once before each picture from which decoding can begin, if they are missing,
// and that the numbers have no hole.
func TestInserter(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		payloads [][]byte // a packet each, each picture has one timestamp
		inserted int
	}{
		{"whole", [][]byte{{0x65, 1}, {0x41, 1}}, 1},
		{"fragments", [][]byte{{0x7c, 0x85, 1}, {0x7c, 0x05, 1}, {0x7c, 0x45, 1}}, 1},
		{"sets in band", [][]byte{{0x67, 1}, {0x68, 1}, {0x65, 1}}, 0},
		{"sets together", [][]byte{{0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 1}, {0x65, 1}}, 0},
		{"all together", [][]byte{{0x78, 0, 2, 0x06, 1, 0, 2, 0x65, 1}}, 1},
		{"no beginning", [][]byte{{0x41, 1}, {0x7c, 0x81, 1}, {}}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			inserter, next, inserted := NewInserter(told), uint16(65535), 0
			send := func(packet *rtp.Packet) error {
				if packet.SequenceNumber != next {
					t.Errorf("number %d, want %d", packet.SequenceNumber, next)
				}
				next++
				if len(packet.Payload) == 18 && packet.Payload[0] == 0x78 && packet.Payload[3] == 0x67 && !packet.Marker {
					inserted++
				}
				return nil
			}
			number := uint16(65535)
			for picture := range uint32(3) {
				for _, payload := range test.payloads {
					header := rtp.Header{SequenceNumber: number, Timestamp: picture, Marker: true}
					if err := inserter.Write(&rtp.Packet{Header: header, Payload: payload}, send); err != nil {
						t.Fatal(err)
					}
					number++
				}
			}
			if inserted != 3*test.inserted {
				t.Errorf("inserted %d times", inserted)
			}
		})
	}
}

// TestInserterKeepsLatePackets gives a packet that came late its own place.
func TestInserterKeepsLatePackets(t *testing.T) {
	t.Parallel()
	inserter := NewInserter(told)
	var got []uint16
	for _, number := range []uint16{10, 12, 11} {
		payload := []byte{0x41, 1}
		if number == 12 {
			payload[0] = 0x65
		}
		packet := &rtp.Packet{Header: rtp.Header{SequenceNumber: number, Timestamp: uint32(number)}, Payload: payload}
		if err := inserter.Write(packet, func(packet *rtp.Packet) error {
			got = append(got, packet.SequenceNumber)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if len(got) != 4 || got[0] != 10 || got[1] != 12 || got[2] != 13 || got[3] != 11 {
		t.Errorf("numbers %v", got)
	}
}

func TestNoInserter(t *testing.T) {
	t.Parallel()
	for _, parameters := range []string{
		"", "profile-level-id=42c01f", "sprop-parameter-sets=!", "sprop-parameter-sets=,",
	} {
		if NewInserter(parameters) != nil {
			t.Errorf("%q has parameter sets", parameters)
		}
	}
}

func FuzzLook(f *testing.F) {
	f.Add([]byte{0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 1})
	f.Fuzz(func(_ *testing.T, payload []byte) { look(payload) })
}
