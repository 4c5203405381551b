package transport_test

import (
	"errors"
	"net/netip"
	"testing"

	"sipbridge/sipua/transport"
)

func TestLayerFlowTo(t *testing.T) {
	t.Parallel()
	in := make(inbox, 10)
	udp4, err := transport.ListenUDP("127.0.0.1:0", transport.UDPOptions{Receive: in.receive})
	if err != nil {
		t.Fatal(err)
	}
	other, err := transport.ListenUDP("127.0.0.2:0", transport.UDPOptions{Receive: in.receive})
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := transport.ListenTCP("127.0.0.1:0", transport.TCPOptions{Receive: in.receive})
	if err != nil {
		t.Fatal(err)
	}
	layer := transport.NewLayer([]*transport.UDP{other, udp4}, []*transport.TCP{tcp})
	run(t, layer)

	flow, err := layer.FlowTo(transport.Target{
		Transport: "udp", Address: netip.MustParseAddrPort("[::ffff:127.0.0.1]:5060"),
	})
	if err != nil || flow.LocalAddr() != udp4.LocalAddr() {
		t.Errorf("UDP from %v, %v; want the socket that routes to it", flow, err)
	}
	peer := dial(t, tcp.LocalAddr())
	write(t, peer, message("hello"))
	incoming := in.next(t).flow
	flow, err = layer.FlowTo(transport.Target{Transport: "TCP", Address: incoming.RemoteAddr()})
	if err != nil || flow != incoming {
		t.Errorf("the open connection is not used again: %v", err)
	}
	for _, missing := range []struct{ transport, remote string }{
		{"UDP", "[2001:db8::1]:5060"}, {"TCP", "[2001:db8::1]:5060"}, {"TLS", "192.0.2.1:5061"}, {"WS", "192.0.2.1:80"},
	} {
		_, err := layer.FlowTo(transport.Target{
			Transport: missing.transport, Address: netip.MustParseAddrPort(missing.remote),
		})
		if !errors.Is(err, transport.ErrNoTransport) {
			t.Errorf("%v: %v", missing, err)
		}
	}
}

// TestAdvertisedAddr: each peer of a socket may be told another address of ours.
func TestAdvertisedAddr(t *testing.T) {
	t.Parallel()
	told := netip.MustParseAddrPort("203.0.113.7:6060")
	advertised := func(word string, local netip.AddrPort, peer netip.Addr) netip.AddrPort {
		if word == "UDP" && peer == netip.MustParseAddr("198.51.100.1") {
			return told
		}
		return local
	}
	in := make(inbox, 1)
	socket, err := transport.ListenUDP("127.0.0.1:0", transport.UDPOptions{Receive: in.receive, Advertised: advertised})
	if err != nil {
		t.Fatal(err)
	}
	run(t, socket)
	for remote, want := range map[string]netip.AddrPort{
		"198.51.100.1:5060": told, "198.51.100.2:5060": socket.LocalAddr(),
	} {
		flow := socket.FlowTo(netip.MustParseAddrPort(remote))
		if got := transport.AdvertisedAddr(flow); got != want || flow.LocalAddr() != socket.LocalAddr() {
			t.Errorf("%s is told %v, want %v", remote, got, want)
		}
	}
}
