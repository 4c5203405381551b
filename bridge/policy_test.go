package bridge

import (
	"testing"

	"sipbridge/transcode"
)

func format(name string, rate uint32, payloadType uint8) transcode.Format {
	channels := uint8(1)
	if name == "opus" {
		channels = 2
	}
	return transcode.Format{
		Codec: transcode.Codec{Name: name, ClockRate: rate, Channels: channels}, PayloadType: payloadType,
	}
}

func audio(direction Direction, formats ...transcode.Format) Description {
	return Description{Media: []MediaDescription{{Kind: transcode.Audio, Direction: direction, Formats: formats}}}
}

func pictures(direction Direction, formats ...transcode.Format) Description {
	return Description{Media: []MediaDescription{{Kind: transcode.Video, Direction: direction, Formats: formats}}}
}

func TestOfferFor(t *testing.T) {
	t.Parallel()
	pcmu, pcma, opus := format("PCMU", 8000, 0), format("PCMA", 8000, 8), format("opus", 48000, 111)
	g722, g729, oddOpus := format("G722", 8000, 9), format("G729", 8000, 18), format("opus", 48000, 96)
	speex := format("speex", 16000, 97)
	for _, test := range []struct {
		name   string
		caller *Description
		policy Policy
		want   *Description // nil: refused
	}{
		{"no offer", nil, Policy{}, new(audio(SendRecv, pcmu, pcma, opus))},
		{"phone", new(audio(SendRecv, pcma)), Policy{}, new(audio(SendRecv, pcma, pcmu, opus))},
		{"browser", new(audio(SendRecv, opus, g722, pcmu, pcma)), Policy{}, new(audio(SendRecv, opus, g722, pcmu, pcma))},
		{"old browser", new(audio(SendRecv, opus, pcmu)), Policy{}, new(audio(SendRecv, opus, pcmu, pcma, g722))},
		{"Flash", new(audio(SendRecv, speex, g729)), Policy{}, new(audio(SendRecv, speex, pcmu, pcma, opus, g722))},
		{"held", new(audio(SendOnly, pcmu)), Policy{}, new(audio(SendOnly, pcmu, pcma, opus))},
		{"own payload type", new(audio(SendRecv, oddOpus)), Policy{}, new(audio(SendRecv, oddOpus, pcmu, pcma, g722))},
		{
			"payload type taken", new(audio(SendRecv, format("PCMU", 8000, 111), format("PCMA", 8000, 96))),
			Policy{},
			new(audio(SendRecv, format("PCMU", 8000, 111), format("PCMA", 8000, 96), format("opus", 48000, 97))),
		},
		{
			"opus first", new(audio(SendRecv, pcmu)),
			Policy{PreferOpus: true},
			new(audio(SendRecv, opus, pcmu, pcma)),
		},
		{
			"passing only", new(audio(SendRecv, g729)),
			Policy{Codecs: []transcode.Format{pcmu, g729}},
			new(audio(SendRecv, g729)),
		},
		{
			"passing and transcoding", new(audio(SendRecv, g729, pcma)),
			Policy{Codecs: []transcode.Format{pcmu, g729, pcma}},
			new(audio(SendRecv, g729, pcma, pcmu)),
		},
		{"unknown codec", new(audio(SendRecv, g729)), Policy{}, nil},
		{"not allowed", new(audio(SendRecv, opus, g722)), Policy{Codecs: []transcode.Format{pcmu}}, nil},
		{"refused audio", new(audio(SendRecv)), Policy{}, nil},
		{"no section", &Description{}, Policy{}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := offerFor(test.caller, test.policy)
			checkDescription(t, got, err, test.want)
		})
	}
}

func TestOfferForKeepsThePacketTimeAndTheFirstAudioOnly(t *testing.T) {
	t.Parallel()
	caller := audio(SendRecv, format("PCMU", 8000, 0))
	caller.Media[0].PacketTime = 30
	video := MediaDescription{Kind: transcode.Video, Formats: []transcode.Format{format("VP8", 90000, 96)}}
	caller.Media = append([]MediaDescription{video}, caller.Media...)
	caller.Media = append(caller.Media, caller.Media[1])
	got, err := offerFor(&caller, Policy{})
	if err != nil || len(got.Media) != 2 || got.Media[0].PacketTime != 30 || got.Media[1].Kind != transcode.Video {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAnswerFor(t *testing.T) {
	t.Parallel()
	pcmu, pcma, opus := format("PCMU", 8000, 0), format("PCMA", 8000, 8), format("opus", 48000, 111)
	g722, g729, oddOpus := format("G722", 8000, 9), format("G729", 8000, 18), format("opus", 48000, 96)
	gsm, speex, vp8 := format("GSM", 8000, 3), format("speex", 16000, 97), format("VP8", 90000, 96)
	withG729 := Policy{Codecs: []transcode.Format{pcmu, g729}}
	for _, test := range []struct {
		name       string
		offer, far Description
		policy     Policy
		want       *Description // nil: refused
	}{
		{"shared", audio(SendRecv, opus, pcmu, pcma), audio(SendRecv, pcmu), Policy{}, new(audio(SendRecv, pcmu))},
		{"far order", audio(SendRecv, pcmu, pcma), audio(SendRecv, pcma, pcmu), Policy{}, new(audio(SendRecv, pcma))},
		{"second shared", audio(SendRecv, pcmu), audio(SendRecv, opus, pcmu), Policy{}, new(audio(SendRecv, pcmu))},
		{"own payload type", audio(SendRecv, oddOpus), audio(SendRecv, opus), Policy{}, new(audio(SendRecv, oddOpus))},
		{"transcoded", audio(SendRecv, opus), audio(SendRecv, pcmu), Policy{}, new(audio(SendRecv, opus))},
		{"wide", audio(SendRecv, pcma, opus), audio(SendRecv, g722), Policy{}, new(audio(SendRecv, opus))},
		{
			"wide, cheap", audio(SendRecv, opus, speex, g722), audio(SendRecv, opus, pcmu),
			Policy{},
			new(audio(SendRecv, opus)),
		},
		{
			"wide and cheaper", audio(SendRecv, speex, pcmu, g722), audio(SendRecv, opus),
			Policy{},
			new(audio(SendRecv, g722)),
		},
		{"narrow", audio(SendRecv, opus, g722, pcma, pcmu), audio(SendRecv, gsm), Policy{}, new(audio(SendRecv, pcma))},
		{"nothing known", audio(SendRecv, opus, pcma, pcmu), audio(SendRecv, g729), Policy{}, nil},
		{"cheap first", audio(SendRecv, oddOpus, pcma), audio(SendRecv, pcmu), Policy{}, new(audio(SendRecv, pcma))},
		{
			"prefer opus", audio(SendRecv, opus, pcmu), audio(SendRecv, pcmu),
			Policy{PreferOpus: true},
			new(audio(SendRecv, opus)),
		},
		{
			"prefer opus, not there", audio(SendRecv, pcma, pcmu), audio(SendRecv, pcmu),
			Policy{PreferOpus: true},
			new(audio(SendRecv, pcmu)),
		},
		{"passes unknown", audio(SendRecv, pcmu, g729), audio(SendRecv, g729), withG729, new(audio(SendRecv, g729))},
		{"no way", audio(SendRecv, pcmu), audio(SendRecv, g729), withG729, nil},
		{"no way back", audio(SendRecv, g729), audio(SendRecv, pcmu), withG729, nil},
		{"far held", audio(SendRecv, pcmu), audio(SendOnly, pcmu), Policy{}, new(audio(SendOnly, pcmu))},
		{"offer held", audio(SendOnly, pcmu), audio(SendRecv, pcmu), Policy{}, new(audio(RecvOnly, pcmu))},
		{"both held", audio(SendOnly, pcmu), audio(SendOnly, pcmu), Policy{}, new(audio(Inactive, pcmu))},
		{"inactive", audio(Inactive, pcmu), audio(SendRecv, pcmu), Policy{}, new(audio(Inactive, pcmu))},
		{"nothing offered", audio(SendRecv), audio(SendRecv, pcmu), Policy{}, nil},
		{"nothing there", audio(SendRecv, pcmu), Description{}, Policy{}, nil},
		{"pictures alone", pictures(SendOnly, vp8), pictures(SendRecv, vp8), Policy{}, new(pictures(RecvOnly, vp8))},
		{"pictures for sound", pictures(SendRecv, vp8), audio(SendRecv, pcmu), Policy{}, nil},
		{"pictures not wanted", pictures(SendRecv, vp8), pictures(SendRecv, vp8), Policy{AudioOnly: true}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := answerFor(test.offer, test.far, test.policy)
			checkDescription(t, got, err, test.want)
		})
	}
}

func TestAnswerForKeepsTheSections(t *testing.T) {
	t.Parallel()
	pcmu := format("PCMU", 8000, 0)
	video := MediaDescription{Kind: transcode.Video, Formats: []transcode.Format{format("VP8", 90000, 96)}}
	first := audio(SendRecv, pcmu).Media[0]
	offer := Description{Media: []MediaDescription{video, {}, first, first}}
	got, err := answerFor(offer, audio(SendRecv, pcmu), Policy{})
	if err != nil || len(got.Media) != 4 {
		t.Fatalf("got %+v, %v", got, err)
	}
	for i, refused := range []bool{true, true, false, true} {
		if got.Media[i].Refused() != refused || got.Media[i].Kind != offer.Media[i].Kind {
			t.Errorf("section %d is %+v", i, got.Media[i])
		}
	}
}

func TestParametersOfAnAnswer(t *testing.T) {
	t.Parallel()
	opus, pcmu := format("opus", 48000, 111), format("PCMU", 8000, 0)
	opus.Parameters = "stereo=1"
	far := format("opus", 48000, 96)
	far.Parameters = "maxplaybackrate=16000"
	for want, other := range map[string]transcode.Format{far.Parameters: far, narrowParameters: pcmu} {
		got, err := answerFor(audio(SendRecv, opus), audio(SendRecv, other), Policy{})
		if err != nil || got.Media[0].Formats[0].Parameters != want {
			t.Errorf("got %+v, %v, want parameters %q", got, err, want)
		}
	}
}

// checkDescription compares formats and direction of the audio; a nil want stands for a refusal with 488.
func checkDescription(t *testing.T, got Description, err error, want *Description) {
	t.Helper()
	if want == nil {
		if cause := CauseOf(err); err == nil || cause.Status != 488 {
			t.Errorf("got %+v, %v, want a refusal with 488", got, err)
		}
		return
	}
	if err != nil {
		t.Fatalf("refused: %v", err)
	}
	if !got.SameMedia(*want) || got.Media[0].Direction != want.Media[0].Direction {
		t.Errorf("got %+v, want %+v", got, *want)
	}
}
