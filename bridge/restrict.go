package bridge

import (
	"slices"

	"sipbridge/transcode"
)

// offerWithin narrows an offer of ours to what may be used with the callee, and adds what is missing of that. Codecs
// are by preference; nil leaves the offer as it is. Where there is no way between the two it is empty, and the leg that
// is to make it ends with 488.
func offerWithin(offer Description, codecs []transcode.Codec) Description {
	if codecs == nil {
		return offer
	}
	narrowed := Description{}
	if audio, ok := offer.First(transcode.Audio); ok {
		if audio.Formats = soundWithin(audio, codecs); len(audio.Formats) > 0 {
			narrowed.Media = append(narrowed.Media, audio)
		}
	}
	if video, ok := offer.First(transcode.Video); ok {
		if video.Formats = within(video.Formats, codecs); len(video.Formats) > 0 {
			narrowed.Media = append(narrowed.Media, video)
		}
	}
	return narrowed
}

// soundWithin gives the formats of sound to offer.
func soundWithin(audio MediaDescription, codecs []transcode.Codec) []transcode.Format {
	formats := within(audio.Formats, codecs)
	if slices.ContainsFunc(audio.Formats, transcodable) {
		for _, codec := range codecs {
			if _, offered := find(formats, codec); !offered && transcode.Transcodable(codec) {
				formats = append(formats, withFreePayloadType(formatOf(codec), formats))
			}
		}
	}
	slices.SortStableFunc(formats, func(a, b transcode.Format) int { return place(codecs, a) - place(codecs, b) })
	return formats
}

// only narrows what a party offers to what may be used with it; nil leaves it as it is. Sections stay in their places.
func only(offer Description, codecs []transcode.Codec) Description {
	if codecs == nil {
		return offer
	}
	narrowed := Description{Media: slices.Clone(offer.Media)}
	for i, media := range narrowed.Media {
		narrowed.Media[i].Formats = within(media.Formats, codecs)
	}
	return narrowed
}

// within gives the formats whose codec is among some.
func within(formats []transcode.Format, codecs []transcode.Codec) []transcode.Format {
	var kept []transcode.Format
	for _, format := range formats {
		if place(codecs, format) < len(codecs) {
			kept = append(kept, format)
		}
	}
	return kept
}

// place is where a format's codec stands among some, or behind all.
func place(codecs []transcode.Codec, format transcode.Format) int {
	if i := slices.IndexFunc(codecs, format.Equal); i >= 0 {
		return i
	}
	return len(codecs)
}

// formatOf is a codec as we offer it by ourselves.
func formatOf(codec transcode.Codec) transcode.Format {
	const firstDynamic = 96 // RFC 3551 section 3
	format := transcode.Format{Codec: codec, PayloadType: firstDynamic}
	if fixed, ok := transcode.StaticPayloadType(codec); ok {
		format.PayloadType = fixed
	}
	if format.Equal(opusCodec()) {
		format.PayloadType, format.Parameters = 111, opusParameters
	}
	return format
}
