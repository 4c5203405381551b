package rtmp

import (
	"slices"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// sound is a codec that Flash speaks.
type sound struct {
	transcode.Format
	// tag is the first byte of its messages (FLV specification, section E.4.2.1): the codec, 16 bit, mono; of Speex
	// the rate is always said to be 5.5 kHz and is 16 kHz.
	tag byte
	// said is the word for it in accepted.
	said string
}

// sounds are all codecs that Flash speaks and we understand, the one without choice first. Payload types
// are suggestions.
func sounds() []sound {
	return []sound{
		{transcode.Format{Codec: transcode.Codec{Name: "speex", ClockRate: 16000}, PayloadType: 96}, 0xb2, "speex"},
		{transcode.Format{Codec: transcode.Codec{Name: "PCMU", ClockRate: 8000}, PayloadType: 0}, 0x82, "pcmu"},
		{transcode.Format{Codec: transcode.Codec{Name: "PCMA", ClockRate: 8000}, PayloadType: 8}, 0x72, "pcma"},
	}
}

// soundOf gives what is known of a codec. Narrowband Speex is told by the same tag.
func soundOf(codec transcode.Codec) (sound, bool) {
	narrowband := transcode.Codec{Name: "speex", ClockRate: 8000}
	for _, known := range sounds() {
		if known.Equal(codec) || known.said == "speex" && narrowband.Equal(codec) {
			return known, true
		}
	}
	return sound{}, false
}

// soundOfTag gives the codec of an audio message; only the upper half of the first byte says it.
func soundOfTag(tag byte) (sound, bool) {
	for _, known := range sounds() {
		if known.tag>>4 == tag>>4 {
			return known, true
		}
	}
	return sound{}, false
}

// wish is what a client asks for in invite and accept.
type wish struct {
	// named tells that it named codecs, and wants to hear which was agreed on.
	named   bool
	formats []transcode.Format
	// pictures are the formats of video that it sends and takes.
	pictures []transcode.Format
}

// parseWish reads the words of a client, in its order. A client that gives none speaks Speex. Words for keys
// are known and mean nothing; others are passed over.
func parseWish(words []string) wish {
	wished := wish{named: len(words) > 0}
	if !wished.named {
		words = []string{"wideband"}
	}
	all := sounds()
	for _, word := range words {
		switch word {
		case "wideband", "narrowband", "ulaw", "alaw": // for each of them Flash sends Speex of 16 kHz
			wished.add(all[0].Format)
		case "pcmu":
			wished.add(all[1].Format)
		case "pcma":
			wished.add(all[2].Format)
		case "h264":
			wished.show(avc()...)
		case "flv":
			wished.show(messages())
		}
	}
	return wished
}

func (w *wish) add(format transcode.Format) {
	if !w.has(format.Codec) {
		w.formats = append(w.formats, format)
	}
}

func (w *wish) show(formats ...transcode.Format) {
	if !slices.ContainsFunc(w.pictures, func(f transcode.Format) bool { return f.Equal(formats[0].Codec) }) {
		w.pictures = append(w.pictures, formats...)
	}
}

func (w wish) has(codec transcode.Codec) bool {
	return slices.ContainsFunc(w.formats, func(f transcode.Format) bool { return f.Equal(codec) })
}

// offer is what the client offers, when sets are the parameter sets of its pictures. They are told once: a datagram has
// to hold it.
func (w wish) offer(sets string) bridge.Description {
	pictures := slices.Clone(w.pictures)
	for i, format := range pictures {
		if pictures[i] = telling(format, sets); pictures[i].Parameters != format.Parameters {
			break
		}
	}
	return withPictures(audioOf(w.formats...), pictures...)
}

func audioOf(formats ...transcode.Format) bridge.Description {
	return bridge.Description{Media: []bridge.MediaDescription{{Kind: transcode.Audio, Formats: formats}}}
}

// answer gives the client's answer to an offer: its first codec that is offered, else one that Flash at least hears. It
// reports false if there is none.
func (w wish) answer(offer bridge.Description, sets string) (bridge.Description, bool) {
	answer := bridge.Description{Media: make([]bridge.MediaDescription, len(offer.Media))}
	answered := map[transcode.Kind]bool{}
	for i, media := range offer.Media {
		answer.Media[i] = bridge.MediaDescription{Kind: media.Kind, Direction: bridge.Inactive}
		format, ok := w.choose(media, sets)
		if answered[media.Kind] || !ok {
			continue
		}
		answered[media.Kind] = true
		answer.Media[i].Formats = []transcode.Format{format}
		answer.Media[i].Direction = media.Direction.Mirror()
		answer.Media[i].PacketTime = media.PacketTime
	}
	return answer, len(answered) > 0
}

func (w wish) choose(media bridge.MediaDescription, sets string) (transcode.Format, bool) {
	if media.Kind != transcode.Audio {
		return w.choosePictures(media, sets)
	}
	if len(w.formats) == 0 {
		return transcode.Format{}, false
	}
	wanted := slices.Clone(w.formats)
	for _, known := range sounds() {
		wanted = append(wanted, known.Format)
	}
	for _, wanted := range wanted {
		for _, offered := range media.Formats {
			if offered.Equal(wanted.Codec) {
				return offered, true
			}
		}
	}
	return transcode.Format{}, false
}

// spoken gives the codec that the client will speak when a description is agreed on: one that it named.
func (w wish) spoken(agreed bridge.Description) sound {
	codec := w.formats[0].Codec
	if audio, ok := agreed.First(transcode.Audio); ok && w.has(audio.Formats[0].Codec) {
		codec = audio.Formats[0].Codec
	}
	said, _ := soundOf(codec) // whatever was named is known
	return said
}

// acceptedWords are the arguments of accepted, sound and pictures: none for a client that named no codecs.
func (w wish) acceptedWords(agreed bridge.Description) []any {
	if !w.named {
		return nil
	}
	var pictures any
	if video, ok := agreed.First(transcode.Video); ok {
		pictures = "h264"
		if video.Formats[0].Equal(messages().Codec) {
			return []any{"default", "default"}
		}
	}
	if _, sounds := agreed.First(transcode.Audio); !sounds {
		return []any{nil, pictures}
	}
	return []any{w.spoken(agreed).said, pictures}
}
