package red

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pion/rtp"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		payload string
		want    string // offset:payload type:data of each block; empty for malformed
	}{
		"no copy":                    {"\x6fabc", "0:111:abc"},
		"one copy":                   {"\xef\x0f\x00\x02\x6fabcd", "960:111:ab 0:111:cd"},
		"two copies":                 {"\xef\x1e\x00\x01\xef\x0f\x00\x02\x6fabbc", "1920:111:a 960:111:bb 0:111:c"},
		"the largest offset":         {"\xef\xff\xfc\x01\x00ab", "16383:111:a 0:0:b"},
		"an empty copy":              {"\xef\x0f\x00\x00\x6fa", "960:111: 0:111:a"},
		"nothing of its own":         {"\xef\x0f\x00\x01\x6fa", "960:111:a 0:111:"},
		"empty":                      {"", ""},
		"header of a copy cut":       {"\xef\x0f\x00", ""},
		"last header missing":        {"\xef\x0f\x00\x01", ""},
		"copy longer than the whole": {"\xef\x0f\x00\x05\x6fabcd", ""},
		"too many blocks":            {strings.Repeat("\xef\x0f\x00\x00", 9) + "\x6fa", ""},
	}
	for name, test := range tests {
		var room [maxBlocks]block
		blocks, err := split([]byte(test.payload), &room)
		if (err != nil) != (test.want == "") || err != nil && !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
		var got []string
		for _, b := range blocks {
			got = append(got, fmt.Sprintf("%d:%d:%s", b.offset, b.payloadType, b.data))
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// opus makes packet number of a stream whose payloads say which they are.
func opus(number uint16) *rtp.Packet {
	return &rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: 63, SequenceNumber: number, Timestamp: uint32(number) * 960, SSRC: 7},
		Payload: fmt.Appendf(nil, "p%d", number),
	}
}

// stream makes the packets of a party that repeats so many payloads.
func stream(first uint16, count, copies int) []*rtp.Packet {
	var s Sender
	var packets []*rtp.Packet
	for i := range count {
		packet := opus(first + uint16(i))
		packet.Timestamp = uint32(i+1) * 960
		packet.Payload = bytes.Clone(s.Pack(111, packet.SequenceNumber, packet.Timestamp, packet.Payload, copies))
		packets = append(packets, packet)
	}
	return packets
}

func TestLostPacketsComeBack(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		first  uint16
		copies int
		order  []int // of the stream's packets, as they arrive
		want   []int
	}{
		"nothing lost":              {10, 1, []int{0, 1, 2, 3}, []int{0, 1, 2, 3}},
		"one lost":                  {10, 1, []int{0, 2, 3}, []int{0, 1, 2, 3}},
		"two lost, one copy":        {10, 1, []int{0, 3, 4}, []int{0, 2, 3, 4}},
		"two lost, two copies":      {10, 2, []int{0, 3, 4}, []int{0, 1, 2, 3, 4}},
		"every second, over a wrap": {65533, 1, []int{0, 2, 4, 6}, []int{0, 1, 2, 3, 4, 5, 6}},
		"late, not lost":            {10, 1, []int{0, 2, 1, 3}, []int{0, 1, 2, 1, 3}},
		"twice":                     {10, 2, []int{0, 1, 1, 2}, []int{0, 1, 1, 2}},
		"the first one heard":       {10, 1, []int{2, 3}, []int{1, 2, 3}},
		"no copies":                 {10, 0, []int{0, 2}, []int{0, 2}},
	}
	for name, test := range tests {
		packets := stream(test.first, 8, test.copies)
		r := NewReceiver(110)
		var got []string
		for _, i := range test.order {
			given, err := r.Receive(packets[i])
			if err != nil {
				t.Fatal(err)
			}
			for _, packet := range given {
				place := uint32(packet.SequenceNumber-test.first) + 1
				if packet.Timestamp != place*960 || packet.PayloadType != 111 || packet.SSRC != 7 {
					t.Errorf("%s: %+v", name, packet.Header)
				}
				got = append(got, fmt.Sprint(packet.SequenceNumber-test.first, string(packet.Payload)))
			}
		}
		var want []string
		for _, i := range test.want {
			number := test.first + uint16(i)
			want = append(want, fmt.Sprint(i, fmt.Sprintf("p%d", number)))
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// TestHeardOutside mixes packets with and without copies.
func TestHeardOutside(t *testing.T) {
	t.Parallel()
	r, packets := NewReceiver(), stream(10, 4, 2)
	r.Heard(opus(10))
	r.Heard(opus(11))
	given, err := r.Receive(packets[2])
	if err != nil || len(given) != 1 || given[0].SequenceNumber != 12 {
		t.Errorf("%v, %v", given, err)
	}
	other := stream(500, 3, 2)[2] // of another source, whose packets before were not heard
	other.SSRC = 8
	if given, err = r.Receive(other); err != nil || len(given) != 3 {
		t.Errorf("of another source: %v, %v", given, err)
	}
}

// TestContradiction: a copy that has the timestamp of a packet that was heard is none of the lost one before.
func TestContradiction(t *testing.T) {
	t.Parallel()
	r := NewReceiver()
	r.Heard(opus(10))
	packet := opus(12)
	packet.Payload = []byte("\xef\x1e\x00\x03\x6fp10p12") // says that it repeats the packet two before
	given, err := r.Receive(packet)
	if err != nil || len(given) != 1 || string(given[0].Payload) != "p12" {
		t.Errorf("%v, %v", given, err)
	}
}

// TestEvents: of telephone-events each payload repeats the keys before (RFC 4733 section 2.5.1.4).
func TestEvents(t *testing.T) {
	t.Parallel()
	r := NewReceiver(101)
	packet := opus(10)
	packet.Timestamp = 8000
	packet.Marker = true
	packet.Payload = []byte("\xe5\x3e\x80\x04\x65\x01\x8a\x03\x20\x02\x0a\x00\xa0")
	given, err := r.Receive(packet)
	if err != nil || len(given) != 2 {
		t.Fatalf("%v, %v", given, err)
	}
	before, own := given[0], given[1]
	if before.Timestamp != 4000 || before.SequenceNumber != 10 || before.Payload[0] != 1 || before.Marker {
		t.Errorf("the key before: %+v %v", before.Header, before.Payload)
	}
	if own.Timestamp != 8000 || own.Payload[0] != 2 || !own.Marker {
		t.Errorf("the key: %+v %v", own.Header, own.Payload)
	}
}

func TestPack(t *testing.T) {
	t.Parallel()
	type step struct {
		number    uint16
		timestamp uint32
		size      int
		want      int // copies
	}
	tests := map[string][]step{
		"in a row":             {{1, 960, 50, 0}, {2, 1920, 50, 1}, {3, 2880, 50, 2}, {4, 3840, 50, 2}},
		"after a hole":         {{1, 960, 50, 0}, {3, 2880, 50, 0}, {4, 3840, 50, 1}},
		"after a silence":      {{1, 960, 50, 0}, {2, 960 + 16384, 50, 0}, {3, 1920 + 16384, 50, 1}},
		"too large":            {{1, 960, 700, 0}, {2, 1920, 700, 0}, {3, 2880, 100, 1}},
		"too long for a field": {{1, 960, 1024, 0}, {2, 1920, 50, 0}},
		"a late one between":   {{1, 960, 50, 0}, {3, 2880, 50, 0}, {2, 1920, 50, 0}, {4, 3840, 50, 1}},
		"numbers jump":         {{1, 960, 50, 0}, {30000, 1920, 50, 0}, {30001, 2880, 50, 1}},
	}
	for name, steps := range tests {
		var s Sender
		for i, step := range steps {
			payload := bytes.Repeat([]byte{byte(step.number)}, step.size)
			var room [maxBlocks]block
			blocks, err := split(s.Pack(111, step.number, step.timestamp, payload, 2), &room)
			if err != nil || len(blocks)-1 != step.want {
				t.Errorf("%s, step %d: %d copies, want %d; %v", name, i, len(blocks)-1, step.want, err)
			}
			if own := blocks[len(blocks)-1]; !bytes.Equal(own.data, payload) || own.payloadType != 111 {
				t.Errorf("%s, step %d: its own payload is %v", name, i, own)
			}
		}
	}
}

func TestAllocations(t *testing.T) {
	var s Sender
	r := NewReceiver(110)
	packet, payload := opus(1), bytes.Repeat([]byte{1}, 60)
	for range 2 { // the first run makes the room for the copies
		if n := testing.AllocsPerRun(100, func() {
			packet.SequenceNumber += 2
			packet.Timestamp += 1920
			s.Pack(111, packet.SequenceNumber-1, packet.Timestamp-960, payload, 2)
			packet.Payload = s.Pack(111, packet.SequenceNumber, packet.Timestamp, payload, 2)
			if _, err := r.Receive(packet); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%v allocations a packet", n)
		}
	}
}

// FuzzReceiver holds that copies are of packets before the one that carries them, and no more comes out than went in.
func FuzzReceiver(f *testing.F) {
	f.Add([]byte("\xef\x0f\x00\x02\x6fabcd"), uint16(2), uint32(1920))
	f.Add([]byte("\xe5\x3e\x80\x04\x65\x01\x8a\x03\x20\x02\x0a\x00\xa0"), uint16(1), uint32(0))
	f.Fuzz(func(t *testing.T, payload []byte, step uint16, time uint32) {
		r := NewReceiver(101)
		packet := opus(1)
		for range 4 {
			packet.Payload = payload
			packet.SequenceNumber += step
			packet.Timestamp += time
			given, err := r.Receive(packet)
			if err != nil {
				if !errors.Is(err, ErrMalformed) {
					t.Fatal(err)
				}
				return
			}
			size := 0
			for i, one := range given {
				size += len(one.Payload)
				if i < len(given)-1 && one.PayloadType != 101 && int16(packet.SequenceNumber-one.SequenceNumber) <= 0 {
					t.Fatalf("copy %d has number %d, the packet %d", i, one.SequenceNumber, packet.SequenceNumber)
				}
			}
			if size > len(payload) || len(given) == 0 {
				t.Fatalf("%d packets of %d bytes out of %d", len(given), size, len(payload))
			}
		}
	})
}
