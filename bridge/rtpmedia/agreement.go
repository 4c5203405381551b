package rtpmedia

import (
	"net/netip"

	"sipbridge/bridge"
	"sipbridge/bridge/quality"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
	"sipbridge/transcode/red"
)

// agreement is what the media path needs to know of one section of the last offer and answer. It is never changed, only
// replaced by the next. One without formats tells that the section is not used.
type agreement struct {
	// rtp and rtcp are where the party's SDP wants its media; invalid if it names no address that can be used.
	rtp, rtcp netip.AddrPort
	// mux tells that RTCP comes and goes with RTP (RFC 5761).
	mux bool
	// ice is what was agreed of ICE.
	ice iceTerms
	// protection is the keys; nil if packets go in clear.
	protection *protection
	// direction is what we do.
	direction bridge.Direction
	// formats are the codecs agreed on, with the payload types of the party.
	formats []transcode.Format
	// events are the telephone-events that the party takes, with its payload types.
	events []transcode.Format
	// feedback is what the party takes of RTCP feedback on its pictures.
	feedback feedback
	// orientation is the number of the header extension that says how pictures are turned; 0 for none.
	orientation uint8
	// pace is what decides on how often reports are due.
	pace quality.Session
	// reduced tells that feedback may go without a report (RFC 5506).
	reduced bool
	// wishes is what the party wants of extended reports.
	wishes quality.Wishes
	// noise tells that the party takes comfort noise (RFC 3389).
	noise bool
	// redundant is the payload type under which the party takes the first of formats repeated; 0 if it does not.
	redundant uint8
	// redundancy takes apart what repeats itself (RFC 2198); nil where that was not agreed. It belongs to whoever reads
	// RTP.
	redundancy *red.Receiver
	// repairs gives for a payload type of the party the one under which its packets are sent again (RFC 4588).
	repairs map[uint8]uint8
	// inbound says what each payload type that comes in means.
	inbound [128]inboundFormat
}

// inboundFormat says what packets of a payload type are.
type inboundFormat struct {
	known bool
	role  sdp.Role
	// payloadType is what the packet is passed on as: that of the party's description.
	payloadType uint8
	// clock is the timestamp rate in Hz.
	clock uint32
	// asks tells that payloads say in which mode the party wants to be spoken to.
	asks bool
}

// comfortNoisePayloadType is the static one (RFC 3551 table 4). Many send it without having said so.
const comfortNoisePayloadType = 13

// noiseClock is that of comfort noise under its static payload type, in Hz; G.722 has it, too (RFC 3551 section 4.5.2).
const noiseClock = 8000

// newAgreement makes an agreement of the party's section, our direction and the pairs of formats agreed on. Own is
// our RTP address.
func newAgreement(own netip.AddrPort, party sdp.Media, direction bridge.Direction, pairs []pair) *agreement {
	made := &agreement{mux: party.RTCPMux, direction: direction}
	if address, ok := party.RTPAddress(); ok {
		made.rtp = sendable(own, address)
	}
	if made.mux {
		made.rtcp = made.rtp
	} else if address, ok := party.RTCPAddrPort(); ok {
		made.rtcp = sendable(own, address)
	}
	if party.Kind() == transcode.Audio {
		made.wishes = party.XR
		made.inbound[comfortNoisePayloadType] = inboundFormat{known: true, role: sdp.RoleComfortNoise, clock: 8000}
	}
	made.pace = quality.Session{
		Bitrate: party.Bitrate, Senders: party.RTCPSenders, Receivers: party.RTCPReceivers,
		Pictures: party.Kind() == transcode.Video,
	}
	made.reduced = party.RTCPReducedSize
	made.feedback = feedbackOf(party)
	for _, noise := range party.ComfortNoise() {
		made.accept(noise, noise.PayloadType)
	}
	var events []uint8
	redundant := false
	for _, pair := range pairs {
		switch sdp.RoleOf(pair.theirs.Codec) {
		case sdp.RoleTelephoneEvent:
			made.events = append(made.events, pair.theirs)
			events = append(events, pair.theirs.PayloadType, pair.ours)
		case sdp.RoleRedundancy:
			redundant = true
		case sdp.RoleComfortNoise:
			made.noise = true
		case sdp.RoleRepair:
			continue // when the formats are known
		default:
			made.formats = append(made.formats, pair.theirs)
		}
		// They may use the number of either description; ours is the one that counts (RFC 3264 section 5.1).
		made.accept(pair.theirs, pair.theirs.PayloadType)
	}
	for _, pair := range pairs {
		if sdp.RoleOf(pair.theirs.Codec) == sdp.RoleRepair {
			made.repair(pair.theirs, pair.ours)
			continue
		}
		made.accept(pair.theirs, pair.ours)
	}
	if redundant {
		made.redundancy = red.NewReceiver(events...)
		made.repeat(pairs)
	}
	return made
}

// pair is a format in the party's description, and the payload type that ours has for it.
type pair struct {
	theirs transcode.Format
	ours   uint8
}

// repeat finds the format under which the first of formats may be repeated.
func (a *agreement) repeat(pairs []pair) {
	for _, pair := range pairs {
		redundant := sdp.RoleOf(pair.theirs.Codec) == sdp.RoleRedundancy
		if redundant && len(a.formats) > 0 && repeats(pair.theirs, a.formats[0]) {
			a.redundant = pair.theirs.PayloadType
			return
		}
	}
}

func (a *agreement) accept(format transcode.Format, payloadType uint8) {
	a.inbound[payloadType&0x7f] = inboundFormat{
		known: true, role: sdp.RoleOf(format.Codec), payloadType: format.PayloadType, clock: format.ClockRate,
		asks: transcode.AsksModes(format),
	}
}

// event is the telephone-event to send beside the preferred codec: of the same clock if there is one (RFC
// 4733 section 2.1), else the first.
func (a *agreement) event() (transcode.Format, bool) {
	for _, event := range a.events {
		if event.ClockRate == a.formats[0].ClockRate {
			return event, true
		}
	}
	if len(a.events) == 0 {
		return transcode.Format{}, false
	}
	return a.events[0], true
}

// sendable gives the invalid address for those to which no phone listens, whatever an SDP says: multicast and
// broadcast, the unspecified address of a hold, ports of well-known services, and our own port. Loopback and link-local
// addresses are used only if ours is one: nobody may aim packets at services of this machine.
func sendable(own, address netip.AddrPort) netip.AddrPort {
	ip := address.Addr()
	broadcast := netip.AddrFrom4([4]byte{255, 255, 255, 255})
	if address.Port() < 1024 || ip.IsMulticast() || ip.IsUnspecified() || ip == broadcast || address == own ||
		reach(ip) < min(reach(own.Addr()), 1) {
		return netip.AddrPort{}
	}
	return address
}
