package sipua

import (
	"testing"

	"sipbridge/bridge"
)

// TestKnownExtensionsMayBeRequired: an INVITE that requires what we do is a call (RFC 3261 section 8.2.2.3), also with
// the tags of ICE (RFC 5768), which we need not do where the SDP has none.
func TestKnownExtensionsMayBeRequired(t *testing.T) {
	for _, required := range []string{"100rel", "Timer", "replaces, norefersub", "ice", "sip.ice", "outbound, path"} {
		t.Run(required, func(t *testing.T) {
			s := newSetup(t)
			p := s.peer("UDP", "192.0.2.9:5070")
			leg := s.invite(newScript(p), "Require: "+required)
			leg.Hangup(bridge.Cause{Status: 486})
			p.status(486)
			event[bridge.Ended](t, leg)
		})
	}
}
