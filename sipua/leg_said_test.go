package sipua

import (
	"slices"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

func TestReasonsOfBothProtocolsGoOn(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.20:5060")
	leg := s.dialled(p, "sdp")
	said := []string{`Q.850;cause=17;text="User busy"`, "SIP;cause=486"}
	cause := bridge.Cause{Status: 486}
	for _, value := range said {
		cause.Headers = append(cause.Headers, bridge.Header{Name: "Reason", Value: value})
	}
	leg.Hangup(cause)
	bye := p.request(sip.BYE)
	var told []string
	for _, header := range bye.GetHeaders("Reason") {
		told = append(told, header.Value())
	}
	if !slices.Equal(told, said) {
		t.Errorf("told %q", told)
	}
	p.respond(bye, 200, "", "")
	event[bridge.Ended](t, leg)
}
