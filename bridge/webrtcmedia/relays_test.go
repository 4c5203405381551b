package webrtcmedia

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"

	"sipbridge/bridge"
	"sipbridge/bridge/turn"
	"sipbridge/test/e2e/coturn"
)

// everybody lets a relay reach everything but other relays, as those of other services do.
type everybody struct{}

func (everybody) ListensAt(netip.Addr) bool      { return true }
func (everybody) Listens(at netip.AddrPort) bool { return at.Addr().String() != relayHost }

// relayHost is where the TURN server and its relays are.
const relayHost = "127.0.0.2"

// relayServer is a real TURN server; it gives what a client of it needs.
func relayServer(t *testing.T) (*turn.Server, turn.ClientOptions) {
	t.Helper()
	const secret = "north"
	socket, err := new(net.ListenConfig).ListenPacket(context.Background(), "udp4", relayHost+":0")
	must(t, err)
	server, err := turn.New(turn.Options{
		UDP: []net.PacketConn{socket}, Realm: "localhost", Secret: secret, Media: everybody{},
	})
	must(t, err)
	t.Cleanup(func() { must(t, server.Close()) })
	return server, turn.ClientOptions{Server: "turn:" + socket.LocalAddr().String(), Secret: secret}
}

// coturnServer is one that is not ours.
func coturnServer(t *testing.T, options coturn.Options) (*coturn.Server, turn.ClientOptions) {
	t.Helper()
	options.Dir = t.TempDir()
	server, err := coturn.Start(options)
	must(t, err)
	t.Cleanup(server.Stop)
	return server, turn.ClientOptions{Server: server.URI(), Username: coturn.User, Password: coturn.Password}
}

// filtered is a socket that hears and reaches the relays' host alone.
type filtered struct{ net.PacketConn }

func isRelay(address net.Addr) bool { return strings.HasPrefix(address.String(), relayHost+":") }

func (f filtered) ReadFrom(buffer []byte) (int, net.Addr, error) {
	for {
		size, from, err := f.PacketConn.ReadFrom(buffer)
		if err != nil || isRelay(from) {
			return size, from, err
		}
	}
}

func (f filtered) WriteTo(datagram []byte, to net.Addr) (int, error) {
	if !isRelay(to) {
		return len(datagram), nil
	}
	return f.PacketConn.WriteTo(datagram, to)
}

// newBrowserBehindRelay makes a browser that nothing but relays reaches.
func newBrowserBehindRelay(t *testing.T) *browser {
	t.Helper()
	socket, err := new(net.ListenConfig).ListenPacket(context.Background(), "udp4", "127.0.0.1:0")
	must(t, err)
	shared := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: filtered{socket}})
	t.Cleanup(func() { must(t, shared.Close()) })
	change := func(s *webrtc.SettingEngine) { s.SetICEUDPMux(shared) }
	return newBrowserWith(t, webrtc.NetworkTypeUDP4, browserCodecs(), change)
}

// TestCallByRelay has calls both ways of browsers that reach us by a relay alone.
func TestCallByRelay(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]EngineOptions{
		"beside a shared port": {Addresses: []netip.Addr{netip.MustParseAddr("127.0.0.1")}},
		"ports for each call": {
			Addresses: []netip.Addr{netip.MustParseAddr("127.0.0.1")}, FirstPort: 18670, LastPort: 18680,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, account := relayServer(t)
			client, err := turn.NewClient(account)
			must(t, err)
			options.Relays = client
			engine := newEngine(t, options)
			session, l := newSession(t, engine, Options{Signalling: netip.MustParseAddr("192.0.2.1")})
			b := newBrowserBehindRelay(t)
			answer := string(call(t, session, b, "opus"))
			if !strings.Contains(answer, " 127.0.0.2 ") || !strings.Contains(answer, " typ relay raddr 0.0.0.0 rport 9\r\n") {
				t.Errorf("answer\n%s", answer)
			}
			bothWays(t, session, l, b, 111, 960)

			called, hears := newSession(t, engine, Options{})
			offer, err := called.Offer(proposal(bridge.SendRecv))
			must(t, err)
			other := newBrowserBehindRelay(t)
			_, err = called.SetAnswer([]byte(other.answer(offer)))
			must(t, err)
			bothWays(t, called, hears, other, 111, 960)
			if relays := server.Stats().Relays; relays != 2 {
				t.Errorf("%d relays for two calls", relays)
			}
			must(t, session.Close())
			must(t, called.Close())
			eventually(t, "the end of the relays", func() bool { return server.Stats().Relays == 0 })
		})
	}
}

// TestCallByCoturn: a browser that reaches us by a relay alone is heard by one of a server that is not ours. The next
// call gets none, for that is one too many (486), and goes on without.
func TestCallByCoturn(t *testing.T) {
	t.Parallel()
	server, account := coturnServer(t, coturn.Options{PerUser: 1})
	client, err := turn.NewClient(account)
	must(t, err)
	engine := newEngine(t, EngineOptions{Relays: client, Addresses: []netip.Addr{netip.MustParseAddr("127.0.0.1")}})
	session, l := newSession(t, engine, Options{Signalling: netip.MustParseAddr("192.0.2.1")})
	b := newBrowserBehindRelay(t)
	if answer := string(call(t, session, b, "opus")); !strings.Contains(answer, " typ relay ") {
		t.Errorf("answer\n%s\ncoturn\n%s", answer, server.Report())
	}
	bothWays(t, session, l, b, 111, 960)

	second, hears := newSession(t, engine, Options{})
	other := newBrowser(t, browserCodecs())
	if answer := string(call(t, second, other, "opus")); strings.Contains(answer, " typ relay ") {
		t.Errorf("a second relay: answer\n%s", answer)
	}
	bothWays(t, second, hears, other, 111, 960)
	if got := engine.Stats().Unrelayed; got != 1 || !strings.Contains(server.Report(), "error 486") {
		t.Errorf("%d counted; coturn\n%s", got, server.Report())
	}
}

// TestHairpin: a browser that only a relay of its own lets out is heard by one of ours at the same server, which lets
// nothing else in.
func TestHairpin(t *testing.T) {
	t.Parallel()
	server, account := coturnServer(t, coturn.Options{RelaysOnly: true})
	client, err := turn.NewClient(account)
	must(t, err)
	engine := newEngine(t, EngineOptions{Relays: client, Addresses: []netip.Addr{netip.MustParseAddr("127.0.0.1")}})
	session, l := newSession(t, engine, Options{Signalling: server.Address.Addr()})
	b := newBrowser(t, browserCodecs())
	must(t, b.connection.SetConfiguration(webrtc.Configuration{
		ICETransportPolicy: webrtc.ICETransportPolicyRelay,
		ICEServers: []webrtc.ICEServer{{
			URLs: []string{account.Server + "?transport=udp"}, Username: account.Username, Credential: account.Password,
		}},
	}))
	call(t, session, b, "opus")
	bothWays(t, session, l, b, 111, 960)
	pair, err := b.connection.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	must(t, err)
	for _, candidate := range []*webrtc.ICECandidate{pair.Local, pair.Remote} {
		if candidate.Address != relayHost {
			t.Errorf("the browser chose %v", pair)
		}
	}
}

// TestRelayIsLast: who reaches us otherwise does not use the relay.
func TestRelayIsLast(t *testing.T) {
	t.Parallel()
	_, account := relayServer(t)
	client, err := turn.NewClient(account)
	must(t, err)
	engine := newEngine(t, EngineOptions{Relays: client})
	for range 3 {
		called, hears := newSession(t, engine, Options{})
		offer, err := called.Offer(proposal(bridge.SendRecv))
		must(t, err)
		if !strings.Contains(string(offer), " typ relay ") {
			t.Fatalf("offer\n%s", offer)
		}
		b := newBrowser(t, browserCodecs())
		_, err = called.SetAnswer([]byte(b.answer(offer)))
		must(t, err)
		bothWays(t, called, hears, b, 111, 960)
		pair, err := called.peer.Load().agent.GetSelectedCandidatePair()
		must(t, err)
		if pair.Local.Type() != ice.CandidateTypeHost {
			t.Errorf("chose %v", pair)
		}
	}
}

// TestNoRelay: calls go on when the server gives no relay, and do not wait for it again.
func TestNoRelay(t *testing.T) {
	t.Parallel()
	_, wrong := relayServer(t)
	wrong.Secret = "south"
	silent, err := new(net.ListenConfig).ListenPacket(context.Background(), "udp4", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = silent.Close() }()
	for name, account := range map[string]turn.ClientOptions{
		"wrong password": wrong,
		"silent server":  {Server: "turn:" + silent.LocalAddr().String(), Username: "a", Password: "b"},
	} {
		client, err := turn.NewClient(account)
		must(t, err)
		engine := newEngine(t, EngineOptions{Relays: client})
		session, l := newSession(t, engine, Options{})
		b := newBrowser(t, browserCodecs())
		if answer := string(call(t, session, b, "opus")); strings.Contains(answer, "typ relay") {
			t.Errorf("%s: answer\n%s", name, answer)
		}
		bothWays(t, session, l, b, 111, 960)
		if _, err := client.Allocate(t.Context()); !errors.Is(err, turn.ErrUnavailable) {
			t.Errorf("%s: asked again: %v", name, err)
		}
		if got := engine.Stats().Unrelayed; got != 1 {
			t.Errorf("%s: %d counted", name, got)
		}
	}
}

// TestRelayWithoutPort: where a connection gets no port of ours, its relay ends at once.
func TestRelayWithoutPort(t *testing.T) {
	t.Parallel()
	server, account := relayServer(t)
	client, err := turn.NewClient(account)
	must(t, err)
	engine := newEngine(t, EngineOptions{
		Relays: client, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1")}, // not of this machine
		FirstPort: 18670, LastPort: 18671,
	})
	called, _ := newSession(t, engine, Options{})
	if offer, err := called.Offer(proposal(bridge.SendRecv)); err == nil {
		t.Errorf("without a port\n%s", offer)
	}
	eventually(t, "the end of the relay", func() bool { return server.Stats().Relays == 0 })
	if got := engine.Stats().Unrelayed; got != 0 {
		t.Errorf("there was no relay: %d", got)
	}
}
