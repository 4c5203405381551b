package quality

import (
	"context"
	"crypto/rand"
	"errors"
	"net/netip"
	"sync"
	"testing"

	"sipbridge/test/load/exchange"
	"sipbridge/test/load/message"
)

// switchboard is the SIP of all phones of one trunk, at one UDP port.
type switchboard struct {
	socket *exchange.Socket

	mu     sync.Mutex
	phones map[string]*phone // by the user that is called; guarded by mu
	faults []error           // guarded by mu
}

func newSwitchboard(t *testing.T) *switchboard {
	t.Helper()
	s := &switchboard{phones: make(map[string]*phone)}
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

// call lets a phone call somebody through the service, at host:port, which knows the switchboard as a trunk.
func (s *switchboard) call(t *testing.T, p *phone, service, uri string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	id, from, at := rand.Text(), "<sip:board@localhost>;tag="+rand.Text(), addrPort(t, service)
	request := func(method, target, to string) *message.Message {
		return (&message.Message{Start: method + " " + target + " SIP/2.0"}).
			Add("Via", s.socket.Via(rand.Text())).Add("Max-Forwards", "70").Add("From", from).Add("To", to).
			Add("Call-ID", id).Add("CSeq", "1 "+method)
	}
	invite := request("INVITE", uri, "<"+uri+">").Add("Contact", "<sip:board@"+s.socket.Addr().String()+">").
		Add("Content-Type", "application/sdp")
	invite.Body = p.sdp()
	final, err := s.socket.Ask(ctx, at, invite)
	must(t, err)
	if final.Status() != 200 {
		t.Fatalf("the call gets %s", final.Start)
	}
	must(t, p.heed(final.Body))
	must(t, s.socket.Send(at, request("ACK", message.Address(final.Get("Contact")), final.Get("To"))))
}

func addrPort(t *testing.T, text string) netip.AddrPort {
	t.Helper()
	address, err := netip.ParseAddrPort(text)
	must(t, err)
	return address
}
