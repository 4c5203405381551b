package sipua

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/headers"
	"sipbridge/sipua/trunk"
)

// withTrunkHeaders gives the trunk a policy of its own.
func withTrunkHeaders(t *testing.T, pass, strip []string) func(*Options, *Agent) {
	t.Helper()
	policy, err := headers.New(pass, strip)
	if err != nil {
		t.Fatal(err)
	}
	return withTrunk(t, func(o *trunk.Options) { o.Headers = policy })
}

// TestHeadersOfATrunk: its own lists say what crosses from it and what does not to it, in requests and responses.
func TestHeadersOfATrunk(t *testing.T) {
	s := newSetup(t, withTrunkHeaders(t, []string{"Unheard-Of"}, []string{"X-*", "Diversion"}))
	carrier := s.peer("UDP", carrierAddress)
	leg := s.dialNumber("+49301") // with an X-Ticket
	invite := carrier.request(sip.INVITE)
	if invite.GetHeader("X-Ticket") != nil {
		t.Error("a stripped header crosses to the trunk")
	}
	carrier.respond(invite, 180, "far", "", "X-Ring: 1", "Unheard-Of: 2", "P-Early-Media: supported")
	if got := namesOf(event[bridge.Ringing](t, leg).Headers); got != "Unheard-Of P-Early-Media " {
		t.Errorf("with 180 these cross from it: %s", got)
	}
	carrier.respond(invite, 486, "far", "", "Diversion: <sip:boss@x>", "Reason: Q.850;cause=17")
	carrier.request(sip.ACK)
	if got := namesOf(event[bridge.Ended](t, leg).Cause.Headers); got != "Reason " {
		t.Errorf("with 486 these cross from it: %s", got)
	}
	callFrom(carrier, "sip:004930@192.0.2.1", "<sip:0043@carrier.test>", "<sip:004930@carrier.test>",
		"Diversion: <sip:boss@x>", "Unheard-Of: 1", "User-to-User: 2")
	incoming := within(t, s.incoming, "call")
	if got := namesOf(incoming.Request().Headers); got != "Unheard-Of User-to-User " {
		t.Errorf("with INVITE these cross from it: %s", got)
	}
	incoming.Hangup(bridge.Cause{Status: 486, Headers: []bridge.Header{
		{Name: "X-Why", Value: "1"}, {Name: "Reason", Value: "Q.850;cause=17"},
	}})
	busy := carrier.status(486)
	if busy.GetHeader("X-Why") != nil || busy.GetHeader("Reason") == nil {
		t.Errorf("it hears\n%s", busy)
	}
}

func namesOf(list []bridge.Header) (names string) {
	for _, header := range list {
		names += header.Name + " "
	}
	return names
}
