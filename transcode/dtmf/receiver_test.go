package dtmf

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// arrival is a telephone-event packet and when it came.
type arrival struct {
	at        time.Duration
	timestamp uint32
	marker    bool
	event     event
}

func at(milliseconds int) time.Duration { return time.Duration(milliseconds) * time.Millisecond }

// listen gives the keys that a Receiver makes of packets; in the end the stream falls silent.
func listen(t *testing.T, clockRate uint32, arrivals []arrival) []Key {
	t.Helper()
	var keys []Key
	r := NewReceiver(clockRate, func(key Key) { keys = append(keys, key) })
	start := time.Now()
	now := start
	for _, a := range arrivals {
		now = start.Add(a.at)
		payload := a.event.marshal()
		if err := r.Receive(a.timestamp, a.marker, payload[:], now); err != nil {
			t.Fatal(err)
		}
	}
	r.Expire(now.Add(time.Second))
	r.Flush()
	return keys
}

// press makes the packets of a key that is sent in the usual way at 8 kHz.
func press(digit byte, start time.Duration, timestamp uint32, milliseconds int) []arrival {
	s, err := NewSender(digit, at(milliseconds), 8000)
	if err != nil {
		panic(err)
	}
	var arrivals []arrival
	for {
		packet, ok := s.Next()
		if !ok {
			return arrivals
		}
		told, _ := parseEvent(packet.Payload[:])
		arrivals = append(arrivals, arrival{start, timestamp + packet.Offset, packet.Marker, told})
		start += Interval
	}
}

func without(arrivals []arrival, indexes ...int) []arrival {
	var kept []arrival
	for i, a := range arrivals {
		if !slices.Contains(indexes, i) {
			kept = append(kept, a)
		}
	}
	return kept
}

func TestReceiver(t *testing.T) {
	one := press('1', 0, 1000, 100) // 7 packets: 4 updates and 3 ends
	two := press('2', at(300), 3400, 100)
	end := event{code: 5, end: true, duration: 960}
	tests := map[string]struct {
		arrivals []arrival
		want     []Key
	}{
		"nothing":          {nil, nil},
		"a key":            {one, []Key{{'1', at(100)}}},
		"two keys":         {slices.Concat(one, two), []Key{{'1', at(100)}, {'2', at(100)}}},
		"same key twice":   {slices.Concat(one, press('1', at(300), 3400, 60)), []Key{{'1', at(100)}, {'1', at(60)}}},
		"all ends lost":    {without(one, 4, 5, 6), []Key{{'1', at(80)}}},
		"ends lost, next":  {slices.Concat(without(one, 4, 5, 6), two), []Key{{'1', at(80)}, {'2', at(100)}}},
		"beginning lost":   {without(one, 0, 1, 2, 3), []Key{{'1', at(100)}}},
		"only last end":    {without(one, 0, 1, 2, 3, 4, 5), []Key{{'1', at(100)}}},
		"all but one lost": {without(one, 0, 2, 3, 4, 5, 6), []Key{{'1', at(40)}}},
		"every packet thrice": {
			slices.Concat(one[:2], one[:2], one[:2], one[2:], one[2:], two, one[6:], two[6:]),
			[]Key{{'1', at(100)}, {'2', at(100)}},
		},
		"update after the end": {slices.Concat(one[:3], one[4:], one[3:4]), []Key{{'1', at(100)}}},
		"browser, 100 ms on the clock of Opus": {
			[]arrival{{0, 4800, true, end}, {at(1), 4800, true, end}, {at(2), 4800, true, end}},
			[]Key{{'5', at(120)}},
		},
		"browser, two such keys": {
			[]arrival{{0, 4800, true, end}, {at(1), 4800, true, end}, {at(170), 12960, true, end}, {at(171), 12960, true, end}},
			[]Key{{'5', at(120)}, {'5', at(120)}},
		},
		"timestamp stands still": {
			slices.Concat(one, press('1', at(1500), 1000, 60)),
			[]Key{{'1', at(100)}, {'1', at(60)}},
		},
		"end repeated for ever": {
			repeat(arrival{0, 1000, false, end}, 500, at(20)),
			[]Key{{'5', at(120)}},
		},
		"never ends": {
			repeat(arrival{0, 1000, false, event{code: 5, duration: 800}}, 500, at(20)),
			[]Key{{'5', at(100)}},
		},
		"not a key":   {[]arrival{{0, 1000, true, event{code: 16, end: true, duration: 800}}}, nil},
		"no duration": {[]arrival{{0, 1000, true, event{code: 11, end: true}}}, []Key{{'#', 0}}},
		"another key, same timestamp": {
			[]arrival{
				{0, 1000, true, event{code: 1, duration: 160}},
				{at(20), 1000, false, event{code: 2, end: true, duration: 320}},
			},
			[]Key{{'1', at(20)}},
		},
		"timestamps jump back": {
			slices.Concat(press('1', 0, 1<<31+5, 100), press('2', at(300), 5, 100)),
			[]Key{{'1', at(100)}, {'2', at(100)}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := listen(t, 8000, test.arrivals); !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func repeat(a arrival, count int, every time.Duration) []arrival {
	arrivals := make([]arrival, count)
	for i := range arrivals {
		arrivals[i] = a
		a.at += every
	}
	return arrivals
}

// TestReceiverSegments holds that a key longer than one segment is one key (RFC 4733 section 2.5.1.3).
// TestReceiverStall holds that a key is one key though its packets came late: the machine, not the finger, paused.
func TestReceiverStall(t *testing.T) {
	t.Parallel()
	arrivals := press('5', 0, 1000, 200)
	for i := len(arrivals) / 2; i < len(arrivals); i++ {
		arrivals[i].at += at(400)
	}
	if keys := listen(t, 8000, arrivals); len(keys) != 1 || keys[0].Digit != '5' {
		t.Errorf("heard %v", keys)
	}
}

func TestReceiverSegments(t *testing.T) {
	for _, duration := range []time.Duration{at(1360), at(1380), at(4000), MaxDuration} {
		s, err := NewSender('7', duration, 48000)
		if err != nil {
			t.Fatal(err)
		}
		var keys []Key
		r := NewReceiver(48000, func(key Key) { keys = append(keys, key) })
		now := time.Now()
		for packet, ok := s.Next(); ok; packet, ok = s.Next() {
			now = now.Add(Interval)
			if err := r.Receive(77+packet.Offset, packet.Marker, packet.Payload[:], now); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(keys, []Key{{'7', duration}}) {
			t.Errorf("%s: got %v", duration, keys)
		}
	}
}

// TestReceiverReportsInTime holds that an end is reported at once, and a missing end when the packets stop.
func TestReceiverReportsInTime(t *testing.T) {
	var keys []Key
	r := NewReceiver(8000, func(key Key) { keys = append(keys, key) })
	start := time.Now()
	for _, a := range press('9', 0, 50, 60) {
		payload := a.event.marshal()
		_ = r.Receive(a.timestamp, a.marker, payload[:], start.Add(a.at))
		if (len(keys) == 1) != (a.at >= at(40)) {
			t.Fatalf("at %s: %v", a.at, keys)
		}
	}
	payload := event{code: 3, duration: 160}.marshal()
	_ = r.Receive(5000, true, payload[:], start.Add(at(1000)))
	r.Expire(start.Add(at(1100)))
	if len(keys) != 1 {
		t.Fatalf("reported too early: %v", keys)
	}
	r.Expire(start.Add(at(1200)))
	if len(keys) != 2 {
		t.Fatalf("not reported: %v", keys)
	}
}

func TestReceiverShort(t *testing.T) {
	r := NewReceiver(8000, func(key Key) { t.Errorf("heard %v", key) })
	for n := range PayloadSize {
		if err := r.Receive(1, true, make([]byte, n), time.Now()); !errors.Is(err, ErrShort) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

// FuzzReceiver holds that no event is reported that did not begin, whatever comes.
func FuzzReceiver(f *testing.F) {
	f.Add([]byte{1, 0x0a, 0, 160, 0, 1, 1, 0x8a, 1, 64, 0, 0})
	f.Add([]byte{5, 0x8a, 3, 192, 9, 1, 5, 0x8a, 3, 192, 9, 1, 5, 0x0a, 255, 255, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, packets := 0, 0
		r := NewReceiver(8000, func(key Key) {
			keys++
			if _, ok := Event(key.Digit); !ok || key.Duration < 0 || key.Duration > time.Minute {
				t.Fatalf("heard %v", key)
			}
		})
		now := time.Now()
		for ; len(data) >= 6; data = data[6:] {
			packets++
			now = now.Add(time.Duration(data[4]) * time.Millisecond)
			_ = r.Receive(uint32(data[5])*0x3fff, data[5]&1 != 0, data[:4], now)
		}
		r.Flush()
		if keys > packets {
			t.Fatalf("%d keys in %d packets", keys, packets)
		}
	})
}

func ExampleReceiver() {
	r := NewReceiver(8000, func(key Key) { fmt.Printf("%c for %s\n", key.Digit, key.Duration) })
	_ = r.Receive(1600, true, []byte{11, 0x0a, 0, 160}, time.Now())
	_ = r.Receive(1600, false, []byte{11, 0x8a, 3, 32}, time.Now())
	_ = r.Receive(1600, false, []byte{11, 0x8a, 3, 32}, time.Now())
	// Output: # for 100ms
}
