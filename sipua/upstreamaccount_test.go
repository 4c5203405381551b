package sipua

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/sipua/digest"
	"sipbridge/sipua/message"
)

const accountChallenge = `WWW-Authenticate: Digest realm="asterisk", nonce="n1", algorithm=MD5, qop="auth"`

// registering is an account of alice at the upstream server, being registered.
type registering struct {
	outcomes chan error
	device   *bridgetest.Endpoint
	stop     func()
}

func (s *setup) registerAccount(account UpstreamAccount) *registering {
	s.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	r := &registering{outcomes: make(chan error, 16), device: bridgetest.NewEndpoint("flash")}
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.agent.RegisterAccount(ctx, account, r.device, func(err error) { r.outcomes <- err }); err != nil {
			r.outcomes <- err
		}
	})
	r.stop = func() {
		stop()
		running.Wait()
	}
	return r
}

func aliceUpstream() UpstreamAccount {
	return UpstreamAccount{
		Name: "alice", Domain: "UP.example", Login: digest.Login{User: "alice-login", Password: "secret"},
	}
}

// TestAccountRegisters registers an account with its password: challenge, too brief an interval, and the end.
func TestAccountRegisters(t *testing.T) {
	s := newSetup(t)
	server := s.peer("UDP", upstreamAddress)
	r := s.registerAccount(aliceUpstream())
	first := server.request(sip.REGISTER)
	if first.Recipient.String() != "sip:up.example" || first.GetHeader("Authorization") != nil ||
		first.To().Address.String() != "sip:alice@up.example" || first.GetHeader("Expires").Value() != "180" {
		t.Errorf("the first is %s", first)
	}
	server.respond(first, 401, "srv", "", accountChallenge)
	second := server.request(sip.REGISTER)
	proof := second.GetHeader("Authorization")
	if proof == nil || !strings.Contains(proof.Value(), `username="alice-login"`) ||
		!strings.Contains(proof.Value(), `realm="asterisk"`) {
		t.Errorf("the second is %s", second)
	}
	server.respond(second, 423, "srv", "", "Min-Expires: 600")
	third := server.request(sip.REGISTER)
	if third.GetHeader("Expires").Value() != "600" {
		t.Errorf("the third is %s", third)
	}
	server.respond(third, 200, "srv", "", "Contact: "+bare(message.Contact(third))+";expires=600")
	if err := within(t, r.outcomes, "outcome"); err != nil {
		t.Errorf("the outcome is %v", err)
	}
	s.mustRing(t, server, r, message.Contact(third))
	var ending sync.WaitGroup
	ending.Go(r.stop)
	last := server.request(sip.REGISTER)
	if last.GetHeader("Expires").Value() != "0" {
		t.Errorf("the last is %s", last)
	}
	server.respond(last, 200, "srv", "")
	ending.Wait()
	if targets, known := s.agent.Lookup(message.Contact(third).Address.User, "up.example"); known || len(targets) > 0 {
		t.Errorf("it can still be called: %v", targets)
	}
}

// mustRing sends a call of the server to the contact, and finds the device.
func (s *setup) mustRing(t *testing.T, server *peer, r *registering, contact *sip.ContactHeader) {
	t.Helper()
	server.say("sdp", "INVITE "+contact.Address.String()+" SIP/2.0",
		"Via: SIP/2.0/UDP 192.0.2.50:5060;branch=z9hG4bKin", "Max-Forwards: 69", "From: <sip:bob@up.example>;tag=b",
		"To: <sip:alice@up.example>", "Call-ID: in", "CSeq: 1 INVITE", "Contact: <sip:bob@192.0.2.50>")
	incoming := within(t, s.incoming, "call")
	request := incoming.Request()
	user, domain, _ := strings.Cut(strings.TrimPrefix(request.To, "sip:"), "@")
	targets, known := s.agent.Lookup(user, domain)
	if !known || len(targets) != 1 || targets[0].Endpoint != bridge.Endpoint(r.device) ||
		targets[0].URI != "sip:alice@up.example" || request.Trunk != "up.example" {
		t.Errorf("a call to %s finds %v", request.To, targets)
	}
	if targets, _ := s.agent.Lookup("alice", "up.example"); len(targets) != 1 {
		t.Errorf("a call to alice finds %v", targets)
	}
	incoming.Hangup(bridge.Cause{Status: 486})
	server.status(486)
}

// TestAccountFails tells with which status.
func TestAccountFails(t *testing.T) {
	for name, test := range map[string]struct {
		answers []int
		want    int
	}{
		"forbidden":       {[]int{403}, 403},
		"wrong password":  {[]int{401, 401, 401}, 401},
		"busy registrar":  {[]int{500}, 500},
		"hostile login":   {[]int{401}, 503},
		"too brief again": {[]int{423}, 503},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			server := s.peer("UDP", upstreamAddress)
			account := aliceUpstream()
			if name == "hostile login" {
				account.Login.User = "alice\r\nX-Evil: yes"
			}
			r := s.registerAccount(account)
			defer r.stop()
			for _, status := range test.answers {
				server.respond(server.request(sip.REGISTER), status, "srv", "", accountChallenge)
			}
			var cause bridge.Cause
			if err := within(t, r.outcomes, "outcome"); !errors.As(err, &cause) || cause.Status != test.want {
				t.Errorf("the outcome is %v", err)
			}
		})
	}
	s := newSetup(t)
	r := s.registerAccount(UpstreamAccount{Name: "alice", Domain: "elsewhere.example"})
	defer r.stop()
	if err := within(t, r.outcomes, "outcome"); err == nil {
		t.Error("it is registered at a domain that nobody knows")
	}
}

// TestAccountProves answers the challenge to a call with the account's password, whatever the realm, and to no other
// server.
func TestAccountProves(t *testing.T) {
	s := newSetup(t)
	if s.agent.Prove(UpstreamAccount{Name: "alice", Domain: "elsewhere.example"}) != nil {
		t.Error("there is a proof for a domain that nobody knows")
	}
	if domain, ok := s.agent.Serves("UP.example"); !ok || domain != "up.example" {
		t.Errorf("up.example is served: %q, %v", domain, ok)
	}
	login, ok := s.agent.Prove(aliceUpstream()).(answerer)
	if !ok || login.Name() != "up.example" {
		t.Fatalf("the proof is %v", login)
	}
	challenged := sip.NewResponse(407, "")
	challenged.AppendHeader(sip.NewHeader("Proxy-Authenticate", `Digest realm="asterisk", nonce="n1", algorithm=MD5`))
	header, err := login.Answer(challenged, sip.INVITE, sip.Uri{Scheme: "sip", User: "bob", Host: "up.example"})
	if err != nil || !strings.Contains(header.Value(), `username="alice-login"`) {
		t.Errorf("the answer is %v, %v", header, err)
	}
}

// TestReachableElsewhere tells of a user who has only a device that does not speak SIP.
func TestReachableElsewhere(t *testing.T) {
	s := newSetup(t, func(options *Options, _ *Agent) {
		options.Elsewhere = func(user, domain string) bool { return user == "flash" && domain == "local.example" }
	})
	if !s.agent.isReachable("flash@local.example") || s.agent.isReachable("bob@local.example") {
		t.Error("who is reachable is another")
	}
}
