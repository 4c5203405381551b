package h264

import (
	"slices"
	"testing"

	"github.com/pion/rtp"

	"sipbridge/transcode/h264/payload"
)

const told = "profile-level-id=42c01f;sprop-parameter-sets=Z0IACpZTBYmI,aMljiA=="

// TestInserter holds that the sets come once before each picture from which decoding can begin, if they are missing,
// and that the numbers have no hole.
func TestInserter(t *testing.T) {
	t.Parallel()
	sizes := map[int]int{payload.SequenceSet: 9, payload.PictureSet: 4}
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
				if size := len(packet.Payload); size == sizes[payload.TypeOf(packet.Payload)] && !packet.Marker {
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
			if inserted != 3*2*test.inserted { // a sequence and a picture parameter set
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
	if !slices.Equal(got, []uint16{10, 12, 13, 14, 11}) {
		t.Errorf("numbers %v", got)
	}
}

// TestInserterAfterManyPackets holds that the numbers of a stream without another picture to begin with have no hole.
func TestInserterAfterManyPackets(t *testing.T) {
	t.Parallel()
	inserter, next := NewInserter(told), uint16(100)
	send := func(packet *rtp.Packet) error {
		if packet.SequenceNumber != next {
			t.Fatalf("number %d, want %d", packet.SequenceNumber, next)
		}
		next++
		return nil
	}
	for count := range 70000 {
		content := []byte{0x41, 1}
		if count == 0 {
			content[0] = 0x65
		}
		packet := &rtp.Packet{Header: rtp.Header{SequenceNumber: 100 + uint16(count)}, Payload: content}
		if err := inserter.Write(packet, send); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNoInserter(t *testing.T) {
	t.Parallel()
	for _, parameters := range []string{
		"", "profile-level-id=42c01f", "sprop-parameter-sets=!", "sprop-parameter-sets=,",
		"sprop-parameter-sets=QQ==", // a slice
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
