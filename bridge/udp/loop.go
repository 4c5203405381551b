package udp

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// maxEvents is how many sockets one wait can report.
const maxEvents = 128

// loop is a goroutine that reads sockets.
type loop struct {
	epoll int
	// bell is an eventfd that wakes the loop to end it.
	bell int
	// spent is the time that the loop did not wait, in nanoseconds.
	spent atomic.Int64
	done  chan struct{} // closed when the goroutine is gone

	mu      sync.Mutex // guards sockets
	sockets map[int32]*Socket
}

func newLoop() (*loop, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("eventfd: %w", err), unix.Close(epoll))
	}
	l := &loop{epoll: epoll, bell: bell, done: make(chan struct{}), sockets: make(map[int32]*Socket)}
	if err := l.watch(bell); err != nil {
		return nil, errors.Join(err, unix.Close(bell), unix.Close(epoll))
	}
	go l.run()
	return l, nil
}

func (l *loop) watch(descriptor int) error {
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(descriptor)}
	if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, descriptor, &event); err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	return nil
}

// add begins to read a socket.
func (l *loop) add(s *Socket) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.watch(s.descriptor); err != nil {
		return err
	}
	l.sockets[int32(s.descriptor)] = s
	return nil
}

// remove ends that. The system forgets the descriptor when it is closed.
func (l *loop) remove(s *Socket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.sockets, int32(s.descriptor))
}

// stop ends the goroutine and waits for it.
func (l *loop) stop() {
	// An eventfd takes any number but 0, in the byte order of the machine.
	_, _ = unix.Write(l.bell, []byte{1, 1, 1, 1, 1, 1, 1, 1})
	<-l.done
}

func (l *loop) run() {
	defer close(l.done)
	defer func() { _, _ = unix.Close(l.bell), unix.Close(l.epoll) }()
	var events [maxEvents]unix.EpollEvent
	inbox := newInbox()
	for {
		count, err := unix.EpollWait(l.epoll, events[:], -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return // the descriptor is bad: nothing can come any more
		}
		began := time.Now()
		for _, event := range events[:max(count, 0)] {
			if int(event.Fd) == l.bell {
				return
			}
			if s := l.find(event.Fd); s != nil {
				s.read(inbox, began)
			}
		}
		l.spent.Add(int64(time.Since(began)))
	}
}

func (l *loop) find(descriptor int32) *Socket {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sockets[descriptor]
}
