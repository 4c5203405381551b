package h264

import (
	"bytes"
	"slices"
	"testing"

	"github.com/pion/rtp"

	"sipbridge/transcode/fragment"
	"sipbridge/transcode/h264/payload"
)

// unit is a NAL unit of a type and size.
func unit(kind byte, size int) []byte {
	made := make([]byte, size)
	for i := range made {
		made[i] = byte(i*7) | 1
	}
	made[0] = 0x60 | kind
	return made
}

// TestReader cuts what is too large, so that the same pictures come out, in packets that are small enough.
func TestReader(t *testing.T) {
	t.Parallel()
	const most = 1200
	aggregate := []byte{0x78}
	for _, part := range [][]byte{unit(7, 20), unit(8, 10), unit(5, 3000)} {
		aggregate = append(append(aggregate, byte(len(part)>>8), byte(len(part))), part...)
	}
	large := unit(5, 4000)
	first := append([]byte{0x7c, 0x85}, large[1:2000]...)
	last := append([]byte{0x7c, 0x45}, large[2000:]...)
	packets := [][]byte{aggregate, first, last, unit(1, 900), unit(1, 2500)}
	var before, after payload.Depacketizer
	var want, got [][]byte
	collect := func(to *[][]byte) func(payload.Picture) {
		return func(whole payload.Picture) { *to = append(*to, payload.Join(nil, whole.Units)) }
	}
	s, next := fragment.NewSplitter(most, &Reader{}), uint16(65534)
	for i, content := range packets {
		packet := &rtp.Packet{
			Header: rtp.Header{
				SequenceNumber: uint16(65534 + i), Timestamp: []uint32{0, 1, 1, 2, 3}[i], Marker: i != 1, SSRC: 1,
			},
			Payload: content,
		}
		before.Put(packet, collect(&want))
		err := s.Write(packet, func(sent *rtp.Packet) error {
			if sent.SequenceNumber != next || len(sent.Payload) > most {
				t.Errorf("packet %d of %d bytes, want %d", sent.SequenceNumber, len(sent.Payload), next)
			}
			next++
			after.Put(sent, collect(&got))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(want) != 4 || !slices.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("%d pictures, want %d", len(got), len(want))
	}
}

func FuzzReader(f *testing.F) {
	f.Add(append([]byte{0x78, 0, 2, 1, 1}, unit(5, 300)...), uint16(1))
	f.Add(append([]byte{0x7c, 0x85}, unit(5, 300)...), uint16(2))
	f.Add(unit(5, 300), uint16(3))
	f.Fuzz(func(t *testing.T, content []byte, number uint16) {
		s := fragment.NewSplitter(100, &Reader{})
		for i := range uint16(3) {
			packet := &rtp.Packet{Header: rtp.Header{SequenceNumber: number * i, SSRC: 1}, Payload: content}
			_ = s.Write(packet, func(sent *rtp.Packet) error {
				if len(sent.Payload) > 100 && !bytes.Equal(sent.Payload, content) {
					t.Errorf("%d bytes", len(sent.Payload))
				}
				return nil
			})
		}
	})
}
