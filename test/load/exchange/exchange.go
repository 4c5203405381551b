// Package exchange sends SIP requests over UDP and waits for what ends them, many at once, as a phone does: it repeats
// what is not answered (RFC 3261 section 17.1) and acknowledges what an INVITE was answered.
package exchange

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sipbridge/test/load/message"
)

// Socket is one UDP port, and the requests that are open on it.
type Socket struct {
	// Repeated counts requests that were sent again.
	Repeated atomic.Int64

	socket *net.UDPConn
	serve  func(*message.Message) []*message.Message
	reads  sync.WaitGroup

	mu   sync.Mutex
	open map[string]chan *message.Message // by branch and method; guarded by mu
}

const (
	largestDatagram = 65535   // bytes
	bufferSize      = 4 << 20 // bytes; takes what comes while this program waits for a core
	// firstRepeat is T1.
	firstRepeat = 500 * time.Millisecond
	// mostRepeat is T2.
	mostRepeat = 4 * time.Second
)

// Listen opens a port on loopback. serve answers requests; nil ignores them.
func Listen(serve func(*message.Message) []*message.Message) (*Socket, error) {
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("SIP socket: %w", err)
	}
	if err := socket.SetReadBuffer(bufferSize); err != nil {
		return nil, errors.Join(fmt.Errorf("SIP socket: %w", err), socket.Close())
	}
	s := &Socket{socket: socket, serve: serve, open: make(map[string]chan *message.Message)}
	s.reads.Go(s.read)
	return s, nil
}

// Close ends the reading; requests that are open end by their context.
func (s *Socket) Close() {
	_ = s.socket.Close() // nothing is waited for
	s.reads.Wait()
}

// Addr is where the socket listens.
func (s *Socket) Addr() netip.AddrPort {
	addr, _ := netip.ParseAddrPort(s.socket.LocalAddr().String()) // a socket's own address can be read
	return addr
}

func (s *Socket) read() {
	buffer := make([]byte, largestDatagram)
	for {
		n, from, err := s.socket.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		m, err := message.Parse(buffer[:n])
		switch {
		case err != nil:
		case m.Status() == 0:
			s.asked(m, from)
		case m.Status() >= 200:
			s.answered(m)
		}
	}
}

func (s *Socket) asked(request *message.Message, from netip.AddrPort) {
	if s.serve == nil {
		return
	}
	for _, reply := range s.serve(request) {
		_, _ = s.socket.WriteToUDPAddrPort(reply.Bytes(), from) // a lost reply is asked for again
	}
}

func (s *Socket) answered(response *message.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting, ok := s.open[response.Branch()+response.Method()]
	if !ok {
		return // an answer that was repeated
	}
	select {
	case waiting <- response:
	default:
	}
}

// Ask sends a request and gives its final answer. The request's top Via must have a branch of its own.
func (s *Socket) Ask(ctx context.Context, to netip.AddrPort, request *message.Message) (*message.Message, error) {
	name := request.Branch() + request.Method()
	answer := make(chan *message.Message, 1)
	s.mu.Lock()
	s.open[name] = answer
	s.mu.Unlock()
	defer s.forget(name)
	repeat := time.NewTimer(firstRepeat)
	defer repeat.Stop()
	text := request.Bytes()
	for wait := firstRepeat; ; wait = min(2*wait, mostRepeat) {
		if _, err := s.socket.WriteToUDPAddrPort(text, to); err != nil {
			return nil, fmt.Errorf("send %s: %w", request.Method(), err)
		}
		repeat.Reset(wait)
		select {
		case response := <-answer:
			return response, nil
		case <-ctx.Done():
			return nil, fmt.Errorf("%s: no answer: %w", request.Method(), ctx.Err())
		case <-repeat.C:
			s.Repeated.Add(1)
		}
	}
}

// Send sends what is not answered, such as an ACK.
func (s *Socket) Send(to netip.AddrPort, m *message.Message) error {
	if _, err := s.socket.WriteToUDPAddrPort(m.Bytes(), to); err != nil {
		return fmt.Errorf("send %s: %w", m.Method(), err)
	}
	return nil
}

func (s *Socket) forget(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, name)
}

// Via is the top Via of a request of this socket; the branch must be a new one, without the magic cookie.
func (s *Socket) Via(branch string) string {
	return "SIP/2.0/UDP " + s.Addr().String() + ";rport;branch=z9hG4bK" + strings.TrimSpace(branch)
}
