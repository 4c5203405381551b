// Package ear is the RTP end of a phone whose signalling sipp plays: it hears G.711 and keys, and plays a tone
// and presses keys. It measures what sipp cannot: the sound itself, and each key's digit and length.
package ear

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/rtp"

	"sipbridge/test/e2e/tone"
)

// Payload types of the ear.
const (
	PCMU           = 0
	PCMA           = 8
	TelephoneEvent = 101
)

// Key is a key heard by RFC 4733.
type Key struct {
	// Digit is one of 0-9*#A-D.
	Digit byte
	// Duration is what the key's last packet says, at 8 kHz.
	Duration time.Duration
	// Ended says whether a packet with the end bit came.
	Ended bool
}

// Ear is one RTP session. It plays from the moment it knows where to.
type Ear struct {
	// Port is the RTP port, even; RTCP is on the next.
	Port int
	// Host is where it listens.
	Host netip.Addr

	codec   uint8 // its static payload type
	conn    *net.UDPConn
	control *net.UDPConn
	done    chan struct{}
	running sync.WaitGroup
	keys    chan press

	mu      sync.Mutex
	payload uint8          // guarded by mu; the codec's payload type on the wire
	remote  netip.AddrPort // guarded by mu; where to play to
	muted   bool           // guarded by mu
	samples []int16        // guarded by mu; heard, the last ten seconds
	heard   []Key          // guarded by mu
	eventAt uint32         // guarded by mu; timestamp of the newest key
	packets int            // guarded by mu; of sound
	reports int            // guarded by mu; RTCP packets
	ssrcs   map[uint32]int // guarded by mu; packets of each source
	lastTS  uint32         // guarded by mu
	odd     []string       // guarded by mu; what should not have come
	loudAt  time.Time      // guarded by mu; when the last packet came that is not silence
	gap     time.Duration  // guarded by mu; the longest time without one
}

type press struct {
	digit  byte
	length time.Duration
}

const rate = 8000

// Open opens an ear for PCMU or PCMA that plays a tone.
func Open(payload uint8, toneHz int) (*Ear, error) {
	return OpenAt(netip.AddrFrom4([4]byte{127, 0, 0, 1}), payload, toneHz)
}

// OpenAt does that at another address of this machine.
func OpenAt(host netip.Addr, payload uint8, toneHz int) (*Ear, error) {
	conn, control, err := listenPair(host)
	if err != nil {
		return nil, err
	}
	e := &Ear{
		Port: conn.LocalAddr().(*net.UDPAddr).Port, //nolint:errcheck // ListenUDP gives a UDPAddr
		Host: host, conn: conn, control: control, codec: payload, payload: payload,
		done: make(chan struct{}), keys: make(chan press, 64), ssrcs: map[uint32]int{},
	}
	e.running.Add(3)
	go e.listen()
	go e.countReports()
	go e.play(tone.Sine(float64(toneHz), rate, 1))
	return e, nil
}

func listenPair(host netip.Addr) (conn, control *net.UDPConn, err error) {
	for range 100 {
		conn, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(host, 0)))
		if err != nil {
			return nil, nil, fmt.Errorf("ear: %w", err)
		}
		port := conn.LocalAddr().(*net.UDPAddr).Port //nolint:errcheck // ListenUDP gives a UDPAddr
		if port%2 == 0 {
			beside := netip.AddrPortFrom(host, uint16(port+1))
			control, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(beside))
			if err == nil {
				return conn, control, nil
			}
		}
		_ = conn.Close()
	}
	return nil, nil, errors.New("ear: no pair of ports is free")
}

// SetRemote says where to play to; without it the ear plays to whoever it hears first.
func (e *Ear) SetRemote(port int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.remote = netip.AddrPortFrom(e.Host, uint16(port))
}

// Renumber lets sound have another payload type than the static one, both ways.
func (e *Ear) Renumber(payload uint8) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.payload = payload
}

// Mute stops or restarts the tone; not even silence is sent meanwhile.
func (e *Ear) Mute(muted bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.muted = muted
}

// Press sends one key of this length; keys queue, 60 ms apart.
func (e *Ear) Press(digit byte, length time.Duration) { e.keys <- press{digit, length} }

// Close closes the ear and waits.
func (e *Ear) Close() {
	close(e.done)
	_ = e.conn.Close()
	_ = e.control.Close()
	e.running.Wait()
}

func (e *Ear) countReports() {
	defer e.running.Done()
	buffer := make([]byte, 1500)
	for {
		if _, _, err := e.control.ReadFromUDP(buffer); err != nil {
			return
		}
		e.mu.Lock()
		e.reports++
		e.mu.Unlock()
	}
}

func (e *Ear) listen() {
	defer e.running.Done()
	buffer := make([]byte, 1500)
	for {
		length, from, err := e.conn.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		var packet rtp.Packet
		if err := packet.Unmarshal(buffer[:length]); err != nil {
			e.keepOdd(err.Error())
			continue
		}
		e.take(&packet, from)
	}
}

func (e *Ear) keepOdd(what string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.odd) < 20 {
		e.odd = append(e.odd, what)
	}
}

func (e *Ear) take(packet *rtp.Packet, from netip.AddrPort) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.remote.IsValid() {
		e.remote = from
	}
	e.ssrcs[packet.SSRC]++
	switch packet.PayloadType {
	case e.payload:
		e.packets++
		e.lastTS = packet.Timestamp
		fresh := len(e.samples)
		for _, octet := range packet.Payload {
			e.samples = append(e.samples, e.decode(octet))
		}
		e.measureGap(e.samples[fresh:])
		e.samples = e.samples[max(0, len(e.samples)-10*rate):]
	case TelephoneEvent:
		e.takeKey(packet)
	default:
		if len(e.odd) < 20 {
			e.odd = append(e.odd, fmt.Sprintf("payload type %d", packet.PayloadType))
		}
	}
}

// measureGap notes how long it was silent before this packet; the caller holds mu.
func (e *Ear) measureGap(samples []int16) {
	if tone.Level(samples) < -50 {
		return
	}
	now := time.Now()
	if !e.loudAt.IsZero() {
		e.gap = max(e.gap, now.Sub(e.loudAt))
	}
	e.loudAt = now
}

func (e *Ear) decode(octet byte) int16 {
	if e.codec == PCMA {
		return tone.FromALaw(octet)
	}
	return tone.FromMuLaw(octet)
}

const digits = "0123456789*#ABCD"

// takeKey counts keys by their timestamp (RFC 4733, 2.5.1.2); the caller holds mu.
func (e *Ear) takeKey(packet *rtp.Packet) {
	if len(packet.Payload) < 4 || int(packet.Payload[0]) >= len(digits) {
		e.odd = append(e.odd, fmt.Sprintf("telephone-event % x", packet.Payload))
		return
	}
	if len(e.heard) == 0 || packet.Timestamp != e.eventAt {
		e.eventAt = packet.Timestamp
		e.heard = append(e.heard, Key{Digit: digits[packet.Payload[0]]})
	}
	key := &e.heard[len(e.heard)-1]
	units := int(packet.Payload[2])<<8 | int(packet.Payload[3])
	key.Duration = max(key.Duration, time.Duration(units)*time.Second/rate)
	key.Ended = key.Ended || packet.Payload[1]&0x80 != 0
}
