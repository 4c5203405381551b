package rtpmedia

import (
	"io"
	"net/netip"
	"slices"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/dtlssrtp"
	"sipbridge/bridge/icelite"
	"sipbridge/bridge/sdp"
	"sipbridge/bridge/srtp"
	"sipbridge/bridge/udp"
	"sipbridge/transcode"
	"sipbridge/transcode/comfortnoise"
	"sipbridge/transcode/dtmf"
)

const (
	// largestSent is the largest datagram that UDP carries over IPv4; what is longer than the path takes is cut by IP.
	largestSent = 65507
	// maxDatagram is the largest datagram that is taken.
	maxDatagram = udp.MaxDatagram
	// headerSize is that of the fixed part of an RTP header.
	headerSize = 12
)

// receive takes a datagram of the RTP port; see udp.Receiver.
func (s *stream) receive(datagram []byte, from netip.AddrPort, now time.Time) {
	switch {
	case isRTCP(datagram):
		s.receiveReports(datagram, from, now)
	case dtlssrtp.IsDTLS(datagram):
		s.receiveDTLS(datagram, from, false)
	case icelite.IsSTUN(datagram):
		s.receiveCheck(datagram, from, false, now)
	default:
		s.receivePacket(datagram, from, now)
	}
}

// receiveBeside takes a datagram of the RTCP port.
func (s *stream) receiveBeside(datagram []byte, from netip.AddrPort, now time.Time) {
	switch {
	case dtlssrtp.IsDTLS(datagram):
		s.receiveDTLS(datagram, from, true)
	case icelite.IsSTUN(datagram):
		s.receiveCheck(datagram, from, true, now)
	default:
		s.receiveReports(datagram, from, now)
	}
}

// receivePacket takes what should be RTP.
func (s *stream) receivePacket(datagram []byte, from netip.AddrPort, now time.Time) {
	counters := s.options.Counters
	if len(datagram) < headerSize || len(datagram) > maxDatagram || datagram[0]>>6 != 2 {
		counters.malformed.Add(1)
		return
	}
	agreed := s.agreed.Load()
	if agreed == nil {
		counters.unagreed.Add(1)
		return
	}
	format := agreed.inbound[datagram[1]&0x7f]
	if !format.known {
		counters.wrongPayloadType.Add(1)
		s.faults.IsOfType(datagram[1] & 0x7f)
		return
	}
	packet := &s.packet
	if err := agreed.read(datagram, packet); err != nil {
		s.unread(agreed, err)
		return
	}
	again := format.role == sdp.RoleRepair
	if again && s.restore(packet, format.payloadType, from) {
		format = format.restored()
	} else if again {
		return
	}
	switch {
	case !again && !s.admit(agreed, packet, format, from, now):
		counters.wrongSource.Add(1)
		s.faults.IsFrom(from)
	case !agreed.direction.Receives():
		counters.held.Add(1)
	default:
		s.session.alive(now)
		s.receiveFormat(agreed, packet, format, now)
	}
}

// isRTCP tells RTCP from RTP on one port (RFC 5761 section 4).
func isRTCP(datagram []byte) bool {
	return len(datagram) > 1 && datagram[0]>>6 == 2 && datagram[1] >= 192 && datagram[1] <= 223
}

// admit asks the latch whether a packet is the party's, counts it, and asks for those that are missing before it.
func (s *stream) admit(
	agreed *agreement, packet *rtp.Packet, format inboundFormat, from netip.AddrPort, now time.Time,
) bool {
	missing, ok := s.note(agreed, packet, format, from, now)
	if missing != nil {
		s.request(packet.SSRC, missing)
	}
	return ok
}

func (s *stream) note(
	agreed *agreement, packet *rtp.Packet, format inboundFormat, from netip.AddrPort, now time.Time,
) (missing []rtcp.NackPair, ok bool) {
	clock := format.clock
	if format.role == sdp.RoleTelephoneEvent {
		clock = 0 // its timestamp stands still
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.latch.destination()
	if !s.latch.accept(from, packet.SSRC, packet.SequenceNumber, now) {
		return nil, false
	}
	if s.latch.destination() != before {
		s.setDestinations(agreed)
		s.options.Counters.moved.Add(1)
	}
	s.reception.Packet(packet, clock, now)
	if s.kind == transcode.Video {
		s.pictures.Packet(packet, now)
	}
	if agreed.feedback.nack {
		missing = s.requester.Take(packet.SSRC, packet.SequenceNumber, s.remote.RoundTrip(), now)
	}
	return missing, true
}

// receiveFormat takes a packet of a format that was agreed on.
func (s *stream) receiveFormat(agreed *agreement, packet *rtp.Packet, format inboundFormat, now time.Time) {
	if format.role == sdp.RoleRedundancy {
		s.unpack(agreed, packet, now)
		return
	}
	if s.kind == transcode.Video {
		transcode.TakeOrientation(&packet.Header, agreed.orientation)
	}
	if agreed.redundancy != nil {
		agreed.redundancy.Heard(packet)
	}
	s.dispatch(packet, format, now)
}

// unpack takes a packet that repeats those before it.
func (s *stream) unpack(agreed *agreement, packet *rtp.Packet, now time.Time) {
	packets, err := agreed.redundancy.Receive(packet)
	if err != nil {
		s.options.Counters.malformed.Add(1)
		s.account(packet)
		return
	}
	for i := range packets {
		format := agreed.inbound[packets[i].PayloadType]
		if !format.known || format.role == sdp.RoleRedundancy {
			s.options.Counters.wrongPayloadType.Add(1)
			s.account(&packets[i])
			continue
		}
		s.dispatch(&packets[i], format, now)
	}
}

// dispatch sends a packet of the party where it belongs.
func (s *stream) dispatch(packet *rtp.Packet, format inboundFormat, now time.Time) {
	if format.role == sdp.RoleTelephoneEvent {
		s.receiveEvent(packet, format.clock, now)
		s.account(packet)
		return
	}
	if s.keys != nil {
		s.keys.Expire(now)
	}
	switch {
	case format.role == sdp.RoleCodec:
		packet.PayloadType = format.payloadType
		if format.asks {
			s.sender.HearRequest(packet.Payload)
		}
	case format.role == sdp.RoleComfortNoise && format.clock == comfortnoise.ClockRate:
		s.options.Counters.comfortNoise.Add(1)
		packet.PayloadType = comfortnoise.PayloadType
	default:
		s.account(packet)
		return
	}
	// What became of the packet is counted where it went.
	_ = s.pass(packet)
}

// account tells the receiver that a sequence number was used for something else than sound.
func (s *stream) account(packet *rtp.Packet) {
	packet.Payload = nil
	_ = s.heard.WriteRTP(packet)
}

func (s *stream) receiveEvent(packet *rtp.Packet, clock uint32, now time.Time) {
	if s.keys == nil || s.keyClock != clock {
		if s.keys != nil {
			s.keys.Flush()
		}
		s.keys, s.keyClock = dtmf.NewReceiver(clock, s.pressed), clock
	}
	if s.keys.Receive(packet.Timestamp, packet.Marker, packet.Payload, now) != nil {
		s.options.Counters.badEvents.Add(1)
	}
}

func (s *stream) pressed(key dtmf.Key) {
	if s.options.Events.Pressed != nil {
		s.options.Events.Pressed(bridge.DTMF{Digit: key.Digit, Duration: key.Duration})
	}
}

// send sends a packet of the Sender to the party.
func (s *stream) send(header *rtp.Header, payload []byte) error {
	agreed, to := s.agreed.Load(), s.to.Load()
	if agreed == nil || to == nil {
		s.options.Counters.unsent.Add(1)
		return nil
	}
	datagram, err := s.pack(agreed, header, payload)
	if err == nil {
		err = s.sockets().rtp.Send(datagram, *to)
	}
	if err != nil {
		s.options.Counters.unsent.Add(1)
	}
	return err
}

// reaches tells whether send knows where the party is, and has its keys.
func (s *stream) reaches() bool {
	agreed := s.agreed.Load()
	return agreed != nil && s.to.Load() != nil && (agreed.protection == nil || agreed.protection.packets.sealer() != nil)
}

// pack makes the datagram of a packet, in memory that the next one uses again.
func (s *stream) pack(agreed *agreement, header *rtp.Header, payload []byte) ([]byte, error) {
	transcode.GiveOrientation(header, agreed.orientation)
	buffer := s.sending[:]
	if need := header.MarshalSize() + len(payload) + srtp.Overhead; need > largestSent {
		return nil, io.ErrShortBuffer
	} else if need > len(buffer) {
		s.large = slices.Grow(s.large[:0], need)
		buffer = s.large[:need]
	}
	size, err := header.MarshalTo(buffer)
	if err != nil {
		return nil, err //nolint:wrapcheck // media path
	}
	size += copy(buffer[size:], payload)
	s.resender.Keep(buffer[:size])
	return agreed.seal(buffer, size)
}
