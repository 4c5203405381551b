package bridge

import (
	"slices"
	"time"

	"sipbridge/transcode"
)

// Description is what SDP says, without its addresses, keys and text: the only form in which media
// capabilities cross from one leg to another.
type Description struct {
	// Media has one entry per media section, in the order of the SDP, refused ones included.
	Media []MediaDescription
}

// MediaDescription is one media section.
type MediaDescription struct {
	// Kind is audio or video; a section of another kind is kept, refused, with Kind 0.
	Kind transcode.Kind
	// Direction is as the describing party sees it.
	Direction Direction
	// Formats are the codecs in order of preference. Telephone-event and comfort noise are never
	// among them: each leg settles those with its own party. Empty means the section is refused (port 0).
	Formats []transcode.Format
	// Unlisted are formats of our offer that an answer leaves out. The party may send them all the same: Chromium does,
	// where a page prefers codecs only as it answers.
	Unlisted []transcode.Format
	// Wishes are what the describing party asks of those who send it Opus, as its own fmtp line has them (RFC 7587 section
	// 6.1). The parameters of Formats are what is said to it, or crosses.
	Wishes string
	// PacketTime is the a=ptime value; 0 where none is given.
	PacketTime time.Duration
	// Bitrate is the most that the describing party takes, in bit/s (b=TIAS, b=AS); 0 where it does not say. Only that of
	// pictures counts.
	Bitrate uint64
	// Orientation tells that packets say how pictures are to be turned. Where only one party knows that, it is not agreed,
	// and who sends turns them.
	Orientation bool
}

// Refused tells whether the section is switched off.
func (m MediaDescription) Refused() bool { return len(m.Formats) == 0 }

// First gives the first section of a kind that is not refused.
func (d Description) First(kind transcode.Kind) (MediaDescription, bool) {
	for _, media := range d.Media {
		if media.Kind == kind && !media.Refused() {
			return media, true
		}
	}
	return MediaDescription{}, false
}

// Leading gives the section that speaks for all of them: a hold is said there. It is the first one of sound, or of
// pictures in a description without sound. It reports false if all sections are refused.
func (d Description) Leading() (MediaDescription, bool) {
	for _, kind := range transcode.Kinds() {
		if media, ok := d.First(kind); ok {
			return media, true
		}
	}
	return MediaDescription{}, false
}

// looks gives what the describing party does with its pictures, as far as its leading section lets them pass.
func (d Description) looks() Direction {
	video, ok := d.First(transcode.Video)
	if leading, _ := d.Leading(); !ok || leading.Kind == transcode.Video {
		return SendRecv
	}
	return video.Direction
}

// limited gives the description with another bit rate of its pictures.
func (d Description) limited(bitrate uint64) Description {
	changed := Description{Media: slices.Clone(d.Media)}
	for i := range changed.Media {
		if changed.Media[i].Kind == transcode.Video {
			changed.Media[i].Bitrate = bitrate
		}
	}
	return changed
}

// SameMedia tells whether two descriptions differ in nothing but direction: same sections, same
// codecs. A re-INVITE for which it holds is a hold or a resume.
func (d Description) SameMedia(other Description) bool {
	if len(d.Media) != len(other.Media) {
		return false
	}
	for i, media := range d.Media {
		if media.Kind != other.Media[i].Kind || !sameFormats(media.Formats, other.Media[i].Formats) {
			return false
		}
	}
	return true
}

func sameFormats(a, b []transcode.Format) bool {
	if len(a) != len(b) {
		return false
	}
	for i, format := range a {
		if !format.Equal(b[i].Codec) || format.PayloadType != b[i].PayloadType {
			return false
		}
	}
	return true
}
