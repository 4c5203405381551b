package e2e

import "testing"

// sipmlFailedSteps: what fails within a call has its event, and the call goes on.
func (w *world) sipmlFailedSteps(t *testing.T) {
	t.Parallel()
	p, phone := w.talkingToScript(t, ours(w), answerUntilBye)
	must(t, p.Call(nil, "transfer", "sip:nobody@localhost"))
	must(t, p.WaitEvent(limit, "call "+asksTransfer+"failed", 1))
	mustTalk(t, p, phone)
	must(t, p.Call(nil, "hangup"))
	must(t, phone.Wait(limit))

	must(t, p.Call(nil, "call", "sip:tone@localhost"))
	mustBe(t, p, "established")
	must(t, p.Call(nil, "info", "text", "application/unknown"))
	must(t, p.WaitEvent(limit, "call message_error", 1))
	mustHear(t, p, 1004)
	must(t, p.Call(nil, "hangup"))
	mustBe(t, p, "ended")

	unwilling := w.newPage(t, jsSIP)
	connected(t, p, unwilling, "call-audio")
	must(t, p.Call(nil, "hold"))
	must(t, unwilling.Call(nil, "refuseOffers"))
	if err := p.Call(nil, "resume"); err == nil {
		t.Error("resumed what was refused")
	}
	must(t, p.WaitEvent(limit, "call m_local_resume_nok", 1))
	must(t, unwilling.Call(nil, "hangup"))
	mustBe(t, p, "ended")
}

// sipmlCameraOff: the other party switches its camera off, and on again.
func (w *world) sipmlCameraOff(t *testing.T) {
	t.Parallel()
	p, other := w.sipmlPage(t, nil, nil), w.newPage(t, jsSIP)
	must(t, p.Call(nil, "showVideo"))
	must(t, p.Call(nil, "hearNamed", []string{"media_removed"}))
	must(t, other.Call(nil, "camera"))
	connected(t, p, other, "call-audiovideo")
	sees(t, p)
	must(t, other.Call(nil, "dropCamera", false))
	must(t, p.WaitEvent(limit, "call m_stream_video_remote_removed", 1))
	must(t, p.WaitEvent(limit, "named media_removed", 1))
	must(t, other.Call(nil, "takeCameraBack"))
	must(t, p.WaitEvent(limit, "call m_stream_video_remote_added", 2))
	sees(t, p)
	must(t, other.Call(nil, "hangup"))
	mustBe(t, p, "ended")
}

// sipmlWrongSettings: a call does without ICE servers that are none, and the page is told.
func (w *world) sipmlWrongSettings(t *testing.T) {
	t.Parallel()
	p := w.sipmlPage(t, map[string]any{"ice_servers": []map[string]any{{"urls": "nonsense:x"}}}, nil)
	must(t, p.Call(nil, "call", "sip:tone@localhost"))
	must(t, p.WaitEvent(limit, "call webrtc_error", 1))
	mustBe(t, p, "established")
	mustHear(t, p, 1004)
	must(t, p.Call(nil, "hangup"))
	mustBe(t, p, "ended")
}
