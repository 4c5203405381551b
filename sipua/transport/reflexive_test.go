package transport_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v4"

	"sipbridge/sipua/transport"
)

// stunServer answers each Binding request as told, until the test ends; other is a socket that nobody asked.
func stunServer(t *testing.T, answer func(request *stun.Message, from net.Addr, server, other net.PacketConn),
) netip.AddrPort {
	t.Helper()
	server, other := packets(t), packets(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for buffer := make([]byte, 1500); ; {
			size, from, err := server.ReadFrom(buffer)
			if err != nil {
				return
			}
			request := &stun.Message{Raw: buffer[:size]}
			if request.Decode() == nil {
				answer(request, from, server, other)
			}
		}
	}()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return netip.MustParseAddrPort(server.LocalAddr().String())
}

func packets(t *testing.T) net.PacketConn {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(context.Background(), "udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// mapped is an answer that names an address.
func mapped(request *stun.Message, address string) []byte {
	at := netip.MustParseAddrPort(address)
	return stun.MustBuild(request, stun.BindingSuccess, stun.NewSoftware("odd"),
		&stun.XORMappedAddress{IP: at.Addr().AsSlice(), Port: int(at.Port())}).Raw
}

// TestReflexive: the answer of the server that was asked counts, and nobody else's.
func TestReflexive(t *testing.T) {
	t.Parallel()
	in := make(inbox, 1)
	socket, err := transport.ListenUDP("127.0.0.1:0", transport.UDPOptions{Receive: in.receive})
	if err != nil {
		t.Fatal(err)
	}
	run(t, socket)
	for name, test := range map[string]struct {
		answer func(request *stun.Message, from net.Addr, server, other net.PacketConn)
		want   string
		err    error
	}{
		"IPv4": {func(request *stun.Message, from net.Addr, server, other net.PacketConn) {
			_, _ = other.WriteTo(mapped(request, "198.51.100.66:66"), from) // of somebody else
			forged := *request
			forged.TransactionID[3] ^= 1
			_, _ = server.WriteTo(mapped(&forged, "198.51.100.66:66"), from)
			_, _ = server.WriteTo(mapped(request, "203.0.113.7:6060"), from)
		}, "203.0.113.7:6060", nil},
		"IPv6": {func(request *stun.Message, from net.Addr, server, _ net.PacketConn) {
			_, _ = server.WriteTo(mapped(request, "[2001:db8::7]:6060"), from)
		}, "[2001:db8::7]:6060", nil},
		"error": {func(request *stun.Message, from net.Addr, server, _ net.PacketConn) {
			_, _ = server.WriteTo(stun.MustBuild(request, stun.BindingError, stun.CodeBadRequest).Raw, from)
		}, "invalid AddrPort", transport.ErrSTUN},
		"silence": {
			func(*stun.Message, net.Addr, net.PacketConn, net.PacketConn) {}, "invalid AddrPort", transport.ErrNoAnswer,
		},
		"no address": {func(request *stun.Message, from net.Addr, server, _ net.PacketConn) {
			_, _ = server.WriteTo(stun.MustBuild(request, stun.BindingSuccess).Raw, from)
		}, "invalid AddrPort", transport.ErrNoAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wait := 30 * time.Second
			if errors.Is(test.err, transport.ErrNoAnswer) {
				wait = 50 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), wait)
			defer cancel()
			got, err := socket.Reflexive(ctx, stunServer(t, test.answer))
			if got.String() != test.want || !errors.Is(err, test.err) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

// TestReflexiveRepeats: a request that is lost is sent again.
func TestReflexiveRepeats(t *testing.T) {
	t.Parallel()
	in := make(inbox, 1)
	socket, err := transport.ListenUDP("127.0.0.1:0", transport.UDPOptions{Receive: in.receive})
	if err != nil {
		t.Fatal(err)
	}
	run(t, socket)
	requests := 0 // of the server's goroutine
	server := stunServer(t, func(request *stun.Message, from net.Addr, server, _ net.PacketConn) {
		if requests++; requests == 2 {
			_, _ = server.WriteTo(mapped(request, "203.0.113.7:6060"), from)
		}
	})
	if got, err := socket.Reflexive(t.Context(), server); err != nil || got.String() != "203.0.113.7:6060" {
		t.Errorf("%v, %v", got, err)
	}
}
