package rtpmedia

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

func picturesAlone(direction bridge.Direction) bridge.Description {
	return bridge.Description{Media: pictures(direction, vp8()).Media[1:]}
}

// TestPicturesAlone passes them both ways without any sound, adds sound, and takes it away again.
func TestPicturesAlone(t *testing.T) {
	t.Parallel()
	caller, callee := newSession(t, nil), newSession(t, nil)
	toCaller, toCallee := &recorder{}, &recorder{}
	caller.Receive(transcode.Video, toCaller)
	callee.Receive(transcode.Video, toCallee)
	offer, answer := show(t, caller, callee, picturesAlone(bridge.SendRecv))
	if text := string(offer) + string(answer); strings.Contains(text, "m=audio") || strings.Count(text, "m=video") != 2 {
		t.Errorf("they say\n%s", text)
	}
	film(t, caller, 1)
	film(t, callee, 1)
	eventually(t, "pictures both ways", func() bool { return toCaller.count() == 1 && toCallee.count() == 1 })
	if callee.SendDTMF(bridge.DTMF{Digit: '1', Duration: time.Second}) {
		t.Error("a key was played without sound")
	}

	show(t, caller, callee, pictures(bridge.SendRecv, vp8()))
	heard := &recorder{}
	callee.Receive(transcode.Audio, heard)
	newSpeech(caller, pcmu()).say(t)
	eventually(t, "sound", func() bool { return heard.count() > 0 })

	offer, _ = show(t, caller, callee, picturesAlone(bridge.SendRecv))
	if !strings.Contains(string(offer), "m=audio 0 ") {
		t.Errorf("we offer\n%s", offer)
	}
	film(t, caller, 2)
	eventually(t, "pictures without the sound", func() bool { return toCallee.count() == 2 })
}

// TestPicturesAloneRefused tells a party's refusal of all that was offered from an answer.
func TestPicturesAloneRefused(t *testing.T) {
	t.Parallel()
	session := newSession(t, nil)
	must[[]byte](t)(session.Offer(picturesAlone(bridge.SendRecv)))
	_, err := session.SetAnswer(text([]string{"m=video 0 RTP/AVP 96"}))
	if cause := bridge.CauseOf(err); !errors.Is(err, ErrNoMedia) || cause.Status != 488 {
		t.Errorf("got %v", err)
	}
}

// TestPicturesAloneSilence tells of a party whose pictures stop.
func TestPicturesAloneSilence(t *testing.T) {
	t.Parallel()
	session := newSession(t, func(o *Options) { o.Timeout = time.Minute })
	offer := text([]string{"m=video 4000 RTP/AVP 96", "a=rtpmap:96 VP8/90000"})
	offered := must[bridge.Description](t)(session.SetOffer(offer))
	must[[]byte](t)(session.Answer(answersFirst(offered)))
	watch := silenceWatch{session: session}
	if watch.look(session.start.Add(time.Hour)); !session.silent.Load() {
		t.Error("an hour without pictures was not noticed")
	}
}
