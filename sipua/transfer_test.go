package sipua

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// refer lets the browser of a script send the phone to a target, and gives the NOTIFY of 100 its answer.
func (s *script) refer(target string, extra ...string) {
	s.p.t.Helper()
	s.p.say("", s.lines("REFER", "2", append(extra, "Refer-To: "+target)...)...)
	s.p.status(202)
	s.p.notified("refer;id=2", stateActive, "100 Trying")
}

// over ends the dialog of a script.
func (s *script) over(sequence string) {
	s.p.t.Helper()
	s.p.say("", s.lines("BYE", sequence)...)
	s.p.status(200)
}

// The message flow of RFC 5589 section 6.1, with the bridge in the transferee's role.
func TestBlindTransferByTheBook(t *testing.T) {
	s, phone := newBridge(t)
	p, carol := s.alice("192.0.2.9:5070"), s.peer("UDP", "192.0.2.21:5060")
	alice := p.script()
	connected(alice, phone)
	alice.refer("<sip:carol@local.example>", "Referred-By: <sip:alice@local.example>")
	invite := carol.request(sip.INVITE)
	if from := invite.From().Address; from.User != "bob" || from.Host != "out.example" {
		t.Errorf("the target is called by %v, want the transferee", from)
	}
	if header := invite.GetHeader("Referred-By"); header == nil || header.Value() != "<sip:alice@local.example>" {
		t.Errorf("Referred-By is %v", header)
	}
	carol.respond(invite, 180, "caroltag", "")
	p.notified("refer;id=2", stateActive, "180 Ringing")
	carol.respond(invite, 200, "caroltag", "sdp")
	carol.request(sip.ACK)
	p.notified("refer;id=2", stateTerminated, "200 OK")
	alice.over("3")
	phone.quiet() // no new offer
	target := scriptOf(carol, invite)
	target.from += ";tag=caroltag"
	target.over("1")
	phone.respond(phone.request(sip.BYE), 200, "", "")
	s.settled()
}

func TestTransferThatIsNotAllowed(t *testing.T) {
	s, phone := newBridge(t)
	p := s.alice("192.0.2.9:5070")
	alice := p.script()
	connected(alice, phone)
	alice.refer("<sip:premium@local.example>")
	p.notified("refer;id=2", stateTerminated, "403 Forbidden")
	phone.quiet()
	alice.over("3")
	phone.respond(phone.request(sip.BYE), 200, "", "")
	s.settled()
}

// The dialing rules hold for whoever sends a party to a number, again: a user may send it where he may call, and a
// stranger nowhere.
func TestTransferToANumberObeysTheDialingRules(t *testing.T) {
	s, phone := newBridge(t, withTrunk(t, nil))
	p, carrier := s.alice("192.0.2.9:5070"), s.peer("UDP", carrierAddress)
	alice := p.script()
	connected(alice, phone)
	bob := scriptOf(phone, phone.last(sip.INVITE))
	bob.from += ";tag=bobtag"

	phone.say("", bob.lines("REFER", "2", "Refer-To: <sip:+4930@local.example>")...)
	phone.status(202)
	phone.notified("refer;id=2", stateActive, "100 Trying")
	phone.notified("refer;id=2", stateTerminated, "403 Forbidden")

	alice.refer("<sip:0900@local.example>")
	p.notified("refer;id=2", stateTerminated, "403 Forbidden")
	carrier.quiet()
	if stats := s.agent.options.Dialing.Stats(); stats.Forbidden != 2 || stats.Admitted != 0 {
		t.Errorf("it counted %+v", stats)
	}

	p.say("", alice.lines("REFER", "3", "Refer-To: <sip:+4930@local.example>")...)
	p.status(202)
	p.notified("refer;id=3", stateActive, "100 Trying")
	invite := carrier.request(sip.INVITE)
	if invite.Recipient.User != "004930" {
		t.Errorf("the trunk is asked for %s", invite.Recipient.String())
	}
	if calls := s.agent.options.Dialing.TrunkCalls("carrier"); calls != 1 {
		t.Errorf("the trunk has %d calls", calls)
	}
	carrier.respond(invite, 486, "far", "")
	carrier.request(sip.ACK)
	p.notified("refer;id=3", stateTerminated, "486 Test")
	if calls := s.agent.options.Dialing.TrunkCalls("carrier"); calls != 0 {
		t.Errorf("the trunk has %d calls", calls)
	}
	alice.over("4")
	phone.respond(phone.request(sip.BYE), 200, "", "")
	s.settled()
}

// The transferee hangs up while the target rings: the target is cancelled, and the referrer told.
func TestTransfereeThatLeavesCancelsTheTarget(t *testing.T) {
	s, phone := newBridge(t)
	p, carol := s.alice("192.0.2.9:5070"), s.peer("UDP", "192.0.2.21:5060")
	alice := p.script()
	connected(alice, phone)
	alice.refer("<sip:carol@local.example>")
	invite := carol.request(sip.INVITE)
	carol.respond(invite, 180, "caroltag", "")
	p.notified("refer;id=2", stateActive, "180 Ringing")
	bob := scriptOf(phone, phone.last(sip.INVITE))
	bob.from += ";tag=bobtag"
	bob.over("1")
	carol.respond(carol.request(sip.CANCEL), 200, "", "")
	carol.respond(invite, 487, "caroltag", "")
	carol.request(sip.ACK)
	p.notified("refer;id=2", stateTerminated, "487 Request Terminated")
	p.respond(p.request(sip.BYE), 200, "", "")
	s.settled()
}

// The two calls of the browser become one (RFC 5589 section 7.3): the phones notice nothing.
func TestAttendedTransferByTheBook(t *testing.T) {
	s, phone := newBridge(t)
	p, carol := s.alice("192.0.2.9:5070"), s.peer("UDP", "192.0.2.21:5060")
	first := p.script()
	connected(first, phone)
	second := p.script()
	second.callID, second.requestURI, second.branch = "call-2@test", "sip:carol@out.example", 100
	connected(second, carol)
	tag, _ := second.remoteTag()
	p.say("", first.lines("REFER", "2",
		"Refer-To: <sip:carol@192.0.2.1?Replaces=call-2%40test%3Bto-tag%3D"+tag+"%3Bfrom-tag%3Dalicetag>")...)
	var came []string
	for range 4 { // the BYE of the second call, in any order with the others
		switch message := p.next().(type) {
		case *sip.Request:
			came = append(came, strings.TrimSpace(string(message.Method)+" "+string(message.Body())))
			p.respond(message, 200, "", "")
		case *sip.Response:
			came = append(came, strconv.Itoa(message.StatusCode))
		}
	}
	slices.Sort(came)
	if want := []string{"202", "BYE", "NOTIFY SIP/2.0 100 Trying", "NOTIFY SIP/2.0 200 OK"}; !slices.Equal(came, want) {
		t.Errorf("came %q, want %q", came, want)
	}
	first.over("3")
	phone.quiet()
	carol.quiet()
	bob := scriptOf(phone, phone.last(sip.INVITE))
	bob.from += ";tag=bobtag"
	bob.over("1")
	carol.respond(carol.request(sip.BYE), 200, "", "")
	s.settled()
}

// A call that rings at one device is picked up at another (RFC 3891 section 3, RFC 5359 section 2.15).
func TestPickUp(t *testing.T) {
	s, phone := newBridge(t)
	p := s.alice("192.0.2.9:5070")
	alice := p.script()
	alice.requestURI = "sip:registered@local.example"
	p.say("sdp", alice.lines("INVITE", "1")...)
	invite := phone.request(sip.INVITE)
	phone.respond(invite, 180, "bobtag", "")
	p.status(180)
	device := s.peer("WS", "192.0.2.10:1")
	s.agent.users.Set(device, "registered@local.example")
	tag, _ := invite.From().Params.Get("tag")
	lines := plain(device, "INVITE", "sip:alice@local.example", "Contact: <sip:x@"+device.remote.String()+">",
		"Replaces: "+invite.CallID().Value()+";to-tag="+tag+";from-tag=bobtag;early-only")
	lines[3] = "From: <sip:registered@local.example>;tag=new"
	device.say("sdp", lines...)
	picked := device.status(200)
	device.say("", replaceMethod(lines, "ACK", picked)...)
	update := mustTell(t, device, `"Alice" <sip:alice@local.example>;party=called;screen=yes;privacy=off`,
		`"Alice" <sip:alice@local.example>`)
	device.respond(update, 200, "", "")
	alice.to = p.status(200).To().Value()
	p.say("", alice.lines("ACK", "1")...)
	phone.respond(phone.request(sip.CANCEL), 200, "", "")
	phone.respond(invite, 487, "bobtag", "")
	phone.request(sip.ACK)
	alice.over("2")
	device.respond(device.request(sip.BYE), 200, "", "")
	s.settled()
}

// replaceMethod makes the ACK to the 200 of an INVITE.
func replaceMethod(invite []string, method string, response *sip.Response) []string {
	lines := append([]string(nil), invite[:7]...)
	lines[0] = method + " sip:us@192.0.2.1 SIP/2.0"
	lines[1] += "ack"
	lines[4] = "To: " + response.To().Value()
	lines[6] = "CSeq: 1 " + method
	return lines
}
