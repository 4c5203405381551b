package udp

import (
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestFloodKeepsNobodyWaiting has one socket with more than a loop reads at once, and another with a single datagram.
func TestFloodKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	var order []string
	note := func(name string) Receiver {
		return func([]byte, netip.AddrPort, time.Time) { order = append(order, name) }
	}
	l := must[*loop](t)(newLoop())
	if err := l.epoll.Close(); err != nil { // from here on the test is the loop
		t.Fatal(err)
	}
	l.running.Wait()
	flooded := must[*Socket](t)(open(address("127.0.0.1"), note("flood")))
	quiet := must[*Socket](t)(open(address("127.0.0.1"), note("quiet")))
	from := must[*Socket](t)(open(address("127.0.0.1"), nil))
	epoll := must[int](t)(unix.EpollCreate1(unix.EPOLL_CLOEXEC))
	for _, s := range []*Socket{flooded, quiet} {
		event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(s.descriptor)}
		if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, s.descriptor, &event); err != nil {
			t.Fatal(err)
		}
		l.sockets[int32(s.descriptor)] = s
	}
	for range 3*batch + 1 {
		if err := from.Send([]byte("x"), flooded.LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
	if err := from.Send([]byte("x"), quiet.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	turns := 1
	for l.turn(uintptr(epoll), time.Now()) {
		turns++
	}
	if len(order) != 3*batch+2 || order[batch] != "quiet" || turns != 4 || flooded.waits {
		t.Errorf("%d turns: %v", turns, order)
	}
	for _, s := range []*Socket{flooded, quiet, from} {
		if err := s.discard(nil); err != nil {
			t.Error(err)
		}
	}
	if err := unix.Close(epoll); err != nil {
		t.Error(err)
	}
}
