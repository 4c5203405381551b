package sipua

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/bridge/toll"
	"sipbridge/sipua/digest"
	"sipbridge/sipua/trunk"
)

// carrierAddress is where the trunk of these tests is.
const carrierAddress = "192.0.2.60:5060"

// withTrunk gives the agent a trunk called carrier, where users may dial numbers that begin with +.
func withTrunk(t *testing.T, change func(*trunk.Options)) func(*Options, *Agent) {
	t.Helper()
	options := trunk.Options{
		Name: "Carrier", NextHops: []string{"sip:" + carrierAddress}, Domain: "carrier.test", FromDomain: "us.test",
		Account: "4930", Login: digest.Login{User: "4930", Password: "secret"},
		CalledOut: []string{`^\+(.*) -> 00$1`}, CalledIn: []string{`^00(.*) -> +$1`}, CallingIn: []string{`^00(.*) -> +$1`},
	}
	if change != nil {
		change(&options)
	}
	carrier, err := trunk.New(options)
	if err != nil {
		t.Fatal(err)
	}
	dialing, err := toll.New(toll.Options{
		Rules:  []toll.Rule{{Numbers: []string{"+"}}},
		Trunks: map[string]toll.Limit{"carrier": {MaxCalls: 2}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return func(options *Options, _ *Agent) {
		options.Trunks, options.Dialing = []*trunk.Trunk{carrier}, dialing
	}
}

// dialNumber lets alice call a number through the trunk.
func (s *setup) dialNumber(number string) bridge.Leg { return s.dialBy("carrier", number) }

func (s *setup) dialBy(name, number string) bridge.Leg {
	offer := pcmu()
	return s.agent.TrunkEndpoints()[name].Dial(bridge.Request{
		From: bridge.Party{Name: "Alice", URI: "sip:alice@local.example"}, To: "sip:" + number + "@local.example",
		Origin: bridge.OriginUser, User: "alice@local.example", Offer: &offer,
		Headers: []bridge.Header{{Name: "Authorization", Value: "Digest secret"}, {Name: "X-Ticket", Value: "1"}},
	})
}

const askForCredentials = `WWW-Authenticate: Digest realm="carrier.test", nonce="n", qop="auth", algorithm=SHA-256`

func TestTrunkIsDialled(t *testing.T) {
	s := newSetup(t, withTrunk(t, nil))
	carrier := s.peer("UDP", carrierAddress)
	leg := s.dialNumber("+49-30(1)")
	invite := carrier.request(sip.INVITE)
	to := invite.To().Address.String()
	if invite.Recipient.String() != "sip:0049301@carrier.test" || to != "sip:0049301@carrier.test" {
		t.Errorf("the INVITE is for %s, %s", invite.Recipient.String(), to)
	}
	if from := invite.From(); from.Address.String() != "sip:alice@us.test" || from.DisplayName != "Alice" {
		t.Errorf("it is from %s", from)
	}
	if invite.GetHeader("Authorization") != nil || invite.GetHeader("X-Ticket") == nil {
		t.Errorf("wrong headers cross:\n%s", invite)
	}
	if calls := s.agent.options.Dialing.TrunkCalls("carrier"); calls != 1 {
		t.Errorf("the trunk has %d calls", calls)
	}
	carrier.respond(invite, 486, "far", "")
	carrier.request(sip.ACK)
	if ended := event[bridge.Ended](t, leg); ended.Cause.Status != 486 {
		t.Errorf("it ended with %v", ended.Cause)
	}
	s.settled()
	if stats := s.agent.options.Dialing.Stats(); stats.Active != 0 || stats.Admitted != 1 {
		t.Errorf("it counted %+v", stats)
	}
}

// TestTrunkBehindAProxy: the INVITE goes to the next hop, also if the domain is an address of something else.
func TestTrunkBehindAProxy(t *testing.T) {
	s := newSetup(t, withTrunk(t, func(o *trunk.Options) { o.Domain = "192.0.2.66" }))
	carrier, other := s.peer("UDP", carrierAddress), s.peer("UDP", "192.0.2.66:5060")
	leg := s.dialNumber("+49301")
	invite := carrier.request(sip.INVITE)
	if invite.Recipient.String() != "sip:0049301@192.0.2.66" {
		t.Errorf("the INVITE is for %s", invite.Recipient.String())
	}
	carrier.respond(invite, 486, "far", "")
	carrier.request(sip.ACK)
	event[bridge.Ended](t, leg)
	other.quiet()
}

// TestTrunkIsNotDialled: what no rule allows, and what is above the limit, sends nothing.
func TestTrunkIsNotDialled(t *testing.T) {
	s := newSetup(t, withTrunk(t, nil))
	carrier := s.peer("UDP", carrierAddress)
	for number, status := range map[string]int{"0900": 403, "%30900": 403, "echo": 403, "+49a": 403} {
		if ended := event[bridge.Ended](t, s.dialNumber(number)); ended.Cause.Status != status {
			t.Errorf("%s ended with %v", number, ended.Cause)
		}
	}
	first, second := s.dialNumber("+1"), s.dialNumber("+2")
	if ended := event[bridge.Ended](t, s.dialNumber("+3")); ended.Cause.Status != 503 {
		t.Errorf("the third call ended with %v", ended.Cause)
	}
	carrier.request(sip.INVITE)
	carrier.request(sip.INVITE)
	carrier.quiet()
	first.Hangup(bridge.Normal())
	second.Hangup(bridge.Normal())
	event[bridge.Ended](t, first)
	event[bridge.Ended](t, second)
	if stats := s.agent.options.Dialing.Stats(); stats.Active != 0 || stats.Forbidden != 4 || stats.OverTrunk != 1 {
		t.Errorf("it counted %+v", stats)
	}
}

// challengedOnce answers the trunk's request with a challenge and gives the request that follows.
func challengedOnce(p *peer, request *sip.Request, status int, challenges ...string) *sip.Request {
	p.t.Helper()
	p.respond(request, status, "challenge", "", challenges...)
	if request.IsInvite() {
		p.request(sip.ACK)
	}
	again := p.request(request.Method)
	if again.CSeq().SeqNo != request.CSeq().SeqNo+1 {
		p.t.Errorf("CSeq %v follows %v", again.CSeq(), request.CSeq())
	}
	first, _ := request.Via().Params.Get("branch")
	second, _ := again.Via().Params.Get("branch")
	if first == second || again.CallID().Value() != request.CallID().Value() {
		p.t.Errorf("%v and %v follow %v and %v", again.Via(), again.CallID(), request.Via(), request.CallID())
	}
	return again
}

// TestTrunkThatChallengesEveryRequest: INVITE, its ACK, re-INVITE and BYE carry credentials.
func TestTrunkThatChallengesEveryRequest(t *testing.T) {
	s := newSetup(t, withTrunk(t, nil))
	carrier := s.peer("UDP", carrierAddress)
	leg := s.dialNumber("+49301")
	invite := carrier.request(sip.INVITE)
	md5 := strings.Replace(askForCredentials, "SHA-256", "MD5", 1)
	again := challengedOnce(carrier, invite, 401, md5, askForCredentials)
	mustProve(t, again, "Authorization")
	carrier.respond(again, 180, "far", "")
	event[bridge.Ringing](t, leg)
	carrier.respond(again, 200, "far", "sdp")
	ack := carrier.request(sip.ACK)
	mustProve(t, ack, "Authorization")
	if ack.CSeq().SeqNo != again.CSeq().SeqNo {
		t.Errorf("the ACK has %v, the INVITE %v", ack.CSeq(), again.CSeq())
	}
	event[bridge.Answered](t, leg)

	leg.SetDirection(bridge.SendOnly)
	proxy := strings.Replace(askForCredentials, "WWW", "Proxy", 1)
	again = challengedOnce(carrier, carrier.request(sip.INVITE), 407, proxy)
	mustProve(t, again, "Proxy-Authorization")
	carrier.respond(again, 200, "", "sdp")
	mustProve(t, carrier.request(sip.ACK), "Proxy-Authorization")

	leg.Hangup(bridge.Normal())
	bye := challengedOnce(carrier, carrier.request(sip.BYE), 401, askForCredentials)
	mustProve(t, bye, "Authorization")
	carrier.respond(bye, 200, "", "")
	event[bridge.Ended](t, leg)
	s.settled()
}

// mustProve expects credentials of SHA-256 and no secret.
func mustProve(t *testing.T, request *sip.Request, name string) {
	t.Helper()
	headers := request.GetHeaders(name)
	if len(headers) != 1 || !strings.Contains(headers[0].Value(), "algorithm=SHA-256") ||
		!strings.Contains(headers[0].Value(), `username="4930"`) || strings.Contains(headers[0].Value(), "secret") {
		t.Errorf("the %s has %s %v", request.Method, name, headers)
	}
}

// TestTrunkThatIsNeverContent is answered twice, and then the caller hears nothing of its challenge.
func TestTrunkThatIsNeverContent(t *testing.T) {
	s := newSetup(t, withTrunk(t, nil))
	carrier := s.peer("UDP", carrierAddress)
	leg := s.dialNumber("+49301")
	request := challengedOnce(carrier, carrier.request(sip.INVITE), 401, askForCredentials)
	request = challengedOnce(carrier, request, 401, strings.Replace(askForCredentials, `"n"`, `"m", stale=true`, 1))
	carrier.respond(request, 401, "far", "", askForCredentials)
	carrier.request(sip.ACK)
	if ended := event[bridge.Ended](t, leg); ended.Cause.Status != 403 || len(ended.Cause.Headers) != 0 {
		t.Errorf("it ended with %+v", ended.Cause)
	}
	s.settled()
}

// TestCredentialsStayAtTheTrunk: a party to which the trunk has sent the dialog asks for them in vain.
func TestCredentialsStayAtTheTrunk(t *testing.T) {
	s := newSetup(t, withTrunk(t, nil))
	carrier, thief := s.peer("UDP", carrierAddress), s.peer("UDP", "192.0.2.66:5060")
	leg := s.dialNumber("+49301")
	invite := carrier.request(sip.INVITE)
	carrier.respond(invite, 200, "far", "sdp", "Record-Route: <sip:192.0.2.66:5060;lr>")
	thief.request(sip.ACK)
	event[bridge.Answered](t, leg)
	leg.Hangup(bridge.Normal())
	bye := thief.request(sip.BYE)
	thief.respond(bye, 401, "", "", askForCredentials)
	event[bridge.Ended](t, leg)
	s.settled()
	thief.quiet()
	carrier.quiet()
}

// TestCancelOfAChallengedCall cancels the INVITE that carries the credentials.
func TestCancelOfAChallengedCall(t *testing.T) {
	s := newSetup(t, withTrunk(t, nil))
	carrier := s.peer("UDP", carrierAddress)
	leg := s.dialNumber("+49301")
	again := challengedOnce(carrier, carrier.request(sip.INVITE), 401, askForCredentials)
	carrier.respond(again, 180, "far", "")
	event[bridge.Ringing](t, leg)
	leg.Hangup(bridge.Normal())
	cancel := carrier.request(sip.CANCEL)
	branch, _ := cancel.Via().Params.Get("branch")
	if want, _ := again.Via().Params.Get("branch"); branch != want || cancel.CSeq().SeqNo != again.CSeq().SeqNo {
		t.Errorf("the CANCEL is of %v, %v", cancel.Via(), cancel.CSeq())
	}
	carrier.respond(cancel, 200, "", "")
	carrier.respond(again, 487, "far", "")
	carrier.request(sip.ACK)
	event[bridge.Ended](t, leg)
	s.settled()
	if active := s.agent.options.Dialing.Stats().Active; active != 0 {
		t.Errorf("%d calls are left", active)
	}
}
