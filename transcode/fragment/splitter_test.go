package fragment

import (
	"slices"
	"testing"

	"github.com/pion/rtp"
)

// pieces cuts into equal parts, whatever the payload is.
type pieces struct{}

func (pieces) Cut(content []byte, most int, keep func([]byte)) {
	for part := range slices.Chunk(content, most) {
		keep(part)
	}
}

// TestSplitterKeepsPlaces gives late packets the places that were left for them.
func TestSplitterKeepsPlaces(t *testing.T) {
	t.Parallel()
	s := NewSplitter(100, pieces{})
	var sent []uint16
	for _, step := range []struct {
		number uint16
		size   int
	}{
		{10, 50}, {11, 250}, {14, 50}, {13, 50}, {12, 50}, {13, 50}, {15, 250}, {17, 50}, {16, 250}, {18, 50},
	} {
		packet := &rtp.Packet{Header: rtp.Header{SequenceNumber: step.number, SSRC: 1}, Payload: make([]byte, step.size)}
		_ = s.Write(packet, func(packet *rtp.Packet) error {
			sent = append(sent, packet.SequenceNumber)
			return nil
		})
	}
	// 11 and 15 take three numbers; 13 came twice; 16 came late and has but one.
	if want := []uint16{10, 11, 12, 13, 16, 15, 14, 17, 18, 19, 21, 22}; !slices.Equal(sent, want) {
		t.Errorf("sent %d, want %d", sent, want)
	}
}

// TestSplitterIsBounded sends a packet that would become very many as it is, and none of those after it elsewhere.
func TestSplitterIsBounded(t *testing.T) {
	t.Parallel()
	s := NewSplitter(100, pieces{})
	var sizes []int
	var numbers []uint16
	for i, size := range []int{1600, 1601, 60_000, 150} {
		packet := &rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(i), SSRC: 1}, Payload: make([]byte, size)}
		_ = s.Write(packet, func(packet *rtp.Packet) error {
			sizes, numbers = append(sizes, len(packet.Payload)), append(numbers, packet.SequenceNumber)
			return nil
		})
	}
	if want := []int{1601, 60_000, 100, 50}; !slices.Equal(sizes[16:], want) || numbers[len(numbers)-1] != 19 {
		t.Errorf("sent %d as %d", sizes, numbers)
	}
}

// FuzzSplitter holds that no number is given twice, no part is too large, and what is cut comes whole.
func FuzzSplitter(f *testing.F) {
	f.Add([]byte{1, 50, 1, 250, 3, 50, 255, 50, 255, 50, 1, 50})
	f.Add([]byte{1, 10, 200, 255, 201, 1, 1, 255})
	f.Fuzz(func(t *testing.T, steps []byte) {
		s, number, given := NewSplitter(100, pieces{}), uint16(65500), map[uint16]bool{}
		const most = 400 // of which each takes less than 150 numbers: they do not come round
		for i := 0; i+1 < len(steps) && i < 2*most; i += 2 {
			number += uint16(int8(steps[i]))
			size, sum := int(steps[i+1])*8, 0
			packet := &rtp.Packet{Header: rtp.Header{SequenceNumber: number, SSRC: 1}, Payload: make([]byte, size)}
			_ = s.Write(packet, func(sent *rtp.Packet) error {
				if given[sent.SequenceNumber] {
					t.Errorf("%d is given twice", sent.SequenceNumber)
				}
				given[sent.SequenceNumber] = true
				if len(sent.Payload) > 100 && len(sent.Payload) != size {
					t.Errorf("a part of %d bytes", len(sent.Payload))
				}
				sum += len(sent.Payload)
				return nil
			})
			if sum != 0 && sum != size {
				t.Errorf("%d bytes of %d", sum, size)
			}
		}
	})
}
