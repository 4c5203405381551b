package webrtcmedia

import (
	"slices"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/quality"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// agreements are what both sides know of the sections in use, by kind. A kind without formats is not used.
type agreements [kinds]agreement

// leading gives the kind whose section speaks for the session: audio, or video where there is no audio. It reports
// false if no kind is used.
func (a agreements) leading() (transcode.Kind, bool) {
	for _, kind := range transcode.Kinds() {
		if a[kind].used() {
			return kind, true
		}
	}
	return 0, false
}

// agreement is what both sides know of one section: as we offer it, or as it was answered.
type agreement struct {
	// formats are the codecs, events the telephone-event formats, repairs those in which lost packets are sent again.
	formats, events, repairs []transcode.Format
	// unlisted are bridge.MediaDescription.Unlisted.
	unlisted []transcode.Format
	// feedback is what RTCP may say of the codecs.
	feedback []string
	// redundancy is the format that repeats the first one of formats (RFC 2198); a clock rate of 0 means none.
	redundancy transcode.Format
	// pace is what decides on how often reports are due.
	pace quality.Session
	// extended is what the browser wants of extended reports on sound, by a=rtcp-xr.
	extended quality.Wishes
	// reduced tells that feedback may go without a report (RFC 5506).
	reduced bool
	// bitrate is the most that we take, in bit/s; 0 sets no limit.
	bitrate uint64
	// arrivalID is the header extension with the numbers of all packets of the connection; 0 for none.
	arrivalID uint8
	// orientationID is that of the orientation of pictures; 0 for none.
	orientationID uint8
	// direction is what we do.
	direction  bridge.Direction
	packetTime time.Duration
}

// all gives all formats in the order of the m= line.
func (a agreement) all() []transcode.Format {
	formats := a.formats
	if a.redundancy.ClockRate > 0 {
		formats = append(slices.Clip(formats), a.redundancy)
	}
	return slices.Concat(formats, a.events, a.repairs)
}

// event is the telephone-event format to send keys in; a clock rate of 0 means none.
func (a agreement) event() transcode.Format {
	if len(a.formats) == 0 {
		return transcode.Format{}
	}
	return chooseEvent(a.events, a.formats[0].ClockRate)
}

// chooseEvent takes the telephone-event format on the clock of the audio (RFC 4733 section 2.6), else any. Never two:
// with both in an answer browsers put the 8 kHz one on Opus's 48 kHz clock.
func chooseEvent(events []transcode.Format, clock uint32) transcode.Format {
	for _, event := range events {
		if event.ClockRate == clock {
			return event
		}
	}
	if len(events) > 0 {
		return events[0]
	}
	return transcode.Format{}
}

// answersTo gives what we answer to an offer, with the formats and directions that the call chose.
func answersTo(offer *remote, answer bridge.Description) (agreements, error) {
	answers := [kinds]func(*remote, bridge.MediaDescription) (agreement, error){
		transcode.Audio: answerToAudio, transcode.Video: answerToVideo,
	}
	var agreed agreements
	for _, kind := range transcode.Kinds() {
		if !offer.has(kind) || answer.Media[offer.places[kind]].Refused() {
			continue
		}
		var err error
		if agreed[kind], err = answers[kind](offer, answer.Media[offer.places[kind]]); err != nil {
			return agreements{}, err
		}
	}
	if _, used := agreed.leading(); !used {
		return agreements{}, notAcceptable(ErrMismatch)
	}
	return agreed, nil
}

// answerToVideo gives what we answer to the video section.
func answerToVideo(offer *remote, chosen bridge.MediaDescription) (agreement, error) {
	for _, format := range chosen.Formats {
		offered := slices.IndexFunc(offer.formats(transcode.Video), func(other transcode.Format) bool {
			return other.PayloadType == format.PayloadType && other.Fits(format)
		})
		if offered < 0 {
			return agreement{}, notAcceptable(ErrMismatch)
		}
	}
	section := offer.section(transcode.Video)
	agreed := agreement{
		formats: chosen.Formats, direction: chosen.Direction.And(section.Flow().Mirror()), bitrate: chosen.Bitrate,
	}
	agreed.reportAs(section)
	agreed.repairAs(section, pictureFeedback())
	agreed.extend(section, chosen.Orientation)
	return agreed, nil
}

// answerToAudio gives what we answer to the audio section.
func answerToAudio(offer *remote, chosen bridge.MediaDescription) (agreement, error) {
	formats := known(chosen.Formats, audioCodecs())
	if len(formats) != len(chosen.Formats) {
		return agreement{}, notAcceptable(ErrMismatch)
	}
	offered := offer.formats(transcode.Audio)
	for _, format := range formats {
		if !slices.Contains(offered, format) {
			return agreement{}, notAcceptable(ErrMismatch)
		}
	}
	a := agreement{
		formats:    saying(formats, chosen.Formats),
		direction:  chosen.Direction.And(offer.section(transcode.Audio).Flow().Mirror()),
		packetTime: chosen.PacketTime,
	}
	section := offer.section(transcode.Audio)
	a.reportAs(section)
	a.repairAs(section, audioFeedback())
	a.extended = section.XR
	a.redundancy = redundancyOf(&section, formats[0])
	if event := chooseEvent(offer.events(), formats[0].ClockRate); event.ClockRate > 0 {
		a.events = []transcode.Format{event}
	}
	return a, nil
}

// proposalsFor gives what we offer for a proposal. used are payload types that the session has given out; they
// keep their meaning (RFC 3264 section 8.3.2).
func proposalsFor(proposal bridge.Description, used []transcode.Format) agreements {
	var ours agreements
	audio, _ := proposal.First(transcode.Audio)
	ours[transcode.Audio] = proposalFor(audio, used)
	video, _ := proposal.First(transcode.Video)
	ours[transcode.Video].reduced = true
	ours[transcode.Video].direction, ours[transcode.Video].bitrate = video.Direction, video.Bitrate
	taken := slices.Concat(used, ours[transcode.Audio].all())
	for _, format := range transcode.Crossing(video.Formats) {
		format = format.Constrained()
		format.PayloadType = usualPayloadType(format.Codec)
		var ok bool
		if format.PayloadType, ok = payloadType(format, taken); !ok {
			continue
		}
		taken = append(taken, format)
		ours[transcode.Video].formats = append(ours[transcode.Video].formats, format)
	}
	ours[transcode.Video].offerRepairs(taken)
	if video.Orientation {
		ours[transcode.Video].orientationID = ownOrientationID
	}
	return ours
}

// proposalFor gives what we offer of audio. A format for which there is no number is left out.
func proposalFor(proposal bridge.MediaDescription, used []transcode.Format) agreement {
	a := agreement{direction: proposal.Direction, packetTime: proposal.PacketTime, reduced: true}
	taken := slices.Clone(used)
	assign := func(to []transcode.Format, format transcode.Format) []transcode.Format {
		var ok bool
		if format.PayloadType, ok = payloadType(format, taken); !ok {
			return to
		}
		taken = append(taken, format)
		return append(to, format)
	}
	wide := false
	for _, format := range proposal.Formats {
		if line, ok := find(audioCodecs(), format.Codec); ok {
			wide = wide || line.ClockRate == 48000
			a.formats = assign(a.formats, saying([]transcode.Format{line}, proposal.Formats)[0])
		}
	}
	a.redundancy = redundancyFor(a.formats, &taken)
	for _, event := range eventCodecs() {
		if event.ClockRate == 8000 || wide {
			a.events = assign(a.events, event)
		}
	}
	return a
}

// dynamic is how many payload types have no meaning of their own, from 96 on (RFC 3551 section 6).
const dynamic = 32

// payloadType gives the number that a codec has, or its usual one, or one that is free. It reports false if none is
// left: a browser may give all of them to one codec.
func payloadType(format transcode.Format, taken []transcode.Format) (uint8, bool) {
	if i := slices.IndexFunc(taken, format.Fits); i >= 0 {
		return taken[i].PayloadType, true
	}
	return freePayloadType(format.PayloadType, taken)
}

// freePayloadType gives the number, or the next dynamic one that is free.
func freePayloadType(number uint8, taken []transcode.Format) (uint8, bool) {
	for range 1 + dynamic {
		isNumber := func(other transcode.Format) bool { return other.PayloadType == number }
		if !slices.ContainsFunc(taken, isNumber) {
			return number, true
		}
		number = 96 + (number+1)%dynamic
	}
	return 0, false
}

// answered gives what holds after the browser's answer to our offer.
func (a agreements) answered(answer *remote) (agreements, error) {
	var agreed agreements
	for _, kind := range transcode.Kinds() {
		agreed[kind] = a[kind].answered(kind, answer)
	}
	if _, used := agreed.leading(); !used {
		return agreements{}, notAcceptable(ErrNoMedia)
	}
	return agreed, nil
}

func (a agreement) answered(kind transcode.Kind, answer *remote) agreement {
	section := answer.section(kind)
	agreed := agreement{direction: a.direction.And(section.Flow().Mirror()), packetTime: section.PacketTime}
	agreed.reportAs(section)
	for _, format := range answer.formats(kind) {
		if slices.ContainsFunc(a.formats, format.Fits) {
			agreed.formats = append(agreed.formats, format)
		}
	}
	if kind != transcode.Audio {
		agreed.repairAs(section, a.feedback)
		agreed.extend(section, a.orientationID != 0)
		agreed.bitrate = a.bitrate
	}
	if kind != transcode.Audio || len(agreed.formats) == 0 {
		return agreed
	}
	agreed.unlisted = slices.DeleteFunc(slices.Clone(a.formats), func(format transcode.Format) bool {
		return slices.ContainsFunc(section.Formats, func(listed sdp.Format) bool {
			return listed.PayloadType == format.PayloadType
		})
	})
	if a.redundancy.ClockRate > 0 {
		agreed.redundancy = redundancyOf(&section, agreed.formats[0])
	}
	for _, event := range answer.events() {
		if _, ok := find(a.events, event.Codec); ok {
			agreed.events = append(agreed.events, event)
		}
	}
	return agreed
}

// used tells whether the kind is in use.
func (a agreement) used() bool { return len(a.formats) > 0 }
