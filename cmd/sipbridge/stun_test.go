package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"sipbridge/configs"
	"sipbridge/sipua"
	"sipbridge/sipua/nat"
	"sipbridge/sipua/transport"
	"sipbridge/test/e2e/coturn"
)

// nobody has no media ports.
type nobody struct{}

func (nobody) ListensAt(netip.Addr) bool   { return false }
func (nobody) Listens(netip.AddrPort) bool { return false }

func listenPackets(t *testing.T) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// translator is a NAT before one server: who sends to its inside comes from its outside, which is another port, and
// from 127.0.0.9.
func translator(t *testing.T, server netip.AddrPort) (inside, outside netip.AddrPort) {
	t.Helper()
	in := listenPackets(t)
	out, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 9)})
	if err != nil {
		t.Fatal(err)
	}
	var client netip.AddrPort
	var mu sync.Mutex // guards client
	var running sync.WaitGroup
	running.Go(func() {
		for buffer := make([]byte, 1500); ; {
			size, from, err := in.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			mu.Lock()
			client = from
			mu.Unlock()
			_, _ = out.WriteToUDPAddrPort(buffer[:size], server)
		}
	})
	running.Go(func() {
		for buffer := make([]byte, 1500); ; {
			size, _, err := out.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			mu.Lock()
			to := client
			mu.Unlock()
			_, _ = in.WriteToUDPAddrPort(buffer[:size], to)
		}
	})
	t.Cleanup(func() {
		if err := errors.Join(in.Close(), out.Close()); err != nil {
			t.Error(err)
		}
		running.Wait()
	})
	return addrPortOf(in), addrPortOf(out)
}

func addrPortOf(conn *net.UDPConn) netip.AddrPort {
	at, _ := conn.LocalAddr().(*net.UDPAddr)
	return at.AddrPort()
}

// TestPublicAddress: our SIP socket learns of a STUN server that is not ours, Debian's coturn, how a NAT shows it, and
// peers out there find that in Via and Contact; who is inside finds our own address.
func TestPublicAddress(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	server, err := coturn.Start(coturn.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	inside, outside := translator(t, server.Address)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s := &service{log: log, config: &configs.Config{Listen: configs.Listen{STUN: inside.String()}}, addresses: nat.New()}
	s.listeners.SIPUDP = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}
	plug := sipPlug{
		agent: func() *sipua.Agent { return s.agent }, rate: 100, log: log, advertised: s.addresses.Signalling,
	}
	if s.transports, err = openTransports(ctx, s.listeners, plug); err != nil {
		t.Fatal(err)
	}
	if err = s.addFinder(nil); err != nil {
		t.Fatal(err)
	}
	s.agent = sipua.NewAgent(sipua.Options{Log: log})
	var running sync.WaitGroup
	running.Go(func() { _ = s.transports.layer.Run(ctx) })
	running.Go(func() { _ = s.public.run(ctx) })
	s.public.wait(ctx)
	for peer, want := range map[string]netip.AddrPort{
		"198.51.100.1:5060": outside, "10.1.1.1:5060": s.transports.udp[0].LocalAddr(),
	} {
		flow := s.transports.udp[0].FlowTo(netip.MustParseAddrPort(peer))
		if got := transport.AdvertisedAddr(flow); got != want {
			t.Errorf("%s is told %v, want %v", peer, got, want)
		}
	}
	if told := s.addresses.ForBrowser(netip.MustParseAddr("198.51.100.1")); len(told) != 1 || told[0] != outside.Addr() {
		t.Errorf("a browser is told %v, want %v", told, outside.Addr())
	}
	cancel()
	running.Wait()
}

// TestLacking: where no SIP socket reaches out, another one of that family asks.
func TestLacking(t *testing.T) {
	own := []netip.Addr{
		netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr("10.0.0.6"),
		netip.MustParseAddr("2001:db8::5"),
	}
	for listening, want := range map[string]string{
		"127.0.0.1:5060": "10.0.0.5 2001:db8::5", "10.0.0.6:5060": "2001:db8::5", "[2001:db8::5]:5060": "10.0.0.5",
	} {
		var got string
		for _, address := range lacking(own, []netip.AddrPort{netip.MustParseAddrPort(listening)}) {
			if got != "" {
				got += " "
			}
			got += address.String()
		}
		if got != want {
			t.Errorf("beside %s: %s, want %s", listening, got, want)
		}
	}
}
