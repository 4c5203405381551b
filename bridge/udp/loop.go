package udp

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxEvents is how many sockets are taken note of at once.
const maxEvents = 128

// loop is a goroutine that reads sockets. It waits by the runtime's own poller, for which its epoll descriptor is a
// file like any other: so a wait holds up nobody, and closing the file ends it. A thread that waits in the system
// instead costs more than it saves: the runtime's monitor asks it for its place every 20 µs.
type loop struct {
	epoll *os.File
	raw   syscall.RawConn // of epoll
	// spent is the time that the loop did not wait, in nanoseconds.
	spent   atomic.Int64
	running sync.WaitGroup

	// The rest, up to mu, belongs to the goroutine. Waiting are sockets that have not been read to their end; spare is
	// memory for the next such list.
	events         [maxEvents]unix.EpollEvent
	inbox          *inbox
	waiting, spare []*Socket

	mu      sync.Mutex // guards sockets
	sockets map[int32]*Socket
}

func newLoop() (*loop, error) {
	descriptor, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	// The runtime waits for no file that could keep it waiting.
	if err = unix.SetNonblock(descriptor, true); err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	l := &loop{
		epoll: os.NewFile(uintptr(descriptor), "epoll"), inbox: newInbox(), sockets: make(map[int32]*Socket),
	}
	if l.raw, err = l.epoll.SyscallConn(); err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	l.running.Go(l.run)
	return l, nil
}

// add begins to read a socket.
func (l *loop) add(s *Socket) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	// The system tells once that there is something (EPOLLET), so a socket is read to its end.
	event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(s.descriptor)}
	var refused error
	err := l.raw.Control(func(epoll uintptr) {
		refused = unix.EpollCtl(int(epoll), unix.EPOLL_CTL_ADD, s.descriptor, &event)
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return fmt.Errorf("epoll: %w", err)
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
func (l *loop) stop() error {
	err := l.epoll.Close()
	l.running.Wait()
	if err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	return nil
}

// run reads until the file is closed: "false" says that the file has no more to tell now.
func (l *loop) run() {
	_ = l.raw.Read(func(epoll uintptr) bool {
		began := time.Now()
		for l.turn(epoll, began) {
			continue
		}
		l.spent.Add(int64(time.Since(began)))
		return false
	})
}

// turn reads once from each socket that has something, so that none keeps the others waiting, and tells whether some
// may have more.
func (l *loop) turn(epoll uintptr, now time.Time) (more bool) {
	// It does not wait, so the runtime need not hear of it.
	count, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, epoll,
		uintptr(unsafe.Pointer(&l.events[0])), maxEvents, 0, 0, 0) //nolint:gosec // the system wants it so
	if errno != 0 {
		return errno == unix.EINTR
	}
	waiting := l.waiting
	l.waiting = l.spare[:0]
	for i := range count {
		if s := l.find(l.events[i].Fd); s != nil && !s.waits {
			l.read(s, now)
		}
	}
	for _, s := range waiting {
		l.read(s, now)
	}
	l.spare = waiting
	return count == maxEvents || len(l.waiting) > 0
}

func (l *loop) read(s *Socket, now time.Time) {
	if s.waits = s.read(l.inbox, now); s.waits {
		l.waiting = append(l.waiting, s)
	}
}

func (l *loop) find(descriptor int32) *Socket {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sockets[descriptor]
}
