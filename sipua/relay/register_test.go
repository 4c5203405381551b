package relay

import (
	"testing"

	"sipbridge/sipua/wire"
)

// TestPathLeadsDownTheFlow: it is our address with the token, as a loose route of RFC 5626.
func TestPathLeadsDownTheFlow(t *testing.T) {
	t.Parallel()
	for _, contact := range []string{"sip:me@203.0.113.7:6060", "sip:me@[2001:db8::7]:5061;transport=tls"} {
		ours, err := wire.ParseURI(contact, wire.StreamLimits())
		if err != nil {
			t.Fatal(err)
		}
		if got := pathAt(ours); got != "<"+contact+";lr;ob>" {
			t.Errorf("Path is %s", got)
		}
		if ours.String() != contact {
			t.Errorf("the Contact has become %s", ours.String())
		}
	}
}
