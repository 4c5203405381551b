package sipua

import (
	"slices"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

// TestRedirection: contacts come by their q, without parameters, our own addresses as the domain that they stand for.
func TestRedirection(t *testing.T) {
	for _, test := range []struct {
		name     string
		status   int
		contacts []string
		want     []string
	}{
		{
			"by q", 302,
			[]string{
				"Contact: <sip:last@x.test>;q=0.1, \"First\" <sip:first@192.0.2.1:5060;transport=tcp>",
				"Contact: <sip:second@y.test;user=phone>;q=0.7", "Contact: <tel:+49-30>;q=0.5", "Contact: <sip:bad@z.test>;q=x",
			},
			[]string{
				"sip:first@local.example", "sip:second@y.test", "sip:+4930@local.example", "sip:last@x.test", "sip:bad@z.test",
			},
		},
		{"multiple choices", 300, []string{"Contact: <sip:a@x.test>"}, []string{"sip:a@x.test"}},
		{"none", 301, nil, nil},
		{"another service", 380, []string{"Contact: <sip:a@x.test>"}, nil},
		{"use proxy", 305, []string{"Contact: <sip:a@x.test>"}, nil},
		{"failure", 486, []string{"Contact: <sip:a@x.test>"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSetup(t)
			p := s.peer("UDP", "192.0.2.20:5060")
			leg := s.dial(p)
			invite := p.request(sip.INVITE)
			p.respondOnly(invite, test.status, test.contacts...)
			p.request(sip.ACK)
			ended := event[bridge.Ended](t, leg)
			if ended.Cause.Status != test.status || !slices.Equal(ended.Cause.Contacts, test.want) {
				t.Errorf("%d to %q, not %q", ended.Cause.Status, ended.Cause.Contacts, test.want)
			}
		})
	}
}

// TestRedirectionByATrunk: a number there is one that routes know.
func TestRedirectionByATrunk(t *testing.T) {
	s := newSetup(t, withTrunk(t, nil))
	carrier := s.peer("UDP", carrierAddress)
	leg := s.dialNumber("+49301")
	carrier.respondOnly(carrier.request(sip.INVITE), 302, "Contact: <sip:0043-1@carrier.test>;q=0.5",
		"Contact: <sip:0044@192.0.2.60>, <sip:0045@elsewhere.test>")
	carrier.request(sip.ACK)
	want := []string{"sip:+44@local.example", "sip:0045@elsewhere.test", "sip:+431@local.example"}
	if ended := event[bridge.Ended](t, leg); !slices.Equal(ended.Cause.Contacts, want) {
		t.Errorf("redirected to %q, not %q", ended.Cause.Contacts, want)
	}
}
