package sipua

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/golang-jwt/jwt/v5"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/token"
)

const tokenSecret = "0123456789abcdef0123456789abcdef"

// tokens lets the holders of tokenSecret speak for users of local.example.
func tokens(t *testing.T) func(*Options, *Agent) {
	t.Helper()
	key, err := token.SecretKey("", tokenSecret)
	if err != nil {
		t.Fatal(err)
	}
	return func(options *Options, _ *Agent) {
		options.Tokens = token.New(token.Options{Keys: []token.Key{key}, Audience: "us", Domain: "local.example"})
	}
}

// tokenOf is one for a user that ends after some time.
func tokenOf(t *testing.T, user string, left time.Duration) string {
	t.Helper()
	claims := jwt.MapClaims{"sub": user, "aud": "us", "exp": time.Now().Add(left).Unix()}
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(tokenSecret))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// tokenPeer is a browser whose WebSocket was opened with a token.
type tokenPeer struct {
	*peer

	user  string
	until time.Time
}

func (p *tokenPeer) Authorized() (user string, until time.Time) { return p.user, p.until }

func (p *tokenPeer) say(body string, lines ...string) { p.sayOn(p, body, lines...) }

func localRegister(user string, sequence int, extra ...string) []string {
	return append([]string{
		"REGISTER sip:local.example SIP/2.0", fmt.Sprintf("Via: SIP/2.0/WS x.invalid;branch=z9hG4bK%s%d", user, sequence),
		"Max-Forwards: 70", "From: <sip:" + user + "@local.example>;tag=x", "To: <sip:" + user + "@local.example>",
		"Call-ID: register-" + user, fmt.Sprintf("CSeq: %d REGISTER", sequence),
		"Contact: <sip:" + user + "@x.invalid;transport=ws>;expires=600",
	}, extra...)
}

// seconds reads a time in a parameter; 0 if it is none.
func seconds(value string) int {
	number, err := strconv.Atoi(value)
	if err != nil {
		return 0
	}
	return number
}

func TestConnectionWithAToken(t *testing.T) {
	s := newSetup(t, tokens(t))
	p := &tokenPeer{peer: s.peer("WS", "192.0.2.9:5070"), user: "alice@local.example"}
	p.until = time.Now().Add(100 * time.Second)
	p.say("", localRegister("alice", 1)...)
	contact := message.Contact(p.status(200))
	if left, _ := contact.Params.Get("expires"); seconds(left) > 100 || seconds(left) < 90 {
		t.Errorf("bound for %q seconds, the token ends in 100", left)
	}
	p.say("", localRegister("bob", 1)...)
	p.status(403)
	call := newScript(p.peer)
	for from, status := range map[string]int{
		`<sip:bob@local.example>;tag=1`: 403, `<sip:alice@elsewhere.example>;tag=1`: 403, `<sip:bob@up.example>;tag=1`: 403,
	} {
		call.from = from
		p.say("sdp", call.lines("INVITE", "1")...)
		p.status(status)
	}
	for i, from := range []string{`<sip:alice@LOCAL.example>;tag=1`, `<sip:x@anonymous.invalid>;tag=2`} {
		call.from, call.callID = from, fmt.Sprint("mine", i)
		p.say("sdp", call.lines("INVITE", "1")...)
		leg := within(t, s.incoming, "call")
		if asked := leg.Request(); asked.Origin != bridge.OriginUser || asked.User != "alice@local.example" {
			t.Errorf("from %s: %+v", from, asked)
		}
		leg.Hangup(bridge.Cause{Status: 486})
		p.status(486)
		p.say("", call.lines("ACK", "1")...)
	}
	s.settled()
}

// When the token has ended, its connection speaks for nobody; a call goes on.
func TestTokenEnds(t *testing.T) {
	s := newSetup(t, tokens(t))
	p := &tokenPeer{peer: s.peer("WS", "192.0.2.9:5070"), user: "alice@local.example", until: time.Now().Add(time.Hour)}
	call := newScript(p.peer)
	call.from = `<sip:alice@local.example>;tag=1`
	p.say("sdp", call.lines("INVITE", "1")...)
	leg := within(t, s.incoming, "call")
	leg.Answer(pcmu())
	ok := p.status(200)
	call.to = ok.To().Value()
	p.say("", call.lines("ACK", "1")...)
	p.until = time.Now().Add(-time.Second)
	p.say("", localRegister("alice", 2)...)
	p.status(401)
	p.say("", call.lines("INFO", "2")...)
	p.status(200)
	p.say("", call.lines("BYE", "3")...)
	p.status(200)
	if ended := event[bridge.Ended](t, leg); ended.Cause.Status != 200 {
		t.Errorf("ended by %+v", ended.Cause)
	}
	s.settled()
}

// RFC 8898: the token comes in the request.
func TestBearer(t *testing.T) {
	s := newSetup(t, tokens(t))
	p := s.peer("TCP", "192.0.2.9:5070")
	bad := tokenOf(t, "alice", -time.Hour)
	p.say("", localRegister("alice", 1, "Authorization: Bearer "+bad)...)
	challenge := p.status(401).GetHeader("WWW-Authenticate")
	if challenge == nil || challenge.Value() != `Bearer realm="local.example", error="invalid_token"` {
		t.Errorf("challenge %v", challenge)
	}
	if s.agent.Stats().BadTokens != 1 {
		t.Error("not counted")
	}
	for i, other := range []string{"bob", "alice@up.example"} {
		p.say("", localRegister("alice", 2+i, "Authorization: bearer "+tokenOf(t, other, time.Hour))...)
		p.status(403)
	}
	p.say("", localRegister("alice", 4, "Authorization: Bearer "+tokenOf(t, "alice", time.Hour))...)
	p.status(200)
	if got := s.agent.users.Of(p); got != "alice@local.example" {
		t.Errorf("the connection is of %q", got)
	}
}

// Without keys a token is no proof, and digest is asked for.
func TestBearerWithoutKeys(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	p.say("", localRegister("alice", 1, "Authorization: Bearer "+tokenOf(t, "alice", time.Hour))...)
	if challenges := p.status(401).GetHeaders("WWW-Authenticate"); len(challenges) != 2 {
		t.Errorf("challenges %v", challenges)
	}
}

// A temporary account proves its user, for as long as it lasts.
func TestTemporaryAccount(t *testing.T) {
	s := newSetup(t)
	p := s.peer("WS", "192.0.2.9:5070")
	p.say("", localRegister("alice", 1)...)
	challenge := p.status(401).GetHeader("WWW-Authenticate").Value()
	name := fmt.Sprintf("%d:alice", time.Now().Add(200*time.Second).Unix())
	credentials := authorization(challenge, name, "REGISTER", "sip:local.example")
	p.say("", localRegister("alice", 2, "Authorization: "+credentials)...)
	contact := message.Contact(p.status(200))
	if left, _ := contact.Params.Get("expires"); seconds(left) > 200 || seconds(left) < 190 {
		t.Errorf("bound for %q seconds", left)
	}
	if got := s.agent.users.Of(p); got != "alice@local.example" {
		t.Errorf("the connection is of %q", got)
	}
}

// A token for us is not shown to the upstream server; one that we know nothing of is the client's own matter.
func TestTokensDoNotLeave(t *testing.T) {
	for name, tweaks := range map[string][]func(*Options, *Agent){"ours": {tokens(t)}, "another's": nil} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t, tweaks...)
			p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
			p.say("", browserOf("REGISTER", "sip:up.example", 1, "Contact: "+browserContact, "Authorization: Bearer a.b.c")...)
			request := server.request(sip.REGISTER)
			if left := request.GetHeader("Authorization") != nil; left == (name == "ours") {
				t.Errorf("crossed: %v", left)
			}
			server.respond(request, 403, "srv", "")
			p.status(403)
		})
	}
}

// A user whom nobody knows registers by a token where guests are welcome, and can be called then.
func TestGuests(t *testing.T) {
	for name, welcome := range map[string]bool{"welcome": true, "not welcome": false} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t, tokens(t), func(options *Options, _ *Agent) { options.Guests = welcome })
			p := s.peer("TCP", "192.0.2.9:5070")
			if _, known := s.agent.Lookup("nobody", "local.example"); known {
				t.Error("known before")
			}
			p.say("", localRegister("nobody", 1, "Authorization: Bearer "+tokenOf(t, "nobody", time.Hour))...)
			if !welcome {
				p.status(404)
				return
			}
			p.status(200)
			if targets, known := s.agent.Lookup("nobody", "local.example"); !known || len(targets) != 1 {
				t.Errorf("called at %v, known %v", targets, known)
			}
		})
	}
}

// TestCallsOnly: who may only place calls can neither register, nor write, nor watch, also after his token has ended.
func TestCallsOnly(t *testing.T) {
	s := newSetup(t, func(options *Options, _ *Agent) {
		options.CallsOnly = func(user string) bool { return user == "guest@local.example" }
	})
	p := &tokenPeer{peer: s.peer("WS", "192.0.2.9:5070"), user: "guest@local.example", until: time.Now().Add(time.Minute)}
	for round, until := range []time.Time{p.until, time.Now().Add(-time.Minute)} {
		p.until = until
		p.say("", localRegister("guest", round+1)...)
		p.status(403)
		for i, method := range []string{"MESSAGE", "SUBSCRIBE", "PUBLISH"} {
			p.say("", method+" sip:bob@local.example SIP/2.0",
				fmt.Sprintf("Via: SIP/2.0/WS x.invalid;branch=z9hG4bKonly%d%d", round, i), "Max-Forwards: 70",
				"From: <sip:guest@local.example>;tag=x", "To: <sip:bob@local.example>",
				fmt.Sprintf("Call-ID: only-%d-%d", round, i), "CSeq: 1 "+method, "Event: presence",
				"Contact: <sip:guest@x.invalid;transport=ws>")
			p.status(403)
		}
	}
	for i, from := range []string{"guest@local.example", "stranger@out.example", "anonymous@anonymous.invalid"} {
		p.say("", guestCall(i, "<sip:"+from+">")...)
		p.status(403)
	}
	if len(s.incoming) != 0 {
		t.Error("a guest whose token has ended calls")
	}
	if refused := s.agent.Stats().CallsOnly; refused != 11 {
		t.Errorf("%d refusals are counted", refused)
	}
}

func guestCall(number int, from string, extra ...string) []string {
	return append([]string{
		"INVITE sip:bob@local.example SIP/2.0", fmt.Sprintf("Via: SIP/2.0/WS x.invalid;branch=z9hG4bKguest%d", number),
		"Max-Forwards: 70", "From: " + from + ";tag=x", "To: <sip:bob@local.example>",
		fmt.Sprintf("Call-ID: guest-%d", number), "CSeq: 1 INVITE", "Contact: <sip:guest@x.invalid;transport=ws>",
	}, extra...)
}

// TestGuestsSayNothingOfThemselves: a name, headers and a wish for privacy are taken of users, and not of guests.
func TestGuestsSayNothingOfThemselves(t *testing.T) {
	for user, counts := range map[string]bool{"alice@local.example": true, "guest@local.example": false} {
		t.Run(user, func(t *testing.T) {
			s := newSetup(t, func(options *Options, _ *Agent) {
				options.CallsOnly = func(user string) bool { return user == "guest@local.example" }
			})
			p := &tokenPeer{peer: s.peer("WS", "192.0.2.9:5070"), user: user, until: time.Now().Add(time.Minute)}
			p.say("", guestCall(1, `"The Bank" <sip:`+user+">", "Privacy: id", "Subject: your account")...)
			leg := within(t, s.incoming, "call")
			asked := leg.Request()
			if asked.User != user || (asked.From.Name == "The Bank") != counts || (asked.From.Name != "") != counts ||
				asked.Private != counts || (len(asked.Headers) > 0) != counts {
				t.Errorf("asked %+v", asked)
			}
			leg.Hangup(bridge.Cause{Status: 486})
			p.status(486)
		})
	}
}

func TestLoginIsForUpstreamDomains(t *testing.T) {
	t.Parallel()
	a := NewAgent(Options{Domains: Domains{Upstreams: []Upstream{{Domain: "pbx.example"}}}})
	const ha1 = "0123456789ABCDEF0123456789abcdef"
	login, ok := a.Login("PBX.example", "web", ha1).(breaker)
	if !ok || login.login.User != "web" || login.login.HA1 != "0123456789abcdef0123456789abcdef" {
		t.Errorf("%+v", login)
	}
	if a.Login("other.example", "web", ha1) != nil || a.Login("pbx.example", "web", "short") != nil {
		t.Error("a login for nobody")
	}
}
