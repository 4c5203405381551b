package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
	"sipbridge/test/e2e/sipp"
)

// How the events of a transfer begin, that we ask for and that is asked of us.
const (
	asksTransfer    = "o_ect_" //nolint:misspell // sipML5's word
	isAskedTransfer = "i_ect_" //nolint:misspell // sipML5's word
)

// TestSIPmlRepairs: what is broken in sipML5, or not in it, works in ours.
func TestSIPmlRepairs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	t.Run("hold", w.sipmlHold)
	t.Run("hold with nothing in either direction", w.sipmlInactiveHold)
	t.Run("unpublish and unsubscribe", w.sipmlRemovals)
	t.Run("settings of the stack", w.sipmlSettings)
	t.Run("dead STUN server", w.sipmlGathering)
	t.Run("no WebRTC", w.sipmlWithoutWebRTC)
	t.Run("lost connection", w.sipmlReconnects)
	t.Run("transfer", w.sipmlTransfers)
	t.Run("additions", w.sipmlAdditions)
	t.Run("events that only have names there", w.sipmlNamedEvents)
	t.Run("pictures", w.sipmlPictures)
	t.Run("screen", w.sipmlScreen)
}

// sipmlPage opens a page with ours, configured, and registers it.
func (w *world) sipmlPage(t *testing.T, stack, call map[string]any) *page {
	t.Helper()
	p, account := w.openPage(t, ours(w))
	must(t, p.Call(nil, "configure", stack, call))
	must(t, p.Register(account))
	return p
}

func (w *world) sipmlHold(t *testing.T) {
	t.Parallel()
	p, phone := w.talking(t, ours(w))
	must(t, p.Call(nil, "hold"))
	must(t, p.WaitSilence(limit))
	must(t, phone.WaitQuiet(limit))
	must(t, p.Call(nil, "resume"))
	mustTalk(t, p, phone)
	must(t, phone.Hold())
	must(t, p.WaitEvent(limit, "call m_remote_hold", 1))
	must(t, p.WaitSilence(limit))
	must(t, phone.Resume())
	must(t, p.WaitEvent(limit, "call m_remote_resume", 1))
	mustTalk(t, p, phone)
	must(t, p.Call(nil, "mute", true))
	must(t, phone.WaitQuiet(limit))
	must(t, p.Call(nil, "mute", false))
	mustTalk(t, p, phone)
	must(t, p.Call(nil, "hangup"))
	_, err := phone.WaitEvent(baresip.Closed, 1, limit)
	must(t, err)
}

func (w *world) sipmlInactiveHold(t *testing.T) {
	t.Parallel()
	phone := callee(t, func(media sipp.Media) []sipp.Step {
		return []sipp.Step{
			sipp.Answer(media), sipp.Pause(time.Second), sipp.Reinvite(media, 1, "inactive"), sipp.Pause(2 * time.Second),
			sipp.Reinvite(media, 2, "sendrecv"), sipp.AwaitBye(),
		}
	})
	p := w.sipmlPage(t, nil, nil)
	must(t, p.Call(nil, "call", phone.number()))
	must(t, p.WaitEvent(limit, "call m_remote_resume", 1))
	mustTalk(t, p, phone)
	frames, err := p.Trace()
	must(t, err)
	answered := false
	for _, frame := range frames {
		isOurs := frame.Way == "out" && strings.HasPrefix(frame.Text, "SIP/2.0 200")
		answered = answered || isOurs && strings.Contains(frame.Text, "a=inactive")
	}
	if !answered {
		t.Error("a hold in both directions was not answered so")
	}
	must(t, p.Call(nil, "hangup"))
	must(t, phone.Wait(limit))
}

func (w *world) sipmlRemovals(t *testing.T) {
	t.Parallel()
	p := w.sipmlPage(t, nil, nil)
	must(t, p.Call(nil, "publish", "<presence/>"))
	must(t, p.Call(nil, "unpublish"))
	must(t, p.WaitEvent(limit, "published terminated", 1))
	must(t, p.Call(nil, "watch", "sip:user99@localhost", "presence", "application/pidf+xml"))
	must(t, p.WaitEvent(limit, "watched connected", 1))
	must(t, p.WaitEvent(limit, "watched i_notify", 1))
	must(t, p.Call(nil, "unwatch"))
	must(t, p.WaitEvent(limit, "watched terminated", 1))
	var removals int
	must(t, p.Call(&removals, "sent", "SUBSCRIBE", "Expires: 0"))
	if removals < 1 || removals > 2 {
		t.Errorf("%d requests to end a subscription", removals)
	}
}

// sipmlSettings: the server of the script for who names none, no name for who has none (sipML5 wrote "undefined"), a
// cache of devices, no ICE servers, bandwidth.
func (w *world) sipmlSettings(t *testing.T) {
	t.Parallel()
	p := w.sipmlPage(t, map[string]any{
		"websocket_proxy_url":       nil,
		"display_name":              nil,
		"enable_media_stream_cache": true,
		"ice_servers":               []string{},
		"bandwidth":                 map[string]int{"audio": 64},
		"sip_headers": []map[string]string{
			{"name": "User-Agent", "value": "page/1"}, {"name": "X-All", "value": "all"},
		},
	}, map[string]any{
		"sip_headers": []map[string]any{{"name": "X-Once", "value": "once", "session": false}},
	})
	for range 3 {
		must(t, p.Call(nil, "call", "sip:tone@localhost"))
		mustBe(t, p, "established")
		mustHear(t, p, 1004)
		must(t, p.Call(nil, "dtmf", "1"))
		must(t, p.Call(nil, "hangup"))
		mustBe(t, p, "ended")
	}
	var asked, limited, named, onAll, once, undefined int
	var servers []any
	must(t, p.Call(&asked, "asked"))
	for _, method := range []string{"REGISTER", "INVITE"} {
		if must(t, p.Call(&undefined, "sent", method, "undefined")); undefined != 0 {
			t.Errorf("%d of %s have an undefined name", undefined, method)
		}
	}
	must(t, p.Call(&servers, "iceServers"))
	must(t, p.Call(&limited, "sent", "INVITE", "\r\nb=AS:64\r\n"))
	must(t, p.Call(&named, "sent", "INVITE", "\r\nUser-Agent: page/1\r\n"))
	must(t, p.Call(&onAll, "sent", "BYE", "\r\nX-All: all\r\n"))
	must(t, p.Call(&once, "sent", "BYE", "\r\nX-Once: once\r\n"))
	if asked != 1 || len(servers) != 0 || limited < 3 || named < 3 || onAll != 3 || once != 0 {
		t.Errorf("asked %d times, ICE servers %v, %d and %d INVITEs, %d and %d BYEs",
			asked, servers, limited, named, onAll, once)
	}
	must(t, p.Call(nil, "forgetHeader", "X-All"))
	must(t, p.Call(nil, "call", "sip:tone@localhost"))
	mustBe(t, p, "established")
	must(t, p.Call(nil, "hangup"))
	mustBe(t, p, "ended")
	if must(t, p.Call(&onAll, "sent", "BYE", "\r\nX-All: all\r\n")); onAll != 3 {
		t.Errorf("a header that was taken away is in %d BYEs", onAll)
	}
}

// sipmlWithoutWebRTC: who asks to be told that it cannot work, is.
func (w *world) sipmlWithoutWebRTC(t *testing.T) {
	t.Parallel()
	p, _ := w.openPage(t, ours(w))
	var said []string
	must(t, p.Call(&said, "initWithoutWebRTC"))
	if len(said) != 1 || said[0] != "WebRTC not supported" {
		t.Errorf("init says %q", said)
	}
}

func (w *world) sipmlGathering(t *testing.T) {
	t.Parallel()
	p := w.sipmlPage(t, map[string]any{"ice_servers": "[{ url: 'stun:192.0.2.1:3478' }]"}, nil)
	begin := time.Now()
	must(t, p.Call(nil, "call", "sip:tone@localhost"))
	mustBe(t, p, "established")
	if waited := time.Since(begin); waited > 8*time.Second {
		t.Errorf("a dead STUN server delays a call by %v", waited)
	}
	mustHear(t, p, 1004)
}

func (w *world) sipmlReconnects(t *testing.T) {
	t.Parallel()
	p := w.sipmlPage(t, nil, nil)
	must(t, p.Call(nil, "call", "sip:tone@localhost"))
	mustBe(t, p, "established")
	mustHear(t, p, 1004)
	must(t, p.Call(nil, "dropSocket"))
	must(t, p.WaitEvent(limit, "registration transport_error", 1))
	must(t, p.WaitEvent(limit, "registration connected", 2))
	mustHear(t, p, 1004)
	must(t, p.Call(nil, "hold"))
	must(t, p.Call(nil, "hangup"))
	mustBe(t, p, "ended")
	phone := w.callPage(t, p, func(uri string, media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Call(uri, media), sipp.AwaitAnswer(), sipp.AwaitBye()}
	})
	mustBe(t, p, "incoming")
	must(t, p.Call(nil, "answer"))
	mustBe(t, p, "established")
	must(t, p.Call(nil, "hangup"))
	must(t, phone.Wait(limit))
}

// sipmlTransfers: blind with its end told, then attended.
func (w *world) sipmlTransfers(t *testing.T) {
	t.Parallel()
	target := callee(t, func(media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Ring(), sipp.Answer(media), sipp.AwaitGoOn(), sipp.Bye(1)}
	})
	p, phone := w.talkingToScript(t, ours(w), answerUntilBye)
	must(t, p.Call(nil, "transfer", target.number()))
	mustJoin(t, phone, target)
	for _, step := range []string{"trying", "accepted", "notify", "completed"} {
		must(t, p.WaitEvent(limit, "call "+asksTransfer+step, 1))
	}
	must(t, target.GoOn(limit))
	must(t, target.Wait(limit))
	must(t, phone.Wait(limit))

	q, held := w.talkingToScript(t, ours(w), func(media sipp.Media) []sipp.Step {
		return []sipp.Step{
			sipp.Answer(media), sipp.AwaitReinvite(media, 2, "recvonly"), sipp.AwaitReinvite(media, 3, "sendrecv"),
			sipp.AwaitBye(),
		}
	})
	other := newPhone(t, baresip.Options{User: "phone", Codec: "PCMA", Transport: "tcp"})
	must(t, q.Call(nil, "hold"))
	must(t, q.Call(nil, "consult", dialable(other)))
	mustBe(t, q, "established")
	mustTalk(t, q, other)
	must(t, q.Call(nil, "join"))
	mustJoin(t, held, other)
	must(t, q.WaitEvent(limit, "call "+asksTransfer+"completed", 1))
	must(t, other.Hangup())
	must(t, held.Wait(limit))
}

// sipmlAdditions: events beside the page's listener, devices, statistics.
func (w *world) sipmlAdditions(t *testing.T) {
	t.Parallel()
	p := w.sipmlPage(t, nil, nil)
	must(t, p.Call(nil, "hearBeside", "reconnected"))
	must(t, p.Call(nil, "dropSocket"))
	must(t, p.WaitEvent(limit, "beside reconnected", 1))
	must(t, p.WaitEvent(limit, "registration connected", 2))
	must(t, p.Call(nil, "call", "sip:tone@localhost"))
	mustBe(t, p, "established")
	mustHear(t, p, 1004)
	var devices []map[string]any
	must(t, p.Call(&devices, "devices"))
	microphones := []string{}
	for _, device := range devices {
		if device["kind"] == "audioinput" {
			microphones = append(microphones, fmt.Sprint(device["deviceId"]))
		}
	}
	if len(microphones) == 0 {
		t.Fatalf("no microphone among %v", devices)
	}
	must(t, p.Call(nil, "useDevices", map[string]string{"audio_input": microphones[len(microphones)-1]}))
	var streams int
	must(t, p.Call(&streams, "callStats"))
	if streams != 1 {
		t.Errorf("statistics tell of %d streams", streams)
	}
	must(t, p.Call(nil, "hangup"))
	mustBe(t, p, "ended")
}
