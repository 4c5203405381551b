package bridge

import (
	"slices"

	"sipbridge/transcode"
)

// bothWays is how many streams of pictures a call has.
const bothWays = 2

// pictures gives the video section to offer for a party: its own codecs, in its order, as far as they can cross, and
// then how its pictures can be packed otherwise, and what they can be made into. It reports false where there are none.
func (p Policy) pictures(party Description) (MediaDescription, bool) {
	video, ok := party.First(transcode.Video)
	if !ok || p.AudioOnly {
		return MediaDescription{}, false
	}
	formats := transcode.Offered(video.Formats)
	added := transcode.Repacked(formats)
	if converted := transcode.Convertible(formats); len(converted) > 0 && p.room() {
		added = append(added, converted...)
	}
	for _, format := range added {
		formats = append(formats, withFreePayloadType(format, formats))
	}
	return MediaDescription{
		Kind: transcode.Video, Direction: video.Direction, Formats: formats, Bitrate: p.capped(video.Bitrate),
		Orientation: video.Orientation,
	}, len(formats) > 0
}

// room tells whether the pictures of both parties may be transcoded, with the places that the call has itself.
func (p Policy) room() bool { return p.Pictures.Free(bothWays - p.held) }

// capped gives the bit rate of pictures that a party is told: what the other one takes, as far as it may; 0
// is no limit.
func (p Policy) capped(bitrate uint64) uint64 {
	if bitrate == 0 || p.PictureBitrate != 0 && p.PictureBitrate < bitrate {
		return p.PictureBitrate
	}
	return bitrate
}

// choosePictures gives the one of a party's formats that the other party has, too, with what is answered for it. One
// that needs no other packets comes first.
func (p Policy) choosePictures(formats, far []transcode.Format) (transcode.Format, bool) {
	if p.AudioOnly {
		return transcode.Format{}, false
	}
	for _, goes := range []func(a, b transcode.Format) bool{transcode.Format.Fits, transcode.Format.Repackable} {
		for _, theirs := range transcode.Crossing(far) {
			own := slices.IndexFunc(formats, func(format transcode.Format) bool { return goes(format, theirs) })
			if own >= 0 {
				return formats[own].Answering(theirs), true
			}
		}
	}
	return p.convert(formats, far)
}

// convert gives the one of a party's formats from and to which the other party's pictures can be made, where they have
// none in common.
func (p Policy) convert(formats, far []transcode.Format) (transcode.Format, bool) {
	if p.Pictures == nil {
		return transcode.Format{}, false
	}
	for _, theirs := range transcode.Crossing(far) {
		if i := slices.IndexFunc(formats, theirs.Converts); i >= 0 {
			return formats[i].Converted(), true
		}
	}
	return transcode.Format{}, false
}

// common tells whether packets of a party's format can be sent to the other party without being decoded.
func common(format transcode.Format, far []transcode.Format) bool {
	return slices.ContainsFunc(far, format.Passes)
}

// chooseOf gives the one of a party's formats of a kind with which it is joined to another party that has far. Its
// parameters are those that the party gave.
func (p Policy) chooseOf(kind transcode.Kind, formats, far []transcode.Format) (transcode.Format, bool) {
	chosen, ok := p.chooser(kind)(formats, far)
	for _, format := range formats {
		if ok && format.PayloadType == chosen.PayloadType {
			return format, true
		}
	}
	return chosen, ok
}

// chooser is how a format of a kind is chosen.
func (p Policy) chooser(kind transcode.Kind) func(formats, far []transcode.Format) (transcode.Format, bool) {
	if kind == transcode.Video {
		return p.choosePictures
	}
	return p.choose
}

// answerSection answers one section of an offer, when far is what was agreed with the other party. That for which there
// is no way is refused.
func (p Policy) answerSection(offered MediaDescription, far Description) MediaDescription {
	refused := MediaDescription{Kind: offered.Kind, Direction: Inactive}
	other, ok := far.First(offered.Kind)
	if !ok {
		return refused
	}
	chosen, ok := p.chooser(offered.Kind)(offered.Formats, other.Formats)
	if !ok {
		return refused
	}
	if offered.Kind == transcode.Video && !common(chosen, other.Formats) && !p.room() {
		p.Pictures.Refuse()
		return refused
	}
	answer := MediaDescription{
		Kind: offered.Kind, Formats: append([]transcode.Format{chosen}, receivable(offered.Formats, chosen)...),
		Direction: other.Direction.And(offered.Direction.Mirror()), PacketTime: other.PacketTime,
	}
	if offered.Kind == transcode.Video {
		answer.Bitrate = p.capped(other.Bitrate)
		answer.Orientation = offered.Orientation && other.Orientation
	}
	return answer
}
