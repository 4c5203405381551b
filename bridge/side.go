package bridge

import (
	"slices"
	"strings"

	"sipbridge/transcode"
)

// side is one of the two places in a call: the leg that holds it now, and what is agreed with its party. It
// is owned by the call's goroutine. A leg can be taken out of its side and replaced; the other side
// notices nothing.
type side struct {
	// name is "caller" or "callee".
	name string
	leg  Leg
	// events is nil when there is no leg, or nothing more comes from it.
	events <-chan Event
	// ended tells that the leg said Ended, and needs no Hangup.
	ended bool
	// asked is the party as the call knows it from outside: the caller as it shows itself, the callee as it was asked for.
	asked Party
	// private tells that the party is not to be shown (RFC 3323), asserted who it is to those that may know.
	private  bool
	asserted Party
	// redirection is what a callee that redirects sets going.
	redirection redirection
	// dialog is the leg's dialog as entered in the Exchange.
	dialog DialogID

	// agreed has the formats agreed with the party, with the payload types of its wire.
	agreed Description
	// wish is what the party would do if we let it: not what is left of that while the other party holds. It is said by
	// the leading section and goes for the whole session.
	wish Direction
	// looks is the same for pictures alone, as far as wish lets them pass: a party without a camera only receives.
	looks Direction
	// wishes are MediaDescription.Wishes of the party's sound, as it described itself.
	wishes string
	// pictures are the video formats as the party described them itself.
	pictures []transcode.Format
	// takes is how much the party takes of pictures, as it described itself, in bit/s; 0 if it did not say.
	takes uint64
	// told is what the leg knows that the bridge is ready to do toward the party.
	told Direction
	// shown is what the leg knows that the bridge is ready to do with pictures.
	shown Direction

	// pipes are where the party's packets of each kind go; nil while they are dropped.
	pipes [transcode.Video + 1]*transcode.Pipe
	// paths prints the last pipes, for the record.
	paths [transcode.Video + 1]string
	// past counts the media of legs that held this side before; before is what this leg had counted in another call.
	past, before MediaStats
}

// hold puts a leg into the side.
func (s *side) hold(leg Leg) {
	s.leg, s.events, s.ended = leg, leg.Events(), false
}

// retire counts the leg that is about to leave the side.
func (s *side) retire() { s.past, s.before = s.count().now(), MediaStats{} }

// replace puts what another side has in the place of the leg.
func (s *side) replace(other side) {
	s.retire()
	s.closePictures()
	other.name, other.dialog, other.past = s.name, s.dialog, s.past
	*s = other
}

// heard notes what the party says it does. A party that does not send when we said that we do
// not receive, or does not receive when we do not send, holds nothing by that: it only answers.
func (s *side) heard(direction Direction) {
	s.wish = understood(direction, s.told, s.wish)
}

// described notes what a description says of what the party does.
func (s *side) described(said Description) {
	leading, ok := said.Leading()
	if ok {
		s.heard(leading.Direction)
	}
	if audio, seen := said.First(transcode.Audio); seen {
		s.wishes = audio.Wishes
	}
	if video, seen := said.First(transcode.Video); seen {
		s.pictures, s.takes = video.Formats, video.Bitrate
		told := s.told.And(s.shown)
		if leading.Direction != SendRecv {
			told = Inactive // a hold, which wish has; what the party does not do now says nothing
		}
		s.looks = understood(said.looks(), told, s.looks)
	}
}

// understood gives what a party wants that said this, having been told what we do, and that wanted something before.
func understood(said, told, before Direction) Direction {
	sends := said.Sends() || (!told.Receives() && before.Sends())
	receives := said.Receives() || (!told.Sends() && before.Receives())
	return NewDirection(sends, receives)
}

// bounded gives a bit rate of pictures that the party tells, as far as its description takes that.
func (s *side) bounded(bitrate uint64) uint64 {
	if s.takes != 0 && s.takes < bitrate {
		return s.takes
	}
	return bitrate
}

// wants gives what is agreed with the party, with what the party would do as its directions, and takes.
func (s *side) wants() Description {
	return directed(s.agreed, s.wish, s.looks).limited(s.takes)
}

// sends gives the formats of a kind in which packets of the party come, with what it said of them itself.
func (s *side) sends(kind transcode.Kind) []transcode.Format {
	media, _ := s.agreed.First(kind)
	if kind != transcode.Video {
		return media.Formats
	}
	formats := slices.Clone(media.Formats)
	for i, format := range formats {
		for _, said := range s.pictures {
			if said.PayloadType == format.PayloadType && said.Fits(format) {
				formats[i] = said
			}
		}
	}
	return formats
}

// mayCome gives those formats, and what may come though the party takes none of it.
func (s *side) mayCome(kind transcode.Kind) []transcode.Format {
	media, _ := s.agreed.First(kind)
	return slices.Concat(s.sends(kind), media.Unlisted)
}

// asking gives a format that is agreed, whose parameters are what we ask of the party, with what the party asks of us.
func (s *side) asking(format transcode.Format) transcode.Format {
	if format.Equal(opusCodec()) {
		format.Parameters = s.wishes
	}
	return format
}

// has tells whether there is a section of a kind.
func (s *side) has(kind transcode.Kind) bool {
	_, ok := s.agreed.First(kind)
	return ok
}

// party is how the leg's party is shown to somebody else: our users by their accounts, others by what they were
// asked for, never by the address that a route made of that.
func (s *side) party() Party {
	if info := s.info(); info.User != "" && info.Party.URI != "" {
		return info.Party
	}
	return s.asked
}

// introduced is the same with the name that the party gave when it answered, for who talks with it.
func (s *side) introduced() ConnectedIdentity {
	if s.isPrivate() {
		hidden := Party{Name: "Anonymous", URI: "sip:anonymous@anonymous.invalid"} // RFC 3323 section 4.1.1.3
		return ConnectedIdentity{Party: hidden}
	}
	party, info := s.party(), s.info()
	if party.Name == "" {
		party.Name = info.Party.Name
	}
	_, address, _ := strings.Cut(party.URI, ":")
	return ConnectedIdentity{Party: party, Proved: info.User != "" && strings.EqualFold(address, info.User)}
}

// isPrivate tells whether the party is not to be shown, as it said when it called or when it answered.
func (s *side) isPrivate() bool { return s.private || s.info().Private }

// info gives the leg's info, or nothing if there is no leg.
func (s *side) info() LegInfo {
	if s.leg == nil {
		return LegInfo{}
	}
	return s.leg.Info()
}

// mediaCount counts the media of all legs that held a side.
type mediaCount struct {
	media        Media // of the last leg; nil if there was none
	pipes        [transcode.Video + 1]*transcode.Pipe
	past, before MediaStats
}

func (s *side) count() mediaCount {
	if s.leg == nil {
		return mediaCount{past: s.past}
	}
	return mediaCount{media: s.leg.Media(), pipes: s.pipes, past: s.past, before: s.before}
}

// now counts up to now. Any goroutine may call it.
func (c mediaCount) now() MediaStats {
	if c.media == nil {
		return c.past
	}
	now := c.media.Stats().Since(c.before)
	if sound := c.pipes[transcode.Audio]; sound != nil {
		now.Sound = sound.Stats().Sound
	}
	if pictures := c.pipes[transcode.Video]; pictures != nil {
		now.Broken = pictures.Stats().Broken
	}
	return now.Plus(c.past)
}

// codec names the codec in use with the party, that of the pictures if there is no sound; or is empty.
func (s *side) codec() string {
	leading, ok := s.agreed.Leading()
	if !ok {
		return ""
	}
	return leading.Formats[0].String()
}

// path prints the ways of the party's packets.
func (s *side) path() string {
	paths := slices.DeleteFunc(slices.Clone(s.paths[:]), func(path string) bool { return path == "" })
	return strings.Join(paths, ", ")
}

// unplug drops what comes from the party.
func (s *side) unplug() {
	for _, kind := range transcode.Kinds() {
		s.unplugKind(kind)
	}
}

func (s *side) unplugKind(kind transcode.Kind) {
	if s.leg != nil {
		s.leg.Media().Receive(kind, nil)
	}
	s.setPipe(kind, nil)
}

// closePictures ends what transcodes the party's pictures.
func (s *side) closePictures() { s.setPipe(transcode.Video, nil) }

// setPipe notes where the party's packets of a kind go from now on, and keeps what the pipe before it heard.
func (s *side) setPipe(kind transcode.Kind, pipe *transcode.Pipe) {
	if before := s.pipes[kind]; before != nil {
		before.Close()
		stats := before.Stats()
		s.past.Sound = s.past.Sound.Plus(stats.Sound)
		s.past.Broken += stats.Broken
	}
	s.pipes[kind] = pipe
}
