package quality

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"

	"sipbridge/test/load/exchange"
	"sipbridge/test/load/message"
)

// switchboard is the SIP of all phones of one trunk, at one UDP port.
type switchboard struct {
	socket  *exchange.Socket
	service netip.AddrPort // which knows it as a trunk; set before anybody calls

	mu       sync.Mutex
	phones   map[string]*phone           // by the user that is called; guarded by mu
	faults   []error                     // guarded by mu
	goodbyes map[*phone]*message.Message // by which those who call hang up; guarded by mu
}

func newSwitchboard(t *testing.T) *switchboard {
	t.Helper()
	s := &switchboard{phones: make(map[string]*phone), goodbyes: make(map[*phone]*message.Message)}
	t.Cleanup(func() { // after the socket is closed
		if err := s.fault(); err != nil {
			t.Errorf("a phone was called in vain: %v", err)
		}
	})
	var err error
	s.socket, err = exchange.Listen(s.serve)
	must(t, err)
	t.Cleanup(s.socket.Close)
	return s
}

// fault gives what was wrong with the calls so far.
func (s *switchboard) fault() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.faults...)
}

// add lets a phone be called.
func (s *switchboard) add(user string, p *phone) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phones[user] = p
}

func (s *switchboard) serve(request *message.Message) []*message.Message {
	switch request.Method() {
	case "ACK":
		return nil
	case "INVITE":
		return []*message.Message{s.invited(request)}
	default:
		return []*message.Message{request.Reply(200, "OK", "board")}
	}
}

func (s *switchboard) invited(request *message.Message) *message.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.phones[message.User(request.URI())]
	if p == nil {
		return request.Reply(404, "Not Found", "board")
	}
	if err := p.heed(request.Body); err != nil {
		s.faults = append(s.faults, err)
		return request.Reply(488, "Not Acceptable Here", "board")
	}
	reply := request.Reply(200, "OK", "board").Add("Contact", "<sip:board@"+s.socket.Addr().String()+">").
		Add("Content-Type", "application/sdp")
	reply.Body = p.sdp()
	return reply
}

// call lets a phone call somebody through the service.
func (s *switchboard) call(t *testing.T, p *phone, uri string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	id, from, number := rand.Text(), "<sip:board@localhost>;tag="+rand.Text(), 1
	request := func(method, target, to string) *message.Message {
		return (&message.Message{Start: method + " " + target + " SIP/2.0"}).
			Add("Via", s.socket.Via(rand.Text())).Add("Max-Forwards", "70").Add("From", from).Add("To", to).
			Add("Call-ID", id).Add("CSeq", fmt.Sprintf("%d %s", number, method))
	}
	invite := request("INVITE", uri, "<"+uri+">").Add("Contact", "<sip:board@"+s.socket.Addr().String()+">").
		Add("Content-Type", "application/sdp")
	invite.Body = p.sdp()
	final, err := s.socket.Ask(ctx, s.service, invite)
	must(t, err)
	if final.Status() != 200 {
		t.Fatalf("the call gets %s", final.Start)
	}
	must(t, p.heed(final.Body))
	contact := message.Address(final.Get("Contact"))
	must(t, s.socket.Send(s.service, request("ACK", contact, final.Get("To"))))
	number++
	s.mu.Lock()
	defer s.mu.Unlock()
	s.goodbyes[p] = request("BYE", contact, final.Get("To"))
}

// hangup ends the call that a phone made.
func (s *switchboard) hangup(t *testing.T, p *phone) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	s.mu.Lock()
	goodbye := s.goodbyes[p]
	s.mu.Unlock()
	_, err := s.socket.Ask(ctx, s.service, goodbye)
	must(t, err)
}

func addrPort(t *testing.T, text string) netip.AddrPort {
	t.Helper()
	address, err := netip.ParseAddrPort(text)
	must(t, err)
	return address
}
