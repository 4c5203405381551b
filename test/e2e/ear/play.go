package ear

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"

	"github.com/pion/rtp"

	"sipbridge/test/e2e/tone"
)

const frame = 160 // samples of 20 ms

// player is the state of the outgoing stream; it belongs to the goroutine of play.
type player struct {
	header  rtp.Header
	payload []byte // one second of the tone, coded
	at      int    // of the next sample in payload

	key     press
	keyFor  time.Duration // how long the key has been down
	ends    int           // end packets still to send
	pause   int           // ticks until the next key may start
	pressed bool
}

func (e *Ear) play(samples []int16) {
	defer e.running.Done()
	p := &player{header: rtp.Header{
		Version: 2, Marker: true, SSRC: rand.Uint32(), SequenceNumber: uint16(rand.Uint32()), Timestamp: rand.Uint32(),
	}}
	for _, sample := range samples {
		if e.codec == PCMA {
			p.payload = append(p.payload, tone.ALaw(sample))
		} else {
			p.payload = append(p.payload, tone.MuLaw(sample))
		}
	}
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-e.done:
			return
		case <-ticker.C:
			e.tick(p)
		}
	}
}

// tick sends what the next 20 ms are: a key's packet, or sound, or nothing.
func (e *Ear) tick(p *player) {
	e.mu.Lock()
	remote, muted, payloadType := e.remote, e.muted, e.payload
	e.mu.Unlock()
	if !remote.IsValid() {
		return
	}
	if !p.pressed && p.pause == 0 {
		select {
		case p.key = <-e.keys:
			p.pressed, p.keyFor, p.ends = true, 0, 3
		default:
		}
	}
	if p.pressed {
		e.sendKey(p, remote)
		return
	}
	p.pause = max(0, p.pause-1)
	payload := p.payload[p.at : p.at+frame]
	p.at = (p.at + frame) % len(p.payload)
	if !muted {
		p.header.PayloadType = payloadType
		e.send(p, remote, payload)
	}
	p.header.Timestamp += frame
}

func (e *Ear) sendKey(p *player, remote netip.AddrPort) {
	p.header.PayloadType = TelephoneEvent
	p.header.Marker = p.keyFor == 0
	ended := p.keyFor+20*time.Millisecond >= p.key.length
	if !ended || p.ends == 3 {
		p.keyFor += 20 * time.Millisecond
	}
	units := uint16(p.key.length.Milliseconds() * 8)
	flags := byte(10) // volume
	if ended {
		flags |= 0x80
		p.ends--
	} else {
		units = uint16(p.keyFor.Milliseconds() * 8)
	}
	event := byte(strings.IndexByte(digits, p.key.digit))
	e.send(p, remote, []byte{event, flags, byte(units >> 8), byte(units)})
	if p.ends == 0 {
		p.pressed, p.pause = false, 3
		p.header.Timestamp += uint32(p.key.length.Milliseconds()*8) + 2*frame
	}
}

func (e *Ear) send(p *player, remote netip.AddrPort, payload []byte) {
	packet := rtp.Packet{Header: p.header, Payload: payload}
	octets, err := packet.Marshal()
	if err != nil {
		e.keepOdd(err.Error())
		return
	}
	_, _ = e.conn.WriteToUDPAddrPort(octets, remote) // a far end that is gone is no fault of ours
	p.header.SequenceNumber++
	p.header.Marker = false
}
