package rtpmedia

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"sipbridge/bridge/repair"
	"sipbridge/bridge/sdp"
	"sipbridge/bridge/srtp"
	"sipbridge/transcode"
)

// retransmissionOf gives the format under which packets of what is agreed on are sent again in a stream of their own
// (RFC 4588), if one is offered. Without it they are sent again as they were.
func retransmissionOf(offered sdp.Media, agreed transcode.Format) []sdp.Format {
	if !feedbackOf(offered).nack {
		return nil
	}
	for _, format := range offered.Retransmissions() {
		if media, _ := sdp.Repairs(format); media == agreed.PayloadType {
			return []sdp.Format{{Format: sdp.Retransmission(agreed, format.PayloadType)}}
		}
	}
	return nil
}

// offeredRetransmissions are those for the formats that we offer, with their numbers, as many as there are numbers for.
func (n *negotiation) offeredRetransmissions(formats []sdp.Format) []sdp.Format {
	var all []sdp.Format
	for _, format := range formats {
		again := sdp.Retransmission(format.Format, format.PayloadType+1)
		number, ok := n.numbers.number(again)
		if !ok {
			break
		}
		again.PayloadType = number
		all = append(all, sdp.Format{Format: again})
	}
	return all
}

// dropRetransmission leaves out that of the least of the codecs that have one, and with the last one the streams that
// it needs. It reports false if there is none.
func (m *section) dropRetransmission() bool {
	for i, format := range slices.Backward(m.Formats) {
		if isRetransmission(format) {
			m.Formats = slices.Delete(m.Formats, i, i+1)
			if !slices.ContainsFunc(m.Formats, isRetransmission) {
				m.SSRCs, m.SSRCGroups = nil, nil
			}
			return true
		}
	}
	return false
}

// isRetransmission tells whether a format is for packets that are sent again.
func isRetransmission(format sdp.Format) bool {
	_, ok := sdp.Repairs(format.Format)
	return ok
}

// announce names the streams of a section in which packets may be sent again (RFC 5576 section 4.2).
func (m *section) announce(stream *stream, cname string) {
	if !slices.ContainsFunc(m.Formats, isRetransmission) {
		return
	}
	ours, again := stream.sender.Stats().SSRC, stream.resender.SSRC()
	m.SSRCGroups = []string{fmt.Sprintf("FID %d %d", ours, again)}
	m.SSRCs = []sdp.SSRC{{ID: ours, CName: cname}, {ID: again, CName: cname}}
}

// repair notes the format under which the party sends packets again, and we do, of a codec that is agreed on. The party
// may use its number or ours, which is the one that counts.
func (a *agreement) repair(format transcode.Format, ours uint8) {
	media, ok := sdp.Repairs(format)
	agreed := func(codec transcode.Format) bool { return codec.PayloadType == media }
	if !ok || !a.feedback.nack || !slices.ContainsFunc(a.formats, agreed) {
		return
	}
	if a.repairs == nil {
		a.repairs = map[uint8]uint8{}
	}
	a.repairs[media] = format.PayloadType
	again := inboundFormat{known: true, role: sdp.RoleRepair, payloadType: media, clock: format.ClockRate}
	if theirs := &a.inbound[format.PayloadType&0x7f]; !theirs.known {
		*theirs = again
	}
	a.inbound[ours&0x7f] = again
}

// restored says what a packet is that came again, once it is what it was. Its number does not: in our description that
// may stand for something else.
func (f inboundFormat) restored() inboundFormat {
	f.role = sdp.RoleCodec
	return f
}

// restore makes of a packet that came again, in a stream of its own, what it was. It reports false for one that is not
// the party's, or was not missing.
func (s *stream) restore(packet *rtp.Packet, payloadType uint8, from netip.AddrPort) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.latch.follows(from) {
		s.options.Counters.wrongSource.Add(1)
		s.faults.IsFrom(from)
		return false
	}
	if !repair.Unwrap(packet, payloadType) {
		return false
	}
	packet.SSRC, _ = s.reception.Newest()
	return s.requester.Found(packet.SSRC, packet.SequenceNumber)
}

// resend sends again what the party misses.
func (s *stream) resend(missed []rtcp.NackPair, now time.Time) error {
	agreed, to := s.agreed.Load(), s.to.Load()
	if agreed == nil || to == nil {
		return nil
	}
	s.mu.Lock()
	roundTrip := s.remote.RoundTrip()
	s.mu.Unlock()
	var buffer []byte
	return s.resender.Resend(missed, roundTrip, now, func(packet []byte) error {
		buffer = slices.Grow(buffer[:0], len(packet)+srtp.Overhead)
		buffer = buffer[:cap(buffer)]
		sealed, err := agreed.seal(buffer, copy(buffer, packet))
		if err != nil {
			return err
		}
		return s.sockets().rtp.Send(sealed, *to)
	})
}
