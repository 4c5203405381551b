package transport

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"
)

const (
	stunError = 0x0111 // Binding error response
	// firstRepeat is when a request is sent again that was not answered; each further wait is twice as long (RFC 8489
	// section 6.2.1).
	firstRepeat = 500 * time.Millisecond
)

// What becomes of a STUN request that finds no address.
var (
	// ErrNoAnswer means that the server said nothing.
	ErrNoAnswer = errors.New("transport: no answer by STUN")
	// ErrSTUN means that the server refused.
	ErrSTUN = errors.New("transport: STUN request refused")
)

// stunID names a transaction. It is random, so that nobody answers a request that he has not seen.
type stunID [12]byte

// reflexiveAnswer is what a server says; an invalid address for an error.
type reflexiveAnswer struct{ mapped netip.AddrPort }

// questions are the STUN requests of a socket that wait for their answers.
type questions struct {
	mu   sync.Mutex
	open map[stunID]question // guarded by mu
}

type question struct {
	server netip.AddrPort
	answer chan reflexiveAnswer // has room for one
}

func (q *questions) ask(server netip.AddrPort) (stunID, chan reflexiveAnswer) {
	var id stunID
	_, _ = rand.Read(id[:]) // never fails
	answer := make(chan reflexiveAnswer, 1)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open == nil {
		q.open = make(map[stunID]question)
	}
	q.open[id] = question{server: server, answer: answer}
	return id, answer
}

func (q *questions) forget(id stunID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.open, id)
}

// take takes a datagram that answers a question, and tells whether it does: of the server that was asked, with the name
// of the transaction. One that says neither an address nor an error is as none.
func (q *questions) take(data []byte, remote netip.AddrPort) bool {
	id, answer, ok := parseReflexive(data)
	if !ok {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	asked, ok := q.open[id]
	if !ok || asked.server != remote {
		return false
	}
	delete(q.open, id)
	asked.answer <- answer
	return true
}

// Reflexive asks a STUN server from which address and port the socket's datagrams come there: the one by which a NAT on
// the way shows it (RFC 8489). It repeats the request until ctx ends. Run must read the socket meanwhile. The errors
// are ErrNoAnswer, ErrSTUN, and those of sending.
func (u *UDP) Reflexive(ctx context.Context, server netip.AddrPort) (netip.AddrPort, error) {
	server = unmap(server)
	id, answer := u.questions.ask(server)
	defer u.questions.forget(id)
	request := stunRequestOf(id)
	for wait := firstRepeat; ; wait *= 2 {
		if err := u.FlowTo(server).Send(request); err != nil {
			return netip.AddrPort{}, err
		}
		repeat := time.NewTimer(wait)
		select {
		case got := <-answer:
			repeat.Stop()
			if !got.mapped.IsValid() {
				return netip.AddrPort{}, fmt.Errorf("%v: %w", server, ErrSTUN)
			}
			return got.mapped, nil
		case <-ctx.Done():
			repeat.Stop()
			return netip.AddrPort{}, fmt.Errorf("%v: %w", server, ErrNoAnswer)
		case <-repeat.C:
		}
	}
}

// stunRequestOf is a Binding request without attributes.
func stunRequestOf(id stunID) []byte {
	request := binary.BigEndian.AppendUint16(make([]byte, 0, stunHeader), stunRequest)
	request = binary.BigEndian.AppendUint16(request, 0)
	request = binary.BigEndian.AppendUint32(request, stunCookie)
	return append(request, id[:]...)
}

// parseReflexive reads a response to a Binding request; false if it is none, or says nothing.
func parseReflexive(data []byte) (id stunID, answer reflexiveAnswer, ok bool) {
	if len(data) < stunHeader || len(data) > largestSTUN || len(data)%4 != 0 ||
		binary.BigEndian.Uint32(data[4:]) != stunCookie || int(binary.BigEndian.Uint16(data[2:])) != len(data)-stunHeader {
		return id, answer, false
	}
	copy(id[:], data[8:])
	switch binary.BigEndian.Uint16(data) {
	case stunError:
		return id, answer, true
	case stunSuccess:
		answer.mapped, ok = mappedIn(data)
		return id, answer, ok
	default:
		return id, answer, false
	}
}

// mappedIn finds XOR-MAPPED-ADDRESS among the attributes (RFC 8489 section 14.2).
func mappedIn(data []byte) (netip.AddrPort, bool) {
	for rest := data[stunHeader:]; len(rest) >= 4; {
		kind, size := binary.BigEndian.Uint16(rest), int(binary.BigEndian.Uint16(rest[2:]))
		padded := (size + 3) &^ 3
		if 4+padded > len(rest) {
			return netip.AddrPort{}, false
		}
		if kind == stunMapped {
			return unmask(rest[4:4+size], data)
		}
		rest = rest[4+padded:]
	}
	return netip.AddrPort{}, false
}

// unmask reads the address in a value, which is masked by the cookie and the transaction.
func unmask(value, data []byte) (netip.AddrPort, bool) {
	if len(value) != 8 && len(value) != 20 || (value[1] == stunIPv4) != (len(value) == 8) {
		return netip.AddrPort{}, false
	}
	octets := make([]byte, len(value)-4)
	for i := range octets {
		octets[i] = value[4+i] ^ data[4+i]
	}
	address, _ := netip.AddrFromSlice(octets)
	port := binary.BigEndian.Uint16(value[2:]) ^ stunCookie>>16
	if address = address.Unmap(); address.IsUnspecified() || address.IsMulticast() || port == 0 {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(address, port), true
}
