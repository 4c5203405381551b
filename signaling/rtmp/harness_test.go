package rtmp_test

import (
	"context"
	"crypto/md5"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/bridge/builtin"
	"sipbridge/signaling/rtmp"
	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/sipua/digest"
	"sipbridge/transcode"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// passwords are the accounts of the tests.
type passwords map[string]string

func (p passwords) Verify(user, domain, password string) bool {
	known, ok := p[user+"@"+domain]
	return ok && known == password
}

func (p passwords) VerifySalted(user, domain, salt, hash string) bool {
	known, ok := p[user+"@"+domain]
	return ok && hash == fmt.Sprintf("%x", md5.Sum([]byte(salt+":"+known)))
}

// guesses is the guard that the whole service has.
type guesses struct{ *digest.Guard }

func (g guesses) Locked(name string, from netip.Addr) bool {
	return g.Guard.Locked(name, digest.SourceOf(from), time.Now()) > 0
}

func (g guesses) Fail(name string, from netip.Addr) {
	g.Guard.Fail(name, digest.SourceOf(from), time.Now())
}

func (g guesses) Succeed(name string, from netip.Addr) { g.Guard.Succeed(name, digest.SourceOf(from)) }

// world is a server and an exchange between fake phones.
type world struct {
	server   *rtmp.Server
	exchange *bridge.Exchange
	address  string
	// phone is who "sip:phone@test" is; users of the domain are Flash phones.
	phone *bridgetest.Endpoint
	calls *bridgetest.Observer
}

func newWorld(t *testing.T, change ...func(*rtmp.Options)) *world {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		address: listener.Addr().String(), phone: bridgetest.NewEndpoint("phone"), calls: bridgetest.NewObserver(),
	}
	w.exchange = bridge.NewExchange(bridge.ExchangeOptions{Router: bridgetest.RouterFunc(w.route), Observer: w.calls})
	options := rtmp.Options{
		Listeners: []net.Listener{listener},
		Accept:    w.exchange.Accept,
		Text:      w.exchange.Text,
		Accounts:  passwords{"alice@test": "secret", "bob@test": "secret"},
		Guard:     guesses{digest.NewGuard(5, time.Minute)},
		Domain: func(host string) (string, bool) {
			return "test", strings.EqualFold(host, "test") || host == "127.0.0.1"
		},
	}
	for _, each := range change {
		each(&options)
	}
	w.server = rtmp.NewServer(options)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 2)
	go func() { ended <- w.server.Run(ctx) }()
	go func() { ended <- w.exchange.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		for range 2 {
			select {
			case err := <-ended:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(rtmptest.Patience):
				t.Fatal("it does not end")
			}
		}
	})
	return w
}

// awaitAnswered waits until so many calls are answered: until its call is, what a stream sends goes nowhere.
func (w *world) awaitAnswered(t *testing.T, calls uint64) {
	t.Helper()
	bridgetest.Eventually(t, "the calls are answered", func() bool { return w.exchange.Stats().Answered == calls })
}

// route sends calls to the phone, to echo, and to Flash phones.
func (w *world) route(request bridge.Request) ([]bridge.Target, error) {
	user, domain, _ := strings.Cut(strings.TrimPrefix(request.To, "sip:"), "@")
	switch user {
	case "phone":
		return bridgetest.RouteTo(w.phone)(request)
	case "echo":
		return bridgetest.RouteTo(builtin.Endpoints(builtin.Options{})["echo"])(request)
	}
	targets, known := w.server.Lookup(user, domain)
	if !known {
		targets, known = w.server.Live().Lookup(user, domain)
	}
	if !known {
		return nil, bridge.Cause{Status: 404, Text: "Not Found"}
	}
	return targets, nil
}

// callAlice plays a phone that calls a Flash phone.
func (w *world) callAlice() *bridgetest.Incoming {
	offer := bridgetest.Audio(bridgetest.PCMU(), bridgetest.PCMA())
	caller := bridgetest.NewIncoming(bridge.Request{
		From: bridge.Party{Name: "Carol", URI: "sip:carol@test"}, To: "sip:alice@test", Offer: &offer,
	}, bridge.LegInfo{})
	w.exchange.Accept(caller)
	return caller
}

// avc is H.264 as a phone has it.
func avc() transcode.Format {
	return transcode.Format{
		Codec: transcode.Codec{Name: "H264", ClockRate: 90000}, PayloadType: 102,
		Parameters: "profile-level-id=42801f;packetization-mode=1",
	}
}

// withVideo adds H.264 to a description.
func withVideo(description bridge.Description) bridge.Description {
	description.Media = append(description.Media, bridge.MediaDescription{
		Kind: transcode.Video, Formats: []transcode.Format{avc()},
	})
	return description
}

func answered() bridge.Event {
	return bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())}
}
