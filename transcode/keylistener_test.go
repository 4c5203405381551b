package transcode

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode/dtmf"
)

// toneFormats are those in which keys may go as tones.
func toneFormats() map[string]Format {
	return map[string]Format{
		"PCMU": {Codec: Codec{"PCMU", 8000, 1}, PayloadType: 0},
		"PCMA": {Codec: Codec{"PCMA", 8000, 1}, PayloadType: 8},
		"G722": {Codec: Codec{"G722", 8000, 1}, PayloadType: 9},
		"opus": {Codec: Codec{"opus", 48000, 2}, PayloadType: 111},
	}
}

// counted counts what gets through.
type counted struct{ packets, sounding int }

func (c *counted) WriteRTP(packet *rtp.Packet) error {
	c.packets++
	if len(packet.Payload) > 0 {
		c.sounding++
	}
	return nil
}

// TestKeysAsTones: what one end plays as tones the other hears as keys, each once, and hardly passes on.
func TestKeysAsTones(t *testing.T) {
	t.Parallel()
	const keys = "0123456789*#ABCD1155"
	for name, format := range toneFormats() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var heard []byte
			through := &counted{}
			listener := NewKeyListener([]Format{format}, through, func(key dtmf.Key) {
				heard = append(heard, key.Digit)
				shortest := 50 * time.Millisecond
				if name == "G722" { // its decoder takes a while to follow a new encoder
					shortest = 20 * time.Millisecond
				}
				if key.Duration < shortest || key.Duration > 110*time.Millisecond {
					t.Errorf("%c lasted %v", key.Digit, key.Duration)
				}
			})
			packet := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: format.PayloadType, SSRC: 7}}
			for i := range keys {
				tone, err := newKeyTone(dtmf.Key{Digit: keys[i]}, format)
				if err != nil {
					t.Fatal(err)
				}
				for made, ok := tone.next(); ok; made, ok = tone.next() {
					packet.SequenceNumber++
					packet.Payload, packet.Marker = made.payload, made.marker
					if err := listener.WriteRTP(&packet); err != nil {
						t.Fatal(err)
					}
					if len(made.payload) > 0 && i%3 == 0 { // it may come twice
						packet.Payload = made.payload
						_ = listener.WriteRTP(&packet)
						through.packets--
						through.sounding--
					}
				}
			}
			if string(heard) != keys {
				t.Errorf("it heard %q", heard)
			}
			// Of each key one packet may sound, and the silence after it.
			if most := len(keys) * (1 + int((keyLead+keySilence)/keyFrame)); through.sounding > most {
				t.Errorf("%d of %d packets get through, at most %d may", through.sounding, through.packets, most)
			}
		})
	}
}

// TestKeyListenerPassesOn: what it cannot decode and what is no key goes on as it is.
func TestKeyListenerPassesOn(t *testing.T) {
	t.Parallel()
	through := &counted{}
	listener := NewKeyListener([]Format{
		{Codec: Codec{"G729", 8000, 1}, PayloadType: 18}, {Codec: Codec{"opus", 48000, 2}, PayloadType: 111},
	}, through, func(key dtmf.Key) { t.Errorf("it heard %c", key.Digit) })
	for sequence, packet := range []rtp.Packet{
		{Header: rtp.Header{PayloadType: 18}, Payload: []byte{1, 2, 3}},
		{Header: rtp.Header{PayloadType: 111}, Payload: []byte{0xff, 0xff, 0xff}}, // no Opus
		{Header: rtp.Header{PayloadType: 96}, Payload: []byte{1}},
	} {
		packet.SequenceNumber = uint16(sequence)
		if err := listener.WriteRTP(&packet); err != nil {
			t.Fatal(err)
		}
	}
	if through.sounding != 3 {
		t.Errorf("%d of 3 get through", through.sounding)
	}
}

// FuzzKeyListener holds that every packet goes on, with its payload or none, and that only keys are told.
func FuzzKeyListener(f *testing.F) {
	seeds(f)
	formats := []Format{pcmu(0), pcma(8), opus48(111, ""), wide722(9), fullRate(3), speexAt(8000), speexAt(16000)}
	f.Fuzz(func(t *testing.T, data []byte) {
		packets, passed := 0, 0
		var given []byte
		dst := PacketWriterFunc(func(packet *rtp.Packet) error {
			passed++
			if packet.Payload != nil && string(packet.Payload) != string(given) {
				t.Fatal("the payload was changed")
			}
			return nil
		})
		listener := NewKeyListener(formats, dst, func(key dtmf.Key) {
			if _, ok := dtmf.Event(key.Digit); !ok || key.Duration <= 0 || key.Duration > dtmf.MaxDuration {
				t.Fatalf("it heard %+v", key)
			}
		})
		var packet rtp.Packet
		for rest, ok := chaos(data, &packet); ok; rest, ok = chaos(rest, &packet) {
			packets, given = packets+1, packet.Payload
			if err := listener.WriteRTP(&packet); err != nil {
				t.Fatal(err)
			}
		}
		if passed != packets {
			t.Fatalf("%d of %d packets pass", passed, packets)
		}
	})
}
