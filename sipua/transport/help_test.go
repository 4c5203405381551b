package transport_test

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"sipbridge/sipua/transport"
)

// patience is how long a test waits for what must come; a loaded machine may need it.
const patience = 30 * time.Second

type received struct {
	flow    transport.Flow
	message string
}

// inbox is a Receiver that tests can wait on.
type inbox chan received

func (i inbox) receive(flow transport.Flow, message []byte) { i <- received{flow, string(message)} }

func (i inbox) next(t *testing.T) received {
	t.Helper()
	select {
	case r := <-i:
		return r
	case <-time.After(patience):
		t.Fatal("no message came")
		return received{}
	}
}

type runner interface{ Run(context.Context) error }

// run runs r until the test ends, and waits for it.
func run(t *testing.T, r runner) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	stop = func() {
		t.Helper()
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(patience):
			t.Fatal("Run does not return")
		}
		ended <- nil
	}
	t.Cleanup(stop)
	return stop
}

func dial(t *testing.T, addr netip.AddrPort) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

func write(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

// eventually waits until ok.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(patience); !ok(); <-ticker.C {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// to is the target at an address.
func to(address netip.AddrPort) transport.Target { return transport.Target{Address: address} }
