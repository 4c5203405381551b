package webrtcmedia

import (
	"slices"
	"time"

	"github.com/pion/rtcp"

	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// keptPackets are how many packets of ours are kept to be sent again, by kind: a second of either, or more.
func keptPackets(kind transcode.Kind) int {
	if kind == transcode.Video {
		return 512
	}
	return 64
}

// nack is the feedback by which lost packets are asked for.
const nack = "nack"

// audioFeedback is what we answer of feedback on audio. We do not offer it: browsers ask for lost sound, and for times,
// only where a page says so.
func audioFeedback() []string { return []string{nack, rrtr} }

// repairAs notes what the browser's section says of how what gets lost is repaired, as far as we have it, too.
func (a *agreement) repairAs(section sdp.Media, ours []string) {
	if !a.used() {
		return
	}
	a.feedback = section.Format(a.formats[0].PayloadType).Shared(ours)
	for _, format := range section.Retransmissions() {
		media, _ := sdp.Repairs(format)
		has := func(other transcode.Format) bool { return other.PayloadType == media }
		if slices.Contains(a.feedback, nack) && slices.ContainsFunc(a.formats, has) {
			a.repairs = append(a.repairs, format)
		}
	}
}

// offerRepairs says what we offer to repair what gets lost. Taken are the payload types that have a meaning.
func (a *agreement) offerRepairs(taken []transcode.Format) {
	if !a.used() {
		return
	}
	a.feedback, a.arrivalID = pictureFeedback(), ownArrivalID
	for _, format := range a.formats {
		if repair, ok := repairFor(format, taken); ok {
			a.repairs, taken = append(a.repairs, repair), append(taken, repair)
		}
	}
}

// repairFor gives the format under which packets of another one are sent again: the one that there is, or one with a
// free number.
func repairFor(format transcode.Format, taken []transcode.Format) (transcode.Format, bool) {
	for _, known := range taken {
		if media, ok := sdp.Repairs(known); ok && media == format.PayloadType {
			return known, true
		}
	}
	number, ok := freePayloadType(format.PayloadType+1, taken)
	return sdp.Retransmission(format, number), ok
}

// repairedAs gives for each payload type the one under which its packets are sent again.
func (a agreement) repairedAs() map[uint8]uint8 {
	numbers := make(map[uint8]uint8, len(a.repairs))
	for _, format := range a.repairs {
		media, _ := sdp.Repairs(format)
		numbers[media] = format.PayloadType
	}
	return numbers
}

// asksAgain tells whether lost packets may be asked for.
func (a agreement) asksAgain() bool { return slices.Contains(a.feedback, nack) }

// resend sends again what the browser misses of a stream of ours.
func (s *Session) resend(kind transcode.Kind, missed []rtcp.NackPair, roundTrip time.Duration, now time.Time) {
	p := s.peer.Load()
	if p == nil {
		return
	}
	buffer := &packetBuffer{}
	err := s.outgoing[kind].resender.Resend(missed, roundTrip, now, func(packet []byte) error {
		return p.seal(buffer, copy(buffer[:packetSize], packet))
	})
	if err != nil {
		s.options.Logger.Debug("not sent again", "error", err)
	}
}

// request asks the browser for packets of its stream that did not come.
func (s *Session) request(kind transcode.Kind, source uint32, missing []rtcp.NackPair) {
	p := s.peer.Load()
	if p == nil {
		return
	}
	err := p.writeReports(s.withReport(kind,
		&rtcp.TransportLayerNack{SenderSSRC: s.incoming.ours[kind], MediaSSRC: source, Nacks: missing}))
	if err != nil {
		s.options.Logger.Debug("lost packets not asked for", "error", err)
	}
}
