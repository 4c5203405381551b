package transport_test

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sipbridge/sipua/transport"
)

// closedPort gives an address of this machine where nobody listens.
func closedPort(t *testing.T, host string) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenPacket("udp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	address := netip.MustParseAddrPort(conn.LocalAddr().String())
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	return address
}

type cameBack struct {
	flow   transport.Flow
	quoted string
}

func TestRefusedDatagramComesBack(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"127.0.0.1", "::1"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			back := make(chan cameBack, 100)
			socket, err := transport.ListenUDP(net.JoinHostPort(host, "0"), transport.UDPOptions{
				Receive:     make(inbox, 10).receive,
				Undelivered: func(flow transport.Flow, quoted []byte) { back <- cameBack{flow, string(quoted)} },
			})
			if err != nil {
				t.Fatal(err)
			}
			run(t, socket)
			flow := socket.FlowTo(closedPort(t, host))
			sent := message(strings.Repeat("x", 2000))
			if err := flow.Send([]byte(sent)); err != nil {
				t.Fatal(err)
			}
			select {
			case got := <-back:
				if got.flow != flow || len(got.quoted) < 400 || !strings.HasPrefix(sent, got.quoted) {
					t.Errorf("%d bytes came back from %v: %.100q", len(got.quoted), got.flow.RemoteAddr(), got.quoted)
				}
			case <-time.After(patience):
				t.Fatal("nothing came back")
			}
			if stats := socket.Stats(); stats.Undelivered != 1 || stats.SendErrors != 0 {
				t.Errorf("counted %+v", stats)
			}
		})
	}
}

// TestRefusalsDisturbNoOtherPeer: the error of one datagram comes when the next is sent, to whomever, or when one is
// read.
func TestRefusalsDisturbNoOtherPeer(t *testing.T) {
	t.Parallel()
	in := make(inbox, 1000)
	socket := listenUDP(t, transport.UDPOptions{Receive: in.receive})
	peer := dialUDP(t, socket.LocalAddr())
	dead := socket.FlowTo(closedPort(t, "127.0.0.1"))
	alive := socket.FlowTo(netip.MustParseAddrPort(peer.LocalAddr().String()))
	const rounds = 300
	buffer := make([]byte, 100)
	for range rounds {
		if err := dead.Send([]byte("nobody hears this")); err != nil {
			t.Fatal(err)
		}
		if err := alive.Send([]byte("answer")); err != nil {
			t.Fatal(err)
		}
		if _, err := peer.Read(buffer); err != nil {
			t.Fatal(err)
		}
		write(t, peer, message("one"))
		in.next(t)
	}
	if stats := socket.Stats(); stats.SendErrors != 0 || stats.Received != rounds {
		t.Errorf("counted %+v", stats)
	}
}
