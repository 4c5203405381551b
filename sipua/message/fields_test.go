package message

import (
	"testing"

	"github.com/emiago/sipgo/sip"
)

func request(headers ...string) *sip.Request {
	made := sip.NewRequest(sip.SUBSCRIBE, sip.Uri{Scheme: "sip", Host: "x"})
	for i := 0; i < len(headers); i += 2 {
		made.AppendHeader(sip.NewHeader(headers[i], headers[i+1]))
	}
	return made
}

func TestExpires(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]int{
		" 60 ": 60, "0": 0, "": MalformedExpires, "-1": MalformedExpires, "4294967296": MalformedExpires,
	} {
		if got := Expires(request("Expires", value)); got != want {
			t.Errorf("%q is %d", value, got)
		}
	}
	if got := Expires(request()); got != NoExpires {
		t.Errorf("none is %d", got)
	}
}

func TestAccepts(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		"application/sdp": true, "text/plain, Application/SDP;q=0.5": true, "application/*": true, "*/*": true,
		"text/plain": false, "": false,
	} {
		if got := Accepts(request("Accept", value), "application/sdp"); got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
	if !Accepts(request(), "application/sdp") {
		t.Error("who says nothing takes all")
	}
}

func TestHops(t *testing.T) {
	t.Parallel()
	for left, want := range map[sip.MaxForwardsHeader]int{0: 0, 12: 12, 70: 70, 255: DefaultHops} {
		made := request()
		made.AppendHeader(&left)
		if got := Hops(made); got != want {
			t.Errorf("%d is %d", left, got)
		}
	}
	if got := Hops(request()); got != DefaultHops {
		t.Errorf("none is %d", got)
	}
}

func TestHasOption(t *testing.T) {
	t.Parallel()
	made := request("Supported", "path, Timer", "Supported", "100rel")
	for option, want := range map[string]bool{"timer": true, "100rel": true, "path": true, "pat": false} {
		if got := HasOption(made, "Supported", option); got != want {
			t.Errorf("%s: %v", option, got)
		}
	}
}

func TestValuesHideWhoWarns(t *testing.T) {
	t.Parallel()
	made := request("Warning", `399 10.1.2.3:5060 "Full"`, "Subject", "x")
	if got := Values(made, "Warning"); len(got) != 1 || got[0] != `399 sipbridge "Full"` {
		t.Errorf("%q", got)
	}
	if Value(made, "Subject") != "x" || Value(made, "Event") != "" {
		t.Error("one value")
	}
}
