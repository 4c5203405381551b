package udp

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// patience is how long a test waits for what must come; only a failing test waits that long.
const patience = 30 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// letter is a datagram that came.
type letter struct {
	text string
	from netip.AddrPort
}

func must[Value any](t *testing.T) func(Value, error) Value {
	t.Helper()
	return func(value Value, err error) Value {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func address(host string) netip.AddrPort { return netip.AddrPortFrom(netip.MustParseAddr(host), 0) }

// listen opens a socket whose datagrams come on the channel.
func listen(t *testing.T, poller *Poller, host string) (*Socket, <-chan letter) {
	t.Helper()
	letters := make(chan letter, 1000)
	s := must[*Socket](t)(poller.Listen(address(host), func(datagram []byte, from netip.AddrPort, _ time.Time) {
		letters <- letter{string(datagram), from}
	}))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, letters
}

func next(t *testing.T, letters <-chan letter) letter {
	t.Helper()
	select {
	case got := <-letters:
		return got
	case <-time.After(patience):
		t.Fatal("nothing came")
		return letter{}
	}
}

func TestBothWays(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"127.0.0.1", "::1"} {
		poller := NewPoller()
		here, atHere := listen(t, poller, host)
		there, atThere := listen(t, poller, host)
		for i := range 3 * batch { // more than are read at once
			text := fmt.Sprint("there ", i)
			if err := here.Send([]byte(text), there.LocalAddr()); err != nil {
				t.Fatal(err)
			}
			if got := next(t, atThere); got.text != text || got.from != here.LocalAddr() {
				t.Fatalf("%s: got %+v from %v, sent %q from %v", host, got.text, got.from, text, here.LocalAddr())
			}
		}
		if err := there.Send([]byte("back"), here.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		if got := next(t, atHere); got.text != "back" {
			t.Errorf("%s: got %q", host, got.text)
		}
	}
}

// TestBurst sends faster than is read: nothing is lost or changes its order.
func TestBurst(t *testing.T) {
	t.Parallel()
	poller := NewPoller()
	enter, leave := make(chan struct{}), make(chan struct{})
	var once sync.Once
	letters := make(chan letter, 100)
	s := must[*Socket](t)(poller.Listen(address("127.0.0.1"), func(datagram []byte, from netip.AddrPort, _ time.Time) {
		once.Do(func() { close(enter); <-leave }) // meanwhile the others queue up in the system
		letters <- letter{string(datagram), from}
	}))
	from, _ := listen(t, poller, "127.0.0.1")
	for i := range 50 {
		if err := from.Send([]byte{byte(i)}, s.LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
	<-enter
	close(leave)
	for i := range 50 {
		if got := next(t, letters); got.text != string([]byte{byte(i)}) {
			t.Fatalf("number %d is %q", i, got.text)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	poller := NewPoller()
	s, letters := listen(t, poller, "127.0.0.1")
	from := must[*net.UDPConn](t)(net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}))
	defer func() { _ = from.Close() }()
	for _, test := range []struct{ sent, got int }{
		{0, 0}, {1, 1}, {MaxDatagram, MaxDatagram}, {MaxDatagram + 1, MaxDatagram + 1}, {60000, MaxDatagram + 1},
	} {
		if _, err := from.WriteToUDPAddrPort(bytes.Repeat([]byte("x"), test.sent), s.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		if got := next(t, letters); len(got.text) != test.got {
			t.Errorf("%d octets became %d", test.sent, len(got.text))
		}
	}
}

func TestSendRefuses(t *testing.T) {
	t.Parallel()
	s, _ := listen(t, NewPoller(), "127.0.0.1")
	for name, to := range map[string]netip.AddrPort{
		"another family": netip.MustParseAddrPort("[::1]:9999"), "nowhere": {},
	} {
		if err := s.Send([]byte("x"), to); !errors.Is(err, unix.EINVAL) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Send([]byte("x"), netip.MustParseAddrPort("192.0.2.1:9")); err == nil {
		t.Error("a socket at loopback reached another network")
	}
	if err := s.Send([]byte("x"), netip.MustParseAddrPort("[::ffff:127.0.0.1]:9")); err != nil {
		t.Errorf("an address in IPv6's form: %v", err)
	}
}

func TestListenRefuses(t *testing.T) {
	t.Parallel()
	poller := NewPoller()
	taken, _ := listen(t, poller, "127.0.0.1")
	if _, err := poller.Listen(taken.LocalAddr(), nil); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("a taken port: %v", err)
	}
	for _, host := range []string{"192.0.2.77", "2001:db8::77", "fe80::1%nowhere"} {
		if s, err := poller.Listen(address(host), nil); err == nil {
			t.Errorf("%s: opened", host)
			_ = s.Close()
		}
	}
}

// TestClose closes sockets while packets come and go.
func TestClose(t *testing.T) {
	t.Parallel()
	poller := NewPoller()
	from, _ := listen(t, poller, "127.0.0.1")
	for range 100 {
		closed := false // by the test; the receiver reads it, and Close is what keeps the two apart
		s := must[*Socket](t)(poller.Listen(address("127.0.0.1"), func([]byte, netip.AddrPort, time.Time) {
			if closed {
				t.Error("a datagram came after Close")
			}
		}))
		var senders sync.WaitGroup
		for range 2 {
			senders.Go(func() {
				for range 10 {
					_ = from.Send([]byte("x"), s.LocalAddr())
					_ = s.Send([]byte("y"), from.LocalAddr())
				}
			})
		}
		if err := errors.Join(s.Close(), s.Close()); err != nil {
			t.Error(err)
		}
		closed = true
		senders.Wait()
		if err := s.Send([]byte("z"), from.LocalAddr()); !errors.Is(err, net.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
}

// TestManySockets holds that few goroutines serve many sockets, and end with them.
func TestManySockets(t *testing.T) {
	t.Parallel()
	poller := NewPoller()
	type pair struct {
		socket  *Socket
		letters <-chan letter
	}
	pairs := make([]pair, 300)
	for i := range pairs {
		pairs[i].socket, pairs[i].letters = listen(t, poller, "127.0.0.1")
	}
	for i := range pairs {
		to := pairs[(i+1)%len(pairs)]
		if err := pairs[i].socket.Send([]byte("hello"), to.socket.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		if got := next(t, to.letters); got.from != pairs[i].socket.LocalAddr() {
			t.Fatalf("came from %v", got.from)
		}
	}
}

// TestChoice holds where a new socket goes.
func TestChoice(t *testing.T) {
	t.Parallel()
	start := time.Now()
	tests := []struct {
		name  string
		slots []slot
		want  int
	}{
		{"idle", []slot{{}, {}}, 0},
		{"the first has time", []slot{{share: 0.3}, {}}, 0},
		{"the first is busy", []slot{{share: 0.5}, {}}, 1},
		{"the first may be busy soon", []slot{{share: 0.3, fresh: 60}, {}}, 1},
		{"all are busy", []slot{{share: 0.9}, {share: 0.7}, {share: 0.8}}, 1},
	}
	for _, test := range tests {
		p := &Poller{slots: test.slots, sampled: start}
		if got := p.choose(start); got != &p.slots[test.want] {
			t.Errorf("%s: not %d", test.name, test.want)
		}
	}
}

// TestLoadIsMeasured lets a loop work for half of the time.
func TestLoadIsMeasured(t *testing.T) {
	t.Parallel()
	start := time.Now()
	busy := &loop{}
	p := &Poller{slots: []slot{{loop: busy, share: 0.9, fresh: 100}, {}}, sampled: start}
	busy.spent.Store(int64(time.Second / 2))
	if p.choose(start.Add(time.Second)) != &p.slots[1] || p.slots[0].share != 0.5 || p.slots[0].fresh != 0 {
		t.Errorf("half a second of one: %+v", p.slots[0])
	}
	if p.choose(start.Add(2*time.Second)) != &p.slots[0] || p.slots[0].share != 0 {
		t.Errorf("none of the next: %+v", p.slots[0])
	}
}

func TestNothingIsAllocated(t *testing.T) { //nolint:paralleltest // counts allocations
	for _, host := range []string{"127.0.0.1", "::1"} {
		seen := 0
		receiver := must[*Socket](t)(open(address(host), func([]byte, netip.AddrPort, time.Time) { seen++ }))
		from := must[*Socket](t)(open(address(host), nil))
		inbox, datagram, now := newInbox(), make([]byte, 172), time.Now()
		perPacket := testing.AllocsPerRun(1000, func() {
			if err := from.Send(datagram, receiver.LocalAddr()); err != nil {
				t.Error(err)
			}
			receiver.read(inbox, now)
		})
		if perPacket != 0 || seen != 1001 {
			t.Errorf("%s: %v allocations a packet, %d came", host, perPacket, seen)
		}
		if err := errors.Join(from.discard(nil), receiver.discard(nil)); err != nil {
			t.Error(err)
		}
	}
}
