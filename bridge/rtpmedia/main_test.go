package rtpmedia

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"sipbridge/bridge"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// patience is how long a test waits for what must happen.
const patience = 10 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newSession makes a session on loopback, closed at the end of the test.
func newSession(t *testing.T, change func(*Options)) *Session {
	t.Helper()
	options := Options{Ports: newRange(t, 20000, 29999), Counters: &Counters{}}
	if change != nil {
		change(&options)
	}
	session, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	})
	return session
}

func newRange(t *testing.T, first, last uint16) *PortRange {
	t.Helper()
	ports, err := NewPortRange(first, last, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ports
}

func pcmu() transcode.Format {
	return transcode.Format{Codec: transcode.Codec{Name: "PCMU", ClockRate: 8000}}
}

func pcma() transcode.Format {
	return transcode.Format{Codec: transcode.Codec{Name: "PCMA", ClockRate: 8000}, PayloadType: 8}
}

func opus() transcode.Format {
	return transcode.Format{
		Codec:       transcode.Codec{Name: "opus", ClockRate: 48000, Channels: 2},
		PayloadType: 111, Parameters: "minptime=10;useinbandfec=1",
	}
}

// audio describes one audio section.
func audio(direction bridge.Direction, formats ...transcode.Format) bridge.Description {
	return bridge.Description{Media: []bridge.MediaDescription{
		{Kind: transcode.Audio, Direction: direction, Formats: formats},
	}}
}

// must gives the value of a call that may not fail.
func must[V any](t *testing.T) func(V, error) V {
	t.Helper()
	return func(value V, err error) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, met func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !met() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// recorder keeps the packets written to it.
type recorder struct {
	mu      sync.Mutex
	packets []*rtp.Packet
}

func (r *recorder) WriteRTP(packet *rtp.Packet) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.packets = append(r.packets, packet.Clone())
	return nil
}

func (r *recorder) all() []*rtp.Packet {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*rtp.Packet(nil), r.packets...)
}

func (r *recorder) count() int { return len(r.all()) }

// heard counts the packets of one SSRC.
func (r *recorder) heard(ssrc uint32) int {
	count := 0
	for _, packet := range r.all() {
		if packet.SSRC == ssrc {
			count++
		}
	}
	return count
}

// phone is a party made of two bare sockets.
type phone struct {
	t         *testing.T
	rtp, rtcp *net.UDPConn
	ssrc      uint32
	sequence  uint16
}

// newPhone opens two sockets on a loopback address.
func newPhone(t *testing.T, host string, ssrc uint32) *phone {
	t.Helper()
	p := &phone{t: t, ssrc: ssrc, sequence: 100}
	for ports := newRange(t, 30000, 31999); p.rtcp == nil; {
		port, ok := ports.take()
		if !ok {
			t.Fatal("no free ports for a phone")
		}
		if p.rtp = listenAt(t, host, port); p.rtp != nil {
			p.rtcp = listenAt(t, host, port+1)
		}
	}
	return p
}

// listenAt opens a socket; nil if somebody else has the port.
func listenAt(t *testing.T, host string, port uint16) *net.UDPConn {
	t.Helper()
	address := netip.AddrPortFrom(netip.MustParseAddr(host), port)
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(address))
	if err != nil {
		return nil
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (p *phone) address() netip.AddrPort { return localAddress(p.rtp) }

func localAddress(conn *net.UDPConn) netip.AddrPort {
	return netip.MustParseAddrPort(conn.LocalAddr().String())
}

// offer is what the phone offers: PCMU and telephone-event, at its own address.
func (p *phone) offer(lines ...string) []byte {
	return p.describe(p.address(), lines...)
}

func (p *phone) describe(address netip.AddrPort, lines ...string) []byte {
	text := "v=0\r\no=phone 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 " + address.Addr().String() + "\r\nt=0 0\r\n" +
		"m=audio " + netip.AddrPortFrom(address.Addr(), address.Port()).String()[len(address.Addr().String())+1:] +
		" RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
	return []byte(text + strings.Join(append(lines, ""), "\r\n"))
}

// call lets the phone offer and the session answer; it gives the answer.
func (p *phone) call(session *Session, offer []byte) sdp.Media {
	p.t.Helper()
	description := must[bridge.Description](p.t)(session.SetOffer(offer))
	answer := audio(description.Media[0].Direction.Mirror(), description.Media[0].Formats[0])
	text := must[[]byte](p.t)(session.Answer(answer))
	return must[*sdp.Session](p.t)(sdp.Parse(text)).Media[0]
}

// say sends the next packet of PCMU to a session.
func (p *phone) say(to netip.AddrPort) { p.sayAs(to, 0, false, make([]byte, 160)) }

func (p *phone) sayAs(to netip.AddrPort, payloadType uint8, marker bool, payload []byte) {
	p.t.Helper()
	p.sequence++
	packet := rtp.Packet{Header: rtp.Header{
		Version: 2, PayloadType: payloadType, Marker: marker,
		SequenceNumber: p.sequence, Timestamp: uint32(p.sequence) * 160, SSRC: p.ssrc,
	}, Payload: payload}
	p.sendTo(p.rtp, to, must[[]byte](p.t)(packet.Marshal()))
}

func (p *phone) sendTo(from *net.UDPConn, to netip.AddrPort, datagram []byte) {
	p.t.Helper()
	if _, err := from.WriteToUDPAddrPort(datagram, to); err != nil {
		p.t.Fatal(err)
	}
}

// hear reads the next packet that comes to the phone.
func (p *phone) hear() *rtp.Packet {
	p.t.Helper()
	packet := &rtp.Packet{}
	if err := packet.Unmarshal(p.read(p.rtp)); err != nil {
		p.t.Fatal(err)
	}
	return packet
}

func (p *phone) read(from *net.UDPConn) []byte {
	p.t.Helper()
	buffer := make([]byte, maxDatagram)
	if err := from.SetReadDeadline(time.Now().Add(patience)); err != nil {
		p.t.Fatal(err)
	}
	size, err := from.Read(buffer)
	if err != nil {
		p.t.Fatal(err)
	}
	return buffer[:size]
}

// heardNothing fails the test if a datagram waits at the phone's RTP port.
func (p *phone) heardNothing() {
	p.t.Helper()
	if err := p.rtp.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
		p.t.Fatal(err)
	}
	if size, err := p.rtp.Read(make([]byte, maxDatagram)); err == nil {
		p.t.Errorf("%s was sent %d octets", p.address(), size)
	}
}

// speech is a source of audio packets, as a pipe of the other leg writes them.
type speech struct {
	to     transcode.PacketWriter
	packet rtp.Packet
}

func newSpeech(session *Session, format transcode.Format) *speech {
	return &speech{
		to: session.Sender(transcode.Audio),
		packet: rtp.Packet{
			Header:  rtp.Header{Version: 2, PayloadType: format.PayloadType, SSRC: rand.Uint32()},
			Payload: []byte("some speech"),
		},
	}
}

func (s *speech) say(t *testing.T) {
	t.Helper()
	s.packet.SequenceNumber++
	s.packet.Timestamp += 160
	if err := s.to.WriteRTP(&s.packet); err != nil {
		t.Error(err)
	}
}
