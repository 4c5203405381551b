package rtpengine

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
	"time"
)

// unheard is a socket to where nobody listens.
type unheard struct {
	net.Conn // no other method is called

	written int
}

func (u *unheard) Write(datagram []byte) (int, error) {
	u.written++
	return len(datagram), nil
}

func (*unheard) Read([]byte) (int, error) { return 0, syscall.ECONNREFUSED }

func (*unheard) SetReadDeadline(time.Time) error { return nil }

// TestAskWaitsWhileNobodyListens sends no flood while rtpengine starts.
func TestAskWaitsWhileNobodyListens(t *testing.T) {
	t.Parallel()
	const pauses = 4
	ctx, cancel := context.WithTimeout(t.Context(), pauses*pause)
	defer cancel()
	socket := &unheard{}
	if _, err := askOver(ctx, socket, dictionary{"command": "ping"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if socket.written < 1 || socket.written > pauses+1 {
		t.Errorf("sent %d times in %v", socket.written, pauses*pause)
	}
}
