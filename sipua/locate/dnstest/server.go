// Package dnstest is a DNS server for tests, on a port of its own on loopback.
package dnstest

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// Server answers from the records it was given, over UDP and TCP.
type Server struct {
	// Address is host:port.
	Address string

	udp, tcp *dns.Server

	mu      sync.Mutex
	records []dns.RR                  // guarded by mu
	asked   map[string]int            // guarded by mu: "TYPE name" to number
	rcode   int                       // guarded by mu: what it answers instead, unless 0
	mute    bool                      // guarded by mu: it answers nothing
	forge   func(request, m *dns.Msg) // guarded by mu: changes what it answers
}

// listen opens a port that is free for UDP and for TCP: one that is for UDP may have been given to a connection.
func listen(t *testing.T) (net.PacketConn, net.Listener) {
	t.Helper()
	const attempts = 20
	for range attempts {
		packets, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listener, err := net.Listen("tcp", packets.LocalAddr().String())
		if err == nil {
			return packets, listener
		}
		_ = packets.Close() // it was never used
	}
	t.Fatal("no port is free for UDP and TCP alike")
	return nil, nil
}

// Start starts a server that ends with the test.
func Start(t *testing.T, records ...string) *Server {
	t.Helper()
	packets, listener := listen(t)
	s := &Server{Address: packets.LocalAddr().String(), asked: map[string]int{}}
	s.Set(t, records...)
	s.udp = &dns.Server{PacketConn: packets, Handler: s}
	s.tcp = &dns.Server{Listener: listener, Handler: s}
	var serving sync.WaitGroup
	for _, server := range []*dns.Server{s.udp, s.tcp} {
		started := make(chan struct{})
		server.NotifyStartedFunc = func() { close(started) }
		serving.Go(func() {
			if err := server.ActivateAndServe(); err != nil {
				t.Errorf("DNS server: %v", err)
			}
		})
		<-started
	}
	t.Cleanup(func() {
		for _, server := range []*dns.Server{s.udp, s.tcp} {
			if err := server.Shutdown(); err != nil {
				t.Errorf("DNS server: %v", err)
			}
		}
		serving.Wait()
	})
	return s
}

// Set replaces all records; they are lines of a zone file such as "a.example. 60 IN A 192.0.2.1".
func (s *Server) Set(t *testing.T, records ...string) {
	t.Helper()
	var parsed []dns.RR
	for _, text := range records {
		record, err := dns.NewRR(text)
		if err != nil {
			t.Fatalf("record %q: %v", text, err)
		}
		parsed = append(parsed, record)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records = parsed
}

// Fail lets the server answer each question with this code, 0 for what is right.
func (s *Server) Fail(rcode int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rcode = rcode
}

// Mute lets the server answer nothing.
func (s *Server) Mute(mute bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mute = mute
}

// Forge changes each answer before it is sent.
func (s *Server) Forge(forge func(request, answer *dns.Msg)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forge = forge
}

// Asked gives how often a question, such as "A a.example.", came.
func (s *Server) Asked(question string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[question]
}

// ServeDNS answers one question.
func (s *Server) ServeDNS(writer dns.ResponseWriter, request *dns.Msg) {
	_, overTCP := writer.RemoteAddr().(*net.TCPAddr)
	answer := s.answer(request, overTCP)
	if answer != nil {
		_ = writer.WriteMsg(answer) // who asked may be gone
	}
}

func (s *Server) answer(request *dns.Msg, overTCP bool) *dns.Msg {
	s.mu.Lock()
	defer s.mu.Unlock()
	question := request.Question[0]
	s.asked[fmt.Sprintf("%s %s", dns.Type(question.Qtype), strings.ToLower(question.Name))]++
	if s.mute {
		return nil
	}
	answer := new(dns.Msg).SetRcode(request, s.rcode)
	if s.rcode == 0 {
		s.fill(answer, question)
	}
	if s.forge != nil {
		s.forge(request, answer)
	}
	if !overTCP {
		answer.Truncate(1232)
	}
	return answer
}

// fill answers a question, aliases first. The caller holds mu.
func (s *Server) fill(answer *dns.Msg, question dns.Question) {
	exists := false
	for range 10 {
		alias := ""
		for _, record := range s.records {
			header := record.Header()
			if !strings.EqualFold(header.Name, question.Name) {
				continue
			}
			exists = true
			if canonical, ok := record.(*dns.CNAME); ok {
				alias = canonical.Target
				answer.Answer = append(answer.Answer, record)
			} else if header.Rrtype == question.Qtype {
				answer.Answer = append(answer.Answer, record)
			}
		}
		if alias == "" {
			break
		}
		question.Name = alias
	}
	if !exists {
		answer.Rcode = dns.RcodeNameError
	}
}

// Clock is a clock that tests put forward.
type Clock struct {
	mu  sync.Mutex
	now time.Time // guarded by mu
}

// NewClock makes a clock.
func NewClock() *Clock { return &Clock{now: time.Now()} }

// Now gives its time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance puts it forward.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
