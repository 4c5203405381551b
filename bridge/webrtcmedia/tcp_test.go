package webrtcmedia

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"

	"sipbridge/bridge"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp4", "127.0.0.1:0")
	must(t, err)
	return listener
}

// TestCallOverTCP has calls of browsers whose network lets no UDP through (RFC 6544), both ways.
func TestCallOverTCP(t *testing.T) {
	t.Parallel()
	tests := map[string]EngineOptions{
		"beside a shared port": {},
		"ports for each call":  {FirstPort: 18650, LastPort: 18660},
		"ICE-lite":             {ICELite: true},
	}
	for name, options := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options.Listeners = []net.Listener{listen(t)}
			engine := newEngine(t, options)
			session, l := newSession(t, engine, Options{})
			b := newBrowserOver(t, webrtc.NetworkTypeTCP4, browserCodecs())
			answer := string(call(t, session, b, "opus"))
			if !strings.Contains(answer, " 1 tcp ") || !strings.Contains(answer, " typ host tcptype passive\r\n") {
				t.Errorf("answer\n%s", answer)
			}
			bothWays(t, session, l, b, 111, 960)
			if stats := engine.Stats(); stats.Streams == 0 || stats.StreamsRefused != 0 {
				t.Errorf("%+v", stats)
			}

			called, hears := newSession(t, engine, Options{})
			offer, err := called.Offer(proposal(bridge.SendRecv))
			must(t, err)
			other := newBrowserOver(t, webrtc.NetworkTypeTCP4, browserCodecs())
			_, err = called.SetAnswer([]byte(other.answer(offer)))
			must(t, err)
			bothWays(t, called, hears, other, 111, 960)

			must(t, session.Close())
			must(t, called.Close())
			b.close()
			other.close()
			eventually(t, "the end of the connections", func() bool { return engine.Stats().Streams == 0 })
		})
	}
}

// TestUDPBeforeTCP has a browser that could use both.
func TestUDPBeforeTCP(t *testing.T) {
	t.Parallel()
	engine := newEngine(t, EngineOptions{Listeners: []net.Listener{listen(t)}})
	session, l := newSession(t, engine, Options{})
	b := newBrowser(t, browserCodecs())
	call(t, session, b, "opus")
	bothWays(t, session, l, b, 111, 960)
	pair, err := session.peer.Load().agent.GetSelectedCandidatePair()
	must(t, err)
	if pair.Local.NetworkType().IsTCP() {
		t.Errorf("chose %v", pair)
	}
}
