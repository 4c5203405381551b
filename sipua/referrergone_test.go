package sipua

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

// TestReferrerThatHungUpIsTold until the transfer is over, or it has had enough: BYE ends its call, but not the
// subscription (RFC 5057 section 4.1).
func TestReferrerThatHungUpIsTold(t *testing.T) {
	for name, reads := range map[string]func(*peer, bridge.Leg){
		"to the end": func(p *peer, leg bridge.Leg) {
			leg.TransferProgress(bridge.Cause{Status: 180})
			p.notified("refer;id=3", stateActive, "180 Ringing")
			leg.TransferProgress(bridge.Cause{Status: 200})
			p.notified("refer;id=3", stateTerminated, "200 OK")
		},
		"knows no dialog any more": func(p *peer, leg bridge.Leg) {
			leg.TransferProgress(bridge.Cause{Status: 180})
			p.respond(p.request(sip.NOTIFY), 481, "", "")
		},
		"is not there any more": func(p *peer, leg bridge.Leg) {
			p.fails.Store(true)
			leg.TransferProgress(bridge.Cause{Status: 486})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			p := s.peer("TCP", "192.0.2.9:5070")
			script := newScript(p)
			leg := s.answered(script)
			p.say("", script.lines("REFER", "3", "Refer-To: <sip:carol@out.example>")...)
			event[bridge.TransferAsked](t, leg)
			leg.TransferProgress(bridge.Cause{Status: 100})
			p.status(202)
			unanswered := p.request(sip.NOTIFY)
			p.say("", script.lines("BYE", "4")...)
			p.status(200)
			event[bridge.Ended](t, leg)
			p.respond(unanswered, 200, "", "")
			reads(p, leg)
			s.settled()
			p.quiet()
		})
	}
}
