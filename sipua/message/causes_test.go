package message

import (
	"testing"

	"github.com/emiago/sipgo/sip"
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
			if cause := CauseOf(request); cause.Status != test.status || cause.Text != test.text {
				t.Errorf("cause %+v", cause)
			}
		})
	}
}
