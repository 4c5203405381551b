package bridge

import (
	"fmt"
	"slices"
	"testing"

	"sipbridge/transcode"
)

// codecsNamed gives known codecs by their names.
func codecsNamed(names ...string) []transcode.Codec {
	var codecs []transcode.Codec
	for _, name := range names {
		i := slices.IndexFunc(transcode.Codecs(), func(c transcode.Codec) bool { return c.Name == name })
		codecs = append(codecs, transcode.Codecs()[i])
	}
	return codecs
}

func offerOf(formats ...transcode.Format) Description {
	return audio(SendRecv, formats...)
}

func shown(description Description) (names []string) {
	audio, _ := description.First(transcode.Audio)
	for _, format := range audio.Formats {
		names = append(names, fmt.Sprintf("%s %d", format.Name, format.PayloadType))
	}
	return names
}

// TestOfferWithin: what a callee is offered with whom not every codec may be used.
func TestOfferWithin(t *testing.T) {
	t.Parallel()
	opus := transcode.Format{Codec: opusCodec(), PayloadType: 96}
	pcmu, pcma := formatOf(codecsNamed("PCMU")[0]), formatOf(codecsNamed("PCMA")[0])
	strange := transcode.Format{Codec: transcode.Codec{Name: "AMR", ClockRate: 8000, Channels: 1}, PayloadType: 97}
	for _, test := range []struct {
		name   string
		offer  Description
		codecs []transcode.Codec
		want   []string
	}{
		{"no restriction", offerOf(opus, pcmu), nil, []string{"opus 96", "PCMU 0"}},
		{"by preference", offerOf(opus, pcmu, pcma), codecsNamed("PCMA", "PCMU"), []string{"PCMA 8", "PCMU 0"}},
		{"added", offerOf(opus), codecsNamed("GSM", "PCMA"), []string{"GSM 3", "PCMA 8"}},
		{"a number is taken", offerOf(opus, strange), codecsNamed("opus", "speex"), []string{"opus 96", "speex 97"}},
		{"nothing to be transcoded", offerOf(strange), codecsNamed("PCMA"), nil},
	} {
		if got := shown(offerWithin(test.offer, test.codecs)); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, not %q", test.name, got, test.want)
		}
	}
}

// TestOnly keeps the places of sections, and refuses what has nothing left.
func TestOnly(t *testing.T) {
	t.Parallel()
	pcmu := formatOf(codecsNamed("PCMU")[0])
	offer := Description{Media: []MediaDescription{
		{Kind: transcode.Video, Formats: []transcode.Format{{Codec: transcode.Codec{Name: "VP8"}}}},
		{Kind: transcode.Audio, Formats: []transcode.Format{{Codec: opusCodec(), PayloadType: 96}, pcmu}},
	}}
	narrowed := only(offer, codecsNamed("PCMU"))
	if got := shown(narrowed); !slices.Equal(got, []string{"PCMU 0"}) || !narrowed.Media[0].Refused() {
		t.Errorf("%q of %+v", got, narrowed)
	}
	if !only(offer, codecsNamed("GSM")).Media[1].Refused() {
		t.Error("a section without a codec is not refused")
	}
	if got := shown(offer); len(got) != 2 {
		t.Errorf("the offer itself was changed: %q", got)
	}
}
