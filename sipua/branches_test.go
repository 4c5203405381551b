package sipua

import (
	"strings"
	"testing"
	"time"

	"sipbridge/sipua/wire"
)

// TestBadBranches: whatever is for a branch, an INVITE makes one call, a repeated one no other, and CANCEL ends it.
func TestBadBranches(t *testing.T) {
	for name, via := range map[string]string{
		"none":          ";rport",
		"empty":         ";rport;branch=",
		"without value": ";rport;branch",
		"cookie alone":  ";rport;branch=z9hG4bK",
		"no cookie":     ";rport;branch=1",
		"other case":    ";rport;BRANCH=Z9HG4BKx",
		"long":          ";rport;branch=z9hG4bK" + strings.Repeat("x", 4000),
		"separators":    ";rport;branch=z9hG4bK|INVITE|192.0.2.9|%00",
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			p := s.peer("TCP", "192.0.2.9:5070")
			script := newScript(p)
			with := func(method string) []string {
				lines := script.lines(method, "1")
				lines[1] = "Via: SIP/2.0/TCP 192.0.2.9:5070" + via
				return lines
			}
			p.say("sdp", with("INVITE")...)
			leg := within(t, s.incoming, "call")
			p.say("sdp", with("INVITE")...)
			p.say("", with("CANCEL")...)
			statuses := map[int]bool{p.final().StatusCode: true, p.final().StatusCode: true}
			if !statuses[200] || !statuses[487] {
				t.Errorf("answers %v", statuses)
			}
			within(t, leg.Events(), "end")
			if len(s.incoming) != 0 {
				t.Error("the repeated INVITE makes another call")
			}
		})
	}
}

// TestBranchOfSomebodyElse: a branch that another party uses, or that was used for another method, is a new one.
func TestBranchOfSomebodyElse(t *testing.T) {
	s := newSetup(t)
	p, other := s.peer("UDP", "192.0.2.9:5070"), s.peer("UDP", "192.0.2.10:5070")
	first := newScript(p)
	lines := first.lines("INVITE", "1")
	p.say("sdp", lines...)
	within(t, s.incoming, "call")
	again := newScript(other)
	again.callID = "other"
	stolen := again.lines("INVITE", "1")
	stolen[1] = lines[1]
	other.say("sdp", stolen...)
	within(t, s.incoming, "call of the other party")
	options := plain(p, "OPTIONS", "sip:local.example")
	options[1] = lines[1]
	p.say("", options...)
	p.status(200)
}

// TestHeaderBombs are refused before they cost anything to speak of.
func TestHeaderBombs(t *testing.T) {
	head := "INVITE sip:bob@out.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9"
	tail := "\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n"
	for name, raw := range map[string]string{
		"parameters of a Via": head + strings.Repeat(";p=1", 9000) + tail + "\r\n",
		"Contacts":            head + tail + "Contact: " + strings.Repeat("<sip:a@b>,", 3000) + "<sip:a@b>\r\n\r\n",
		"lines":               head + tail + strings.Repeat("X: 1\r\n", 10_000) + "\r\n",
		"folds":               head + tail + "X: 1" + strings.Repeat("\r\n 1", 15_000) + "\r\n\r\n",
		"quotes":              head + tail + "X: " + strings.Repeat(`"\`, 20_000) + "\r\n\r\n",
		"Vias":                head + strings.Repeat(", SIP/2.0/UDP 192.0.2.9", 2500) + tail + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			best := time.Hour
			for range 20 { // the machine may have other things to do
				began := time.Now()
				_, err := wire.Parse([]byte(raw), wire.StreamLimits())
				best = min(best, time.Since(began))
				if err == nil {
					t.Fatal("it is taken")
				}
			}
			if best > 5*time.Millisecond {
				t.Errorf("it takes %v", best)
			}
		})
	}
}
