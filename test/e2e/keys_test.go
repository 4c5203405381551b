package e2e

import (
	"strings"
	"testing"
	"time"

	"sipbridge/test/e2e/ear"
	"sipbridge/test/e2e/sipp"
)

// keys: every key arrives exactly once, whichever way it was sent and is told.
func (w *world) keys(t *testing.T) {
	for _, sent := range []struct{ library, mode, codec string }{
		{jsSIP, "rtp", "PCMU"},
		{jsSIP, "rtp", "opus"},
		{jsSIP, "info", "opus"},
		{sipJS, "rtp", "PCMU"},
		{sipJS, "rtp", "opus"},
		{sipJS, "info", "PCMU"},
		{sipML5, "info", ""},
	} {
		t.Run(sent.library+" by "+sent.mode+" beside "+sent.codec, func(t *testing.T) {
			t.Parallel()
			p, phone := w.talkingIn(t, sent.library, sent.codec, answerUntilBye)
			must(t, p.Call(nil, "dtmf", allKeys, sent.mode, 100))
			mustHaveKeys(t, phone.Ear)
			must(t, p.Call(nil, "hangup"))
			must(t, phone.Wait(limit))
		})
	}
	t.Run("to a phone without events", func(t *testing.T) {
		t.Parallel()
		w.keysByInfo(t)
	})
	t.Run("by RFC 4733 to INFO", func(t *testing.T) {
		t.Parallel()
		p, phone := w.withoutEvents(t, answerUntilBye)
		for _, key := range []byte(allKeys) {
			phone.Press(key, 120*time.Millisecond)
		}
		mustBeTold(t, p)
		must(t, p.Call(nil, "hangup"))
		must(t, phone.Wait(limit))
	})
	t.Run("by INFO to INFO", func(t *testing.T) {
		t.Parallel()
		p, phone := w.withoutEvents(t, func(media sipp.Media) []sipp.Step {
			steps := []sipp.Step{sipp.Answer(media), sipp.AwaitGoOn()}
			for at := range allKeys {
				steps = append(steps, sipp.Pause(200*time.Millisecond), sipp.Info(at+1, allKeys[at], at%2 == 0))
			}
			return append(steps, sipp.AwaitBye())
		})
		must(t, phone.GoOn(limit))
		mustBeTold(t, p)
		must(t, p.Call(nil, "hangup"))
		must(t, phone.Wait(limit))
	})
}

// withoutEvents is a JsSIP page that takes keys by INFO only, in a call with a sipp that plays these steps.
func (w *world) withoutEvents(t *testing.T, steps func(sipp.Media) []sipp.Step) (*page, *scripted) {
	t.Helper()
	phone := callee(t, steps)
	p := w.newPage(t, jsSIP)
	must(t, p.Call(nil, "prefer", "audio/opus", false))
	must(t, p.Call(nil, "call", phone.number()))
	mustBe(t, p, "established")
	mustTalk(t, p, phone)
	return p, phone
}

// talkingToScript is a page of the library in a call with a sipp that plays these steps.
func (w *world) talkingToScript(
	t *testing.T, library string, steps func(sipp.Media) []sipp.Step,
) (*page, *scripted) {
	t.Helper()
	return w.talkingIn(t, library, "", steps)
}

// talkingIn is the same with one audio codec in the browser, or all it has.
func (w *world) talkingIn(
	t *testing.T, library, codec string, steps func(sipp.Media) []sipp.Step,
) (*page, *scripted) {
	t.Helper()
	phone := callee(t, steps)
	p := w.newPage(t, library)
	if codec != "" {
		must(t, p.Call(nil, "prefer", "audio/"+codec, true))
	}
	must(t, p.Call(nil, "call", phone.number()))
	mustBe(t, p, "established")
	mustTalk(t, p, phone)
	return p, phone
}

// mustHaveKeys waits for all keys, then a while for what should not come.
func mustHaveKeys(t *testing.T, sound *ear.Ear) {
	t.Helper()
	must(t, sound.WaitDigits(allKeys, limit))
	time.Sleep(300 * time.Millisecond) // a doubled last key would come now
	keys := sound.Keys()
	if len(keys) != len(allKeys) {
		t.Errorf("%d keys: %+v", len(keys), keys)
	}
	for _, key := range keys {
		if key.Duration < 80*time.Millisecond || key.Duration > 260*time.Millisecond {
			t.Errorf("key %c lasted %v", key.Digit, key.Duration)
		}
	}
}

// keysByInfo: a phone that has no telephone-event gets one INFO for each key.
func (w *world) keysByInfo(t *testing.T) {
	t.Helper()
	sound, media := newEar(t)
	media.NoEvents = true
	steps := []sipp.Step{sipp.Answer(media)}
	for range allKeys {
		steps = append(steps, sipp.AwaitInfo())
	}
	phone := runScript(t, sound, sipp.Options{Steps: append(steps, sipp.AwaitBye())})
	p := w.newPage(t, jsSIP)
	must(t, p.Call(nil, "call", phone.number()))
	mustBe(t, p, "established")
	mustTalk(t, p, phone)
	must(t, p.Call(nil, "dtmf", allKeys, "rtp", 100))
	deadline := time.Now().Add(limit)
	for told := ""; told != allKeys; told = infoKeys(phone) {
		if time.Now().After(deadline) {
			t.Fatalf("the phone was told %q", told)
		}
		time.Sleep(50 * time.Millisecond) // sipp's messages are in a file
	}
	must(t, p.Call(nil, "hangup"))
	must(t, phone.Wait(limit))
}

// infoKeys are the keys in the INFO requests that the script received.
func infoKeys(phone *scripted) string {
	var keys strings.Builder
	for _, message := range phone.Messages() {
		if message.Sent || !strings.HasPrefix(message.Text, "INFO ") {
			continue
		}
		_, after, _ := strings.Cut(message.Text, "Signal=")
		if after = strings.TrimLeft(after, " "); after != "" {
			keys.WriteByte(after[0])
		}
	}
	return keys.String()
}

// mustBeTold expects the page's library to report all keys, once each.
func mustBeTold(t *testing.T, p *page) {
	t.Helper()
	must(t, p.WaitEvent(limit, "dtmf", len(allKeys)))
	story, err := p.Story()
	must(t, err)
	var told strings.Builder
	for _, event := range story {
		if key, isText := event.Detail.(string); isText && event.Type == "dtmf" {
			told.WriteString(key)
		}
	}
	if told.String() != allKeys {
		t.Errorf("the page was told %q, want %q", told.String(), allKeys)
	}
}
