package mux

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/pion/stun/v4"

	"sipbridge/bridge/udp"
)

func openTCP(tb testing.TB) *Mux {
	tb.Helper()
	listener := must[net.Listener](tb)(new(net.ListenConfig).Listen(context.Background(), "tcp4", "127.0.0.1:0"))
	m := must[*Mux](tb)(Open(Options{Listeners: []net.Listener{listener}}))
	tb.Cleanup(func() {
		if err := m.Close(); err != nil {
			tb.Error(err)
		}
	})
	return m
}

// newTCPParty is newParty at the TCP listener.
func newTCPParty(t *testing.T, m *Mux, name string) *party {
	t.Helper()
	p := &party{media: make(chan string, 100)}
	p.Conn = m.NewConn(func(datagram []byte, _ time.Time) { p.media <- string(datagram) })
	p.agent = must[net.PacketConn](t)(p.GetConnByUfrag(name, false, net.IPv4(127, 0, 0, 1)))
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func connect(t *testing.T, m *Mux) net.Conn {
	t.Helper()
	conn := must[net.Conn](t)(new(net.Dialer).DialContext(t.Context(), "tcp4", m.TCPAddresses()[0].String()))
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

func write(t *testing.T, conn net.Conn, datagrams ...[]byte) {
	t.Helper()
	var frames []byte
	for _, datagram := range datagrams {
		frames = appendFrame(frames, datagram)
	}
	if _, err := conn.Write(frames); err != nil {
		t.Fatal(err)
	}
}

// checked has a connection checked and answered well.
func checked(t *testing.T, conn net.Conn, p *party, name string) {
	t.Helper()
	request := build(t, stun.BindingRequest, stun.TransactionID, stun.NewUsername(name+":browser"))
	write(t, conn, request.Raw)
	buffer := make([]byte, udp.MaxDatagram)
	_, from, err := p.agent.ReadFrom(buffer)
	if _, isTCP := from.(*net.TCPAddr); err != nil || !isTCP || from.String() != conn.LocalAddr().String() {
		t.Fatalf("the agent got a check from %v: %v", from, err)
	}
	answer := build(t, stun.BindingSuccess, stun.NewTransactionIDSetter(request.TransactionID))
	if _, err := p.agent.WriteTo(answer.Raw, from); err != nil {
		t.Fatal(err)
	}
	if got := must[[]byte](t)(readFrame(bufio.NewReader(conn), buffer)); !bytes.Equal(got, answer.Raw) {
		t.Fatal("the browser got something else than the answer")
	}
}

// closed waits for the end of a connection, which the other side closed.
func closed(t *testing.T, conn net.Conn) {
	t.Helper()
	var late net.Error
	if _, err := io.Copy(io.Discard, conn); errors.As(err, &late) && late.Timeout() {
		t.Error("the connection is still there")
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	m := openTCP(t)
	p, conn := newTCPParty(t, m, "ours"), connect(t, m)
	checked(t, conn, p, "ours")
	write(t, conn, media("one"), media("two"), []byte{22, 254, 253})
	for _, want := range []string{"one", "two"} {
		if got := p.next(t); got != string(media(want)) {
			t.Errorf("got %q", got)
		}
	}
	buffer := make([]byte, udp.MaxDatagram)
	if size, err := p.DTLS().Read(buffer); err != nil || size != 3 {
		t.Errorf("DTLS: %d octets: %v", size, err)
	}
	p.Choose(m.TCPAddresses()[0], addressOf(conn.LocalAddr()), true)
	for _, text := range []string{"sound", "more"} {
		if err := p.Send([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	frames := bufio.NewReader(conn)
	for _, want := range []string{"sound", "more"} {
		if got := must[[]byte](t)(readFrame(frames, buffer)); string(got) != want {
			t.Errorf("got %q", got)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, conn, media("after its call"))
	closed(t, conn)
	if m.Refused() != 0 {
		t.Errorf("%d refused", m.Refused())
	}
}

// TestUnprovedStreams end.
func TestUnprovedStreams(t *testing.T) {
	t.Parallel()
	unknown := build(t, stun.BindingRequest, stun.TransactionID, stun.NewUsername("nobody:browser")).Raw
	tests := map[string][]byte{
		"media":            appendFrame(nil, media("stranger")),
		"nothing":          {0, 0},
		"a web browser":    []byte("GET / HTTP/1.1\r\n\r\n"),
		"too long":         {0xff, 0xff},
		"TLS":              {22, 3, 1, 2, 0, 1},
		"unknown for long": slices.Repeat(appendFrame(nil, unknown), proofFrames),
	}
	m := openTCP(t)
	for name, octets := range tests {
		conn := connect(t, m)
		if _, err := conn.Write(octets); err != nil {
			t.Fatal(err)
		}
		t.Log(name)
		closed(t, conn)
	}
	for deadline := time.Now().Add(patience); m.Streams() > 0; time.Sleep(time.Millisecond) { // polls
		if time.Now().After(deadline) {
			t.Fatal("connections are left")
		}
	}
	if m.Refused() != uint64(len(tests)) {
		t.Errorf("%d refused", m.Refused())
	}
	// Those that say nothing fill the places of their source alone.
	for range maxUnprovedPerSource {
		connect(t, m)
	}
	closed(t, connect(t, m))
}

// TestSlowStream sends to a browser that does not read.
func TestSlowStream(t *testing.T) {
	t.Parallel()
	m := openTCP(t)
	p, conn := newTCPParty(t, m, "ours"), connect(t, m)
	checked(t, conn, p, "ours")
	p.Choose(m.TCPAddresses()[0], addressOf(conn.LocalAddr()), true)
	datagram := make([]byte, 1200)
	for deadline := time.Now().Add(patience); ; {
		if err := p.Send(datagram); errors.Is(err, errQueue) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("all is queued")
		}
	}
}

// FuzzReadFrame holds that what is written is read, and that reading never gives more than fits.
func FuzzReadFrame(f *testing.F) {
	f.Add([]byte{0, 3, 1, 2, 3, 0, 0, 0, 1, 9})
	f.Add([]byte{0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, octets []byte) {
		from, buffer := bufio.NewReader(bytes.NewReader(octets)), make([]byte, udp.MaxDatagram)
		var again []byte
		for {
			frame, err := readFrame(from, buffer)
			if err != nil {
				break
			}
			again = appendFrame(again, frame)
		}
		if !bytes.HasPrefix(octets, again) {
			t.Errorf("%x became %x", octets, again)
		}
	})
}
