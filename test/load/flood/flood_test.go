package flood

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sipbridge/test/load/message"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFloodIsSent(t *testing.T) {
	t.Parallel()
	server, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	to, err := netip.ParseAddrPort(server.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	flood, err := Open(Options{To: to, Domain: "localhost", User: "alice", Rate: 1000, Sources: 300})
	if err != nil {
		t.Fatal(err)
	}
	defer flood.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int)
	go func() {
		sent, err := flood.Send(ctx)
		if err != nil {
			t.Error(err)
		}
		ended <- sent
	}()
	sources, methods, branches := map[netip.Addr]bool{}, map[string]bool{}, map[string]bool{}
	buffer := make([]byte, 65536)
	for range 600 {
		if err := server.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		size, from, err := server.ReadFromUDPAddrPort(buffer)
		if err != nil {
			t.Fatal(err)
		}
		request, err := message.Parse(buffer[:size])
		if err != nil {
			t.Fatal(err)
		}
		sources[from.Addr()], methods[request.Method()], branches[request.Branch()] = true, true, true
	}
	cancel()
	if sent := <-ended; sent < 600 {
		t.Errorf("%d are said to be sent", sent)
	}
	if len(sources) != 300 || len(methods) != 5 || len(branches) != 600 {
		t.Errorf("%d sources, methods %v, %d branches", len(sources), methods, len(branches))
	}
}
