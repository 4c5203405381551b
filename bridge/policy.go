package bridge

import (
	"cmp"
	"slices"

	"sipbridge/transcode"
)

// Policy chooses codecs. The zero value is the default: a codec that both parties have passes through, and only
// where there is none the bridge transcodes.
type Policy struct {
	// Codecs are the audio codecs that may be used, in the order in which those that the caller
	// lacks are added to its own. Their payload types are suggestions. Default: any that can be
	// transcoded may be used; PCMU, PCMA and opus are added, and G722 where the caller has wideband sound.
	Codecs []transcode.Format
	// PreferOpus answers Opus to a party that offers it even if the other party lacks it. That costs a
	// transcoder and gains loss concealment on the way to that party. Default: false.
	PreferOpus bool
	// AudioOnly refuses pictures. Default: those of which both parties have the codec pass through.
	AudioOnly bool
	// PictureBitrate is the most that pictures may take each way, in bit/s; 0 sets no limit.
	PictureBitrate uint64
	// Pictures bounds how many streams of pictures are transcoded, between parties that have no codec in common; nil
	// allows none.
	Pictures *transcode.PictureLimit

	// held is how many of these places the call itself has, which are free for what it agrees on next.
	held int
}

// additions gives the codecs to offer for a caller with these formats, those it has included.
func (p Policy) additions(formats []transcode.Format) []transcode.Format {
	if p.Codecs != nil {
		return p.Codecs
	}
	added := []transcode.Format{
		{Codec: transcode.Codec{Name: "PCMU", ClockRate: 8000}, PayloadType: 0},
		{Codec: transcode.Codec{Name: "PCMA", ClockRate: 8000}, PayloadType: 8},
		{Codec: opusCodec(), PayloadType: 111, Parameters: opusParameters},
	}
	if slices.ContainsFunc(formats, wideband) {
		g722 := transcode.Codec{Name: "G722", ClockRate: 8000}
		added = append(added, transcode.Format{Codec: g722, PayloadType: 9})
	}
	return added
}

// wideband tells whether a format carries more than a telephone does.
func wideband(format transcode.Format) bool {
	const telephone = 8000 // samples a second
	return transcode.SampleRate(format.Codec) > telephone
}

// opusParameters tell the party that our decoder uses in-band error correction (RFC 7587 section 6.1).
const opusParameters = "minptime=10;useinbandfec=1"

func opusCodec() transcode.Codec { return transcode.Codec{Name: "opus", ClockRate: 48000, Channels: 2} }

// offerFor gives the offer toward the callee: a section for each kind of media that the caller has and that can cross,
// sound first. A nil caller stands for one that sent no offer. The error is a Cause with 488 (RFC 3261 section
// 21.4.26), if nothing can cross.
func offerFor(caller *Description, policy Policy) (Description, error) {
	if caller == nil {
		audio := MediaDescription{Kind: transcode.Audio, Formats: policy.additions(nil)}
		return Description{Media: []MediaDescription{audio}}, nil
	}
	var offer Description
	for _, section := range []func(Description) (MediaDescription, bool){policy.sound, policy.pictures} {
		if media, ok := section(*caller); ok {
			offer.Media = append(offer.Media, media)
		}
	}
	if len(offer.Media) == 0 {
		return Description{}, notAcceptable("nothing that is offered can cross")
	}
	return offer, nil
}

// sound gives the audio section to offer for a party: its own codecs, in its order, and then those that the bridge can
// transcode. It reports false if none of the party's can be used.
func (p Policy) sound(party Description) (MediaDescription, bool) {
	audio, _ := party.First(transcode.Audio)
	formats := p.allowed(audio.Formats)
	if len(formats) == 0 {
		return MediaDescription{}, false
	}
	if slices.ContainsFunc(formats, transcodable) {
		formats = p.withAdditions(formats)
	}
	if opus, ok := find(formats, opusCodec()); ok && p.PreferOpus {
		formats = slices.DeleteFunc(formats, func(f transcode.Format) bool { return f.Equal(opus.Codec) })
		formats = slices.Insert(formats, 0, opus)
	}
	audio.Formats = formats
	return audio, true
}

// withAdditions appends what the bridge can transcode for the party.
func (p Policy) withAdditions(formats []transcode.Format) []transcode.Format {
	for _, format := range p.additions(formats) {
		if _, ok := find(formats, format.Codec); !ok && transcodable(format) {
			formats = append(formats, withFreePayloadType(format, formats))
		}
	}
	return formats
}

// answerFor gives the answer to an offer, when far is what was agreed with the other party. Its sections stand as in
// the offer; the first one of each kind that the other party has, too, names one codec, all others are refused.
// Direction is what the other party does, as far as the offer takes it. The error is a Cause with 488, if nothing is
// left.
func answerFor(offer, far Description, policy Policy) (Description, error) {
	answer := Description{Media: make([]MediaDescription, len(offer.Media))}
	for i, media := range offer.Media {
		answer.Media[i] = MediaDescription{Kind: media.Kind, Direction: Inactive}
		if _, answered := answer.First(media.Kind); !answered && !media.Refused() {
			answer.Media[i] = policy.answerSection(media, far)
		}
	}
	if _, answered := answer.Leading(); !answered {
		return Description{}, notAcceptable("nothing that is offered goes with what the other party has")
	}
	return answer, nil
}

// choose gives the one of a party's audio formats that fits what the other party has.
func (p Policy) choose(formats, far []transcode.Format) (transcode.Format, bool) {
	known, farKnown := p.allowed(formats), p.allowed(far)
	source := slices.IndexFunc(farKnown, transcodable)
	transcodes := source >= 0
	if opus, ok := find(known, opusCodec()); ok && p.PreferOpus && transcodes {
		return withParameters(opus, farKnown), true
	}
	for _, format := range farKnown {
		if shared, ok := find(known, format.Codec); ok {
			return withParameters(shared, farKnown), true
		}
	}
	known = slices.DeleteFunc(known, func(f transcode.Format) bool { return !transcodable(f) })
	if !transcodes || len(known) == 0 {
		return transcode.Format{}, false
	}
	return withParameters(cheapest(known, farKnown[source]), farKnown), true
}

// joins tells whether there is a way both ways for media of any kind between what was agreed with two parties.
func (p Policy) joins(a, b Description) bool {
	for _, kind := range transcode.Kinds() {
		one, _ := a.First(kind)
		other, _ := b.First(kind)
		_, there := p.chooseOf(kind, one.Formats, other.Formats)
		_, back := p.chooseOf(kind, other.Formats, one.Formats)
		if there && back {
			return true
		}
	}
	return false
}

// narrowParameters ask a party for no more than the far codec lets through: nobody would hear the rest, and it
// costs both the party and us (RFC 7587 section 6.1).
const narrowParameters = opusParameters + ";maxplaybackrate=8000;maxaveragebitrate=20000"

// cheapest gives the format to transcode to and from the other party's. It keeps as much bandwidth as any does; among
// equals the lower sample and clock rates are less to compute, and then the party's own order decides.
func cheapest(formats []transcode.Format, far transcode.Format) transcode.Format {
	heard := transcode.SampleRate(far.Codec)
	return slices.MinFunc(formats, func(a, b transcode.Format) int {
		rateA, rateB := transcode.SampleRate(a.Codec), transcode.SampleRate(b.Codec)
		return cmp.Or(
			cmp.Compare(min(rateB, heard), min(rateA, heard)),
			cmp.Compare(rateA, rateB),
			cmp.Compare(a.ClockRate, b.ClockRate),
		)
	})
}

// allowed gives the formats whose codec may be used.
func (p Policy) allowed(formats []transcode.Format) []transcode.Format {
	var allowed []transcode.Format
	for _, format := range formats {
		listed := transcodable(format)
		if p.Codecs != nil {
			_, listed = find(p.Codecs, format.Codec)
		}
		if listed {
			allowed = append(allowed, format)
		}
	}
	return allowed
}

// withParameters gives the format with the parameters to answer: those of the party that will decode the
// packets, the other party if the codec passes through, else the bridge.
func withParameters(format transcode.Format, far []transcode.Format) transcode.Format {
	if own, ok := transcode.AnswerParameters(format); ok {
		format.Parameters = own
		return format
	}
	format.Parameters = ""
	if format.Equal(opusCodec()) {
		format.Parameters = opusParameters
		if len(far) > 0 && transcode.SampleRate(far[0].Codec) == 8000 {
			format.Parameters = narrowParameters
		}
	}
	if shared, ok := find(far, format.Codec); ok {
		format.Parameters = shared.Parameters
	}
	return format
}

// receivable gives those of a party's formats in which it may send beside the chosen one, which is the only one that we
// send it: it would rather have them, but their packets can be decoded and not made.
func receivable(formats []transcode.Format, chosen transcode.Format) []transcode.Format {
	var added []transcode.Format
	for _, format := range formats {
		if format.Equal(chosen.Codec) {
			break
		}
		if parameters, ok := transcode.AnswerParameters(format); ok && transcode.ReceiveOnly(format.Codec) {
			format.Parameters = parameters
			added = append(added, format)
		}
	}
	return added
}

// withFreePayloadType gives the format a payload type that none of the others has.
func withFreePayloadType(format transcode.Format, others []transcode.Format) transcode.Format {
	taken := func(number uint8) bool {
		return slices.ContainsFunc(others, func(f transcode.Format) bool { return f.PayloadType == number })
	}
	const firstDynamic, lastDynamic = 96, 127 // RFC 3551 section 3
	for number := uint8(firstDynamic); taken(format.PayloadType) && number <= lastDynamic; number++ {
		format.PayloadType = number
	}
	return format
}

func transcodable(format transcode.Format) bool { return transcode.Usable(format) }

func find(formats []transcode.Format, codec transcode.Codec) (transcode.Format, bool) {
	i := slices.IndexFunc(formats, func(f transcode.Format) bool { return f.Equal(codec) })
	if i < 0 {
		return transcode.Format{}, false
	}
	return formats[i], true
}

// notAcceptable tells the party why, too: 305 is "Incompatible media format" (RFC 3261 sections 20.43 and 21.4.26).
func notAcceptable(why string) Cause {
	return Cause{
		Status: 488, Text: "Not Acceptable Here", Err: errUnusable(why),
		Headers: []Header{{Name: "Warning", Value: `305 sipbridge "` + why + `"`}},
	}
}

// errUnusable says what is wrong with a Description.
type errUnusable string

func (e errUnusable) Error() string { return string(e) }
