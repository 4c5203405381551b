package repair

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

func packet(t *testing.T, number uint16) []byte {
	t.Helper()
	sent := rtp.Packet{
		Header: rtp.Header{
			Version: 2, Marker: true, PayloadType: 96, SequenceNumber: number, Timestamp: 1234, SSRC: 7,
		},
		Payload: []byte{byte(number), 1, 2, 3},
	}
	text, err := sent.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// resend gives what is sent again for numbers.
func resend(t *testing.T, r *Resender, now time.Time, numbers ...uint16) [][]byte {
	t.Helper()
	var sent [][]byte
	err := r.Resend(rtcp.NackPairsFromSequenceNumbers(numbers), 0, now, func(packet []byte) error {
		sent = append(sent, bytes.Clone(packet))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sent
}

func TestResendsAsItWas(t *testing.T) {
	t.Parallel()
	r, now := NewResender(16), time.Now()
	r.Keep(packet(t, 1)) // nobody may ask yet
	r.Agree(true, nil)
	for number := uint16(65530); number != 10; number++ {
		r.Keep(packet(t, number))
	}
	sent := resend(t, r, now, 65529, 65530, 2, 9, 10)
	want := [][]byte{packet(t, 65530), packet(t, 2), packet(t, 9)}
	if !slices.EqualFunc(sent, want, bytes.Equal) {
		t.Errorf("sent %x, want %x", sent, want)
	}
	r.Keep(packet(t, 10))
	if again := resend(t, r, now, 65530, 10); len(again) != 1 || !bytes.Equal(again[0], packet(t, 10)) {
		t.Errorf("the oldest is still there: %x", again)
	}
	r.Agree(false, nil)
	if again := resend(t, r, now.Add(time.Second), 10); again != nil {
		t.Errorf("%x was sent though nobody may ask", again)
	}
}

// TestLargePacketsAreNotKept: what is sent to a party of single units may be as large as a datagram; hundreds of these
// would take the memory.
func TestLargePacketsAreNotKept(t *testing.T) {
	t.Parallel()
	r, now := NewResender(16), time.Now()
	r.Agree(true, nil)
	large, larger := append(packet(t, 1), make([]byte, 5000)...), append(packet(t, 2), make([]byte, 60_000)...)
	for _, sent := range [][]byte{large, larger} {
		r.Keep(sent)
	}
	if sent := resend(t, r, now, 1, 2); len(sent) != 1 || !bytes.Equal(sent[0], large) {
		t.Errorf("%d packets are sent again", len(sent))
	}
}

// TestResendsInAStreamOfItsOwn wraps packets as RFC 4588 has it, and unwraps them.
func TestResendsInAStreamOfItsOwn(t *testing.T) {
	t.Parallel()
	r := NewResender(16)
	r.Agree(true, map[uint8]uint8{96: 97})
	r.Keep(packet(t, 300))
	r.Keep(packet(t, 301))
	sent := resend(t, r, time.Now(), 300, 301)
	if len(sent) != 2 {
		t.Fatalf("sent %x", sent)
	}
	for i, text := range sent {
		var got, want rtp.Packet
		if err := errors.Join(got.Unmarshal(text), want.Unmarshal(packet(t, uint16(300+i)))); err != nil {
			t.Fatal(err)
		}
		if got.SSRC != r.SSRC() || got.PayloadType != 97 || got.SequenceNumber != r.sequence-2+uint16(i) {
			t.Errorf("header %v", got.Header)
		}
		if !Unwrap(&got, 96) || got.SequenceNumber != want.SequenceNumber || got.PayloadType != 96 ||
			got.Timestamp != want.Timestamp || !got.Marker || !bytes.Equal(got.Payload, want.Payload) {
			t.Errorf("unwrapped %v, want %v", got, want)
		}
	}
	if Unwrap(&rtp.Packet{Payload: []byte{1, 2}}, 96) {
		t.Error("a probe has content")
	}
}

// TestResendsFewTimes bounds what a party can make us send.
func TestResendsFewTimes(t *testing.T) {
	t.Parallel()
	r, now := NewResender(16), time.Now()
	r.Agree(true, nil)
	r.Keep(packet(t, 5))
	total := len(resend(t, r, now, 5, 5)) // twice in one report counts once
	if total != 1 {
		t.Fatalf("sent %d times", total)
	}
	for i := range 100 {
		total += len(resend(t, r, now.Add(time.Duration(i)*minPause), 5))
	}
	if total != maxTries {
		t.Errorf("sent %d times", total)
	}
	failed := errors.New("no way")
	r.Keep(packet(t, 6))
	err := r.Resend([]rtcp.NackPair{{PacketID: 6}}, 0, now, func([]byte) error { return failed })
	if !errors.Is(err, failed) {
		t.Errorf("error %v", err)
	}
}

// asked lists what a Requester asks for.
func asked(pairs []rtcp.NackPair) []uint16 {
	var numbers []uint16
	for _, pair := range pairs {
		numbers = append(numbers, pair.PacketList()...)
	}
	return numbers
}

func TestRequester(t *testing.T) {
	t.Parallel()
	start := time.Now()
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	const trip = 40 * time.Millisecond
	r := &Requester{}
	for _, step := range []struct {
		ms     int
		ssrc   uint32
		number uint16
		want   []uint16
	}{
		{0, 1, 65534, nil},
		{1, 1, 65535, nil},
		{2, 1, 3, []uint16{0, 1, 2}}, // a gap over the end of the count
		{3, 1, 1, nil},               // came late, or was sent again
		{30, 1, 4, nil},              // the answer may still be on its way
		{53, 1, 5, []uint16{0, 2}},   // it is not
		{60, 1, 2, nil},
		{60, 1, 2, nil}, // twice
		{200, 1, 7, []uint16{0, 6}},
		{1500, 1, 8, nil},   // too late to be of use
		{1501, 1, 200, nil}, // a gap too large
		{1502, 2, 300, nil}, // another source
		{1503, 2, 302, []uint16{301}},
	} {
		if got := asked(r.Take(step.ssrc, step.number, trip, at(step.ms))); !slices.Equal(got, step.want) {
			t.Errorf("at %d ms, %d: asks for %d, want %d", step.ms, step.number, got, step.want)
		}
	}
	if r.Found(1, 301) || !r.Found(2, 301) || r.Found(2, 301) {
		t.Error("what was missing is not known")
	}
}

// TestRequesterGivesUp asks only so often, and for so many.
func TestRequesterGivesUp(t *testing.T) {
	t.Parallel()
	r, now, count := &Requester{}, time.Now(), 0
	r.Take(1, 0, 0, now)
	for i := range 400 {
		now = now.Add(2 * time.Millisecond)
		for _, number := range asked(r.Take(1, uint16(i+2), time.Millisecond, now)) {
			if number != 1 {
				t.Fatalf("asks for %d", number)
			}
			count++
		}
	}
	if count != maxAsked {
		t.Errorf("asked %d times", count)
	}
	for i := range uint16(1000) {
		r.Take(1, 402+2*i, time.Hour, now)
		if len(r.missing) > maxMissing {
			t.Fatalf("%d are waited for", len(r.missing))
		}
	}
}

func FuzzRepair(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 0, 1, 0, 9}, packetOf(97, []byte{0, 9, 1}))
	f.Fuzz(func(t *testing.T, numbers, text []byte) {
		r, q, now := NewResender(8), &Requester{}, time.Now()
		r.Agree(true, map[uint8]uint8{96: 97})
		r.Keep(text)
		for i := 0; i+3 < len(numbers); i += 4 {
			pair := rtcp.NackPair{
				PacketID:    uint16(numbers[i])<<8 | uint16(numbers[i+1]),
				LostPackets: rtcp.PacketBitmap(uint16(numbers[i+2])<<8 | uint16(numbers[i+3])),
			}
			_ = r.Resend([]rtcp.NackPair{pair}, 0, now, func(packet []byte) error {
				if len(packet) > len(text)+retransmissionHeader {
					t.Errorf("%d octets were made of %d", len(packet), len(text))
				}
				return nil
			})
			q.Take(1, pair.PacketID, 0, now)
		}
		var packet rtp.Packet
		if packet.Unmarshal(text) == nil {
			Unwrap(&packet, 96)
		}
	})
}

func packetOf(payloadType uint8, payload []byte) []byte {
	text, _ := (&rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: payloadType}, Payload: payload}).Marshal()
	return text
}
