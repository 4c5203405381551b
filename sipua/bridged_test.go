package sipua

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/bridge/rtpmedia"
	"sipbridge/sipua/wire"
	"sipbridge/transcode"
)

// everybody routes all calls to one phone, as a gateway rule does; but carol has her own, the registered user's is the
// same one as his device, numbers go to the trunk, and nobody may call premium.
type everybody struct {
	agent *Agent
	phone *peer
}

func (e *everybody) Route(request bridge.Request) ([]bridge.Target, error) {
	name, _, _ := strings.Cut(request.To, "@")
	if strings.HasPrefix(name, "sip:+") || strings.HasPrefix(name, "sip:0") {
		return []bridge.Target{{Endpoint: e.agent.TrunkEndpoints()["carrier"], URI: request.To}}, nil
	}
	switch name {
	case "sip:carol":
		return []bridge.Target{{Endpoint: e.agent.Gateway(), URI: "sip:carol@192.0.2.21:5060"}}, nil
	case "sip:registered":
		device := bindingEndpoint{
			agent: e.agent, contact: "sip:bob@192.0.2.20:5060", flow: e.phone, user: "registered@local.example",
		}
		return []bridge.Target{{Endpoint: device, URI: "sip:registered@local.example"}}, nil
	case "sip:premium":
		return nil, bridge.Cause{Status: 403}
	default:
		return []bridge.Target{{Endpoint: e.agent.Gateway(), URI: "sip:bob@192.0.2.20:5060"}}, nil
	}
}

// newBridge is an agent whose calls an Exchange makes, all to the phone that it gives.
func newBridge(t *testing.T, tweaks ...func(*Options, *Agent)) (s *setup, phone *peer) {
	t.Helper()
	router := &everybody{}
	exchange := bridge.NewExchange(bridge.ExchangeOptions{Router: router})
	s = newSetup(t, append(tweaks, func(options *Options, _ *Agent) { options.Accept = exchange.Accept })...)
	router.agent = s.agent
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- exchange.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		s.close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	router.phone = s.peer("UDP", "192.0.2.20:5060")
	return s, router.phone
}

// alice is a browser on which alice@local.example has registered.
func (s *setup) alice(remote string) *peer {
	p := s.peer("WS", remote)
	s.agent.users.Set(p, "alice@local.example")
	return p
}

func (p *peer) script() *script {
	script := newScript(p)
	script.from = `"Alice" <sip:alice@local.example>;tag=alicetag`
	return script
}

// connected brings a call of a browser to the phone up.
func connected(script *script, phone *peer) {
	script.p.t.Helper()
	script.p.say("sdp", script.lines("INVITE", "1")...)
	invite := phone.request(sip.INVITE)
	phone.respond(invite, 200, "bobtag", "sdp")
	phone.request(sip.ACK)
	script.to = script.p.status(200).To().Value()
	script.p.say("", script.lines("ACK", "1")...)
}

func TestNothingIsSmuggledIntoTheOtherLeg(t *testing.T) {
	const injected = "X-Injected: yes"
	hostile := map[string][]string{
		"escaped in the URI":    {`From: "Alice" <sip:alice@local.example>;tag=a`, "X-Some: %0d%0a" + injected},
		"escaped in the name":   {`From: "A%0d%0a` + injected + `" <sip:alice@local.example>;tag=a`},
		"quoted pairs":          {`From: "A\"<sip:x@y>\` + "\x00" + injected + `" <sip:alice@local.example>;tag=a`},
		"header in a parameter": {`From: <sip:alice@local.example;x=%0d%0aX-Injected:yes>;tag=a`},
		"header in the URI":     {`From: <sip:alice@local.example?X-Injected=yes>;tag=a`},
		"folded value":          {`From: <sip:alice@local.example>;tag=a`, "X-Some: a", " " + injected},
		"bare line feed":        {`From: <sip:alice@local.example>;tag=a`, "X-Some: a\n" + injected},
		"bare return":           {`From: <sip:alice@local.example>;tag=a`, "X-Some: a\r" + injected},
		"unicode line ends":     {`From: <sip:alice@local.example>;tag=a`, "X-Some: a\u2028" + injected + "\u0085"},
	}
	for name, lines := range hostile {
		t.Run(name, func(t *testing.T) {
			s, phone := newBridge(t)
			p := s.alice("192.0.2.9:5070")
			script := p.script()
			request := script.lines("INVITE", "1", lines[1:]...)
			request[0] = "INVITE sip:bob%0d%0aX-Injected:%20yes@out.example SIP/2.0"
			request[3] = lines[0]
			p.say("sdp", request...)
			invite := s.refusedOrCalled(p, phone)
			if invite == nil {
				return
			}
			raw, err := wire.Bytes(invite)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.SplitSeq(string(raw), "\n") {
				text, whole := strings.CutSuffix(line, "\r")
				if strings.HasPrefix(text, "X-Injected") || strings.Contains(text, "\r") || !whole && text != "ours sendrecv" {
					t.Errorf("smuggled: %q", raw)
				}
			}
			if invite.GetHeader("X-Injected") != nil {
				t.Errorf("smuggled: %q", raw)
			}
		})
	}
}

// refusedOrCalled waits for a 400 to the caller, or the INVITE that the phone gets.
func (s *setup) refusedOrCalled(caller, phone *peer) *sip.Request {
	s.t.Helper()
	for {
		select {
		case message := <-phone.sent:
			request, ok := message.(*sip.Request)
			if !ok || request.Method != sip.INVITE {
				s.t.Fatalf("the phone got %v", message)
			}
			return request
		case message := <-caller.sent:
			response, ok := message.(*sip.Response)
			if !ok || response.StatusCode != 100 && response.StatusCode != 400 {
				s.t.Fatalf("the caller got %v", message)
			}
			if response.StatusCode == 400 {
				return nil
			}
		case <-time.After(patience):
			s.t.Fatal("neither was called nor refused")
		}
	}
}

// What does not come as SIP, from a web page or an RTMP client, is not checked before.
func TestValueWithALineBreakEndsTheCallWith400(t *testing.T) {
	offer := pcmu()
	good := bridge.Request{
		From: bridge.Party{Name: "Alice", URI: "sip:alice@local.example"}, To: "sip:bob@192.0.2.20:5060", Offer: &offer,
	}
	spoil := map[string]func(*bridge.Request){
		"name":   func(r *bridge.Request) { r.From.Name = "A\r\nX-Injected: yes" },
		"quote":  func(r *bridge.Request) { r.From.Name = `A" <sip:x@y>;tag=z` },
		"header": func(r *bridge.Request) { r.Headers = []bridge.Header{{Name: "X-A", Value: "b\nX-Injected: yes"}} },
		"label":  func(r *bridge.Request) { r.Headers = []bridge.Header{{Name: "X-A: b\r\nX-Injected", Value: "yes"}} },
		"from":   func(r *bridge.Request) { r.From.URI = "sip:alice\r\n@local.example" },
	}
	for name, spoil := range spoil {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			p := s.peer("TCP", "192.0.2.20:5060")
			request := good
			spoil(&request)
			leg := s.agent.Gateway().Dial(request)
			if ended := event[bridge.Ended](t, leg); ended.Cause.Status != 400 {
				t.Errorf("cause %+v", ended.Cause)
			}
			s.settled()
			p.quiet()
		})
	}
	t.Run("answer", func(t *testing.T) {
		s := newSetup(t)
		p := s.peer("TCP", "192.0.2.9:5070")
		leg := s.invite(newScript(p))
		leg.Hangup(bridge.Cause{
			Status: 486, Text: "Busy\r\nX-Injected: yes", Headers: []bridge.Header{{Name: "Retry-After", Value: "1\r\nX: y"}},
		})
		if response := p.status(486); response.GetHeader("X-Injected") != nil || response.Reason != "Busy Here" {
			t.Errorf("answer %s", response)
		}
	})
}

func TestLoopEnds(t *testing.T) {
	s, phone := newBridge(t)
	p := s.alice("192.0.2.9:5070")
	lines := p.script().lines("INVITE", "1")
	lines[2] = "Max-Forwards: 2"
	p.say("sdp", lines...)
	invite := phone.request(sip.INVITE)
	if got := invite.MaxForwards().Val(); got != 1 {
		t.Fatalf("%d hops are left", got)
	}
	server := s.peer("TCP", "192.0.2.30:5060") // sends the INVITE back to us
	lines = plain(server, "INVITE", "sip:bob@out.example")
	lines[2] = "Max-Forwards: " + invite.MaxForwards().Value()
	server.say("sdp", lines...)
	server.status(483)
	phone.respond(invite, 483, "bobtag", "")
	phone.request(sip.ACK)
	p.status(483)
}

func TestInviteToAPhoneFitsIntoOnePacket(t *testing.T) {
	var ports *rtpmedia.PortRange
	s := newSetup(t, func(options *Options, _ *Agent) {
		options.Media = func(_ MediaParty, events bridge.MediaEvents, log *slog.Logger) (MediaSession, error) {
			return rtpmedia.New(rtpmedia.Options{Ports: ports, Events: events, Logger: log})
		}
	})
	var err error
	if ports, err = rtpmedia.NewPortRange(42000, 42998, 0, nil); err != nil {
		t.Fatal(err)
	}
	p := s.peer("UDP", "192.0.2.20:5060")
	offer := pcmu()
	pcma := transcode.Format{Codec: transcode.Codec{Name: "PCMA", ClockRate: 8000}, PayloadType: 8}
	offer.Media[0].Formats = append(offer.Media[0].Formats, pcma, opusAt(111))
	leg := s.agent.Gateway().Dial(bridge.Request{
		From: bridge.Party{
			Name: "Somebody With A Rather Long Name", URI: "sip:somebody.with.a.long.name@department.example.org",
		},
		To:      "sip:a-phone-with-a-contact-as-long-as-they-come-0123456789abcdef@192.0.2.20:5060;line=0123456789abcdef",
		Offer:   &offer,
		Headers: []bridge.Header{{Name: "X-Correlation-ID", Value: "0123456789abcdef0123456789abcdef"}},
	})
	raw, err := wire.Bytes(p.request(sip.INVITE))
	if err != nil {
		t.Fatal(err)
	}
	const limit = 1300 // RFC 3261 section 18.1.1
	if len(raw) >= limit {
		t.Errorf("%d bytes:\n%s", len(raw), raw)
	}
	leg.Hangup(bridge.Normal())
}
