package sipua

import (
	"slices"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

func TestReasons(t *testing.T) {
	tests := map[string]struct {
		headers []string
		status  int
		text    string
	}{
		"none":             {nil, 200, "Normal call clearing"},
		"SIP":              {[]string{`SIP;cause=486;text="Busy, really"`}, 486, "Busy, really"},
		"blanks":           {[]string{`SIP ; cause=408 ;text="RTP Timeout"`}, 408, "RTP Timeout"},
		"answered there":   {[]string{`SIP;cause=200;text="Call completed elsewhere"`}, 200, "Call completed elsewhere"},
		"Q.850":            {[]string{`Q.850;cause=16`}, 200, "Normal call clearing"},
		"Q.850 first":      {[]string{`Q.850;cause=17;text="a, \"b", SIP;cause=600`}, 600, ""},
		"in two headers":   {[]string{"Q.850;cause=17", "sip;cause=480"}, 480, ""},
		"no cause":         {[]string{"SIP;text=x"}, 200, "Normal call clearing"},
		"impossible cause": {[]string{"SIP;cause=99", "SIP;cause=x"}, 200, "Normal call clearing"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			request := sip.NewRequest(sip.BYE, sip.Uri{Scheme: "sip", Host: "x"})
			for _, value := range test.headers {
				request.AppendHeader(sip.NewHeader("Reason", value))
			}
			if cause := causeOfRequest(request); cause.Status != test.status || cause.Text != test.text {
				t.Errorf("cause %+v", cause)
			}
		})
	}
}

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
