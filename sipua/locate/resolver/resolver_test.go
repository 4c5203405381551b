package resolver

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"sipbridge/sipua/locate/dnstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// setup is a resolver with a server and a clock of its own.
type setup struct {
	*Resolver

	server *dnstest.Server
	clock  *dnstest.Clock
}

func newSetup(t *testing.T, records ...string) setup {
	t.Helper()
	s := setup{server: dnstest.Start(t, records...), clock: dnstest.NewClock()}
	s.Resolver = New(Options{
		Servers: []string{s.server.Address}, Now: s.clock.Now,
		SystemFile: write(t, "search phones.example\noptions ndots:1\n"),
		HostsFile:  write(t, "192.0.2.7 here here.example # us\n"),
	})
	return s
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// addresses looks a name up, and gives what was found as words.
func (s setup) addresses(t *testing.T, name string) string {
	t.Helper()
	found, err := s.Addresses(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	return words(found)
}

func words(addresses []netip.Addr) string {
	var all []string
	for _, address := range addresses {
		all = append(all, address.String())
	}
	return strings.Join(all, " ")
}

func TestAddresses(t *testing.T) {
	s := newSetup(t,
		"both.example. 60 IN AAAA 2001:db8::1", "both.example. 60 IN A 192.0.2.1", "both.example. 60 IN A 192.0.2.2",
		"alias.example. 60 IN CNAME both.example.", "six.example. 60 IN AAAA 2001:db8::6",
		"loop.example. 60 IN CNAME loop2.example.", "loop2.example. 60 IN CNAME loop.example.",
		"pbx.phones.example. 60 IN A 192.0.2.3", "bad.example. 60 IN A 0.0.0.0", "bad.example. 60 IN A 224.0.0.1",
		"bad.example. 60 IN A 192.0.2.9",
	)
	for name, want := range map[string]string{
		"both.example": "192.0.2.1 192.0.2.2 2001:db8::1", "BOTH.example.": "192.0.2.1 192.0.2.2 2001:db8::1",
		"alias.example": "192.0.2.1 192.0.2.2 2001:db8::1", "six.example": "2001:db8::6",
		"here": "192.0.2.7", "Here.Example.": "192.0.2.7", "localhost": "127.0.0.1 ::1", "x.localhost": "127.0.0.1 ::1",
		"pbx": "192.0.2.3", "bad.example": "192.0.2.9", "loop.example": "", "nobody.example": "",
	} {
		if got := s.addresses(t, name); got != want {
			t.Errorf("%s has %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{strings.Repeat("a.", 200), strings.Repeat("a", 64) + ".example", ""} {
		if _, err := s.SRV(context.Background(), name); !errors.Is(err, ErrFailed) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestServicesAndPointers(t *testing.T) {
	s := newSetup(t,
		"_sip._udp.a.example. 60 IN SRV 10 20 5062 One.a.example.", "_sip._udp.a.example. 60 IN SRV 10 20 0 zero.a.example.",
		"_sip._udp.none.example. 60 IN SRV 0 0 0 .",
		`a.example. 60 IN NAPTR 10 20 "S" "sip+d2u" "" _sip._udp.a.example.`,
		`a.example. 60 IN NAPTR 10 20 "U" "E2U+sip" "!^.*$!sip:x@evil.example!" .`,
	)
	servers, err := s.SRV(context.Background(), "_sip._udp.a.example")
	if err != nil || fmt.Sprint(servers) != "[{one.a.example 5062 10 20}]" {
		t.Errorf("servers %v, %v", servers, err)
	}
	none, err := s.SRV(context.Background(), "_sip._udp.none.example")
	if err != nil || len(none) != 1 || none[0].Target != "" {
		t.Errorf("no service: %v, %v", none, err)
	}
	pointers, err := s.NAPTR(context.Background(), "a.example")
	if err != nil || fmt.Sprint(pointers) != "[{10 20 s SIP+D2U _sip._udp.a.example}]" {
		t.Errorf("pointers %v, %v", pointers, err)
	}
}

func TestAnswersAreKeptAsLongAsTheyCount(t *testing.T) {
	s := newSetup(t, "a.example. 60 IN A 192.0.2.1", "zero.example. 0 IN A 192.0.2.1")
	for range 3 {
		s.addresses(t, "a.example")
		s.addresses(t, "zero.example")
	}
	if asked := s.server.Asked("A a.example."); asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	if asked := s.server.Asked("A zero.example."); asked != 1 {
		t.Errorf("asked %d times within a second", asked)
	}
	s.server.Set(t, "a.example. 60 IN A 192.0.2.2")
	s.clock.Advance(61 * time.Second)
	if got := s.addresses(t, "a.example"); got != "192.0.2.2" {
		t.Errorf("after its time: %s", got)
	}
	s.server.Set(t) // a name that is gone is gone, however it answered before
	s.clock.Advance(61 * time.Second)
	if got := s.addresses(t, "a.example"); got != "" {
		t.Errorf("gone: %s", got)
	}
}

func TestWhatDoesNotExistIsKeptForFiveSeconds(t *testing.T) {
	s := newSetup(t)
	for range 3 {
		s.addresses(t, "new.example")
	}
	if asked := s.server.Asked("A new.example."); asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	s.server.Set(t, "new.example. 60 IN A 192.0.2.1")
	s.clock.Advance(negativeTime + time.Second)
	if got := s.addresses(t, "new.example"); got != "192.0.2.1" {
		t.Errorf("after five seconds: %q", got)
	}
}

// TestOldAnswersCountWhileTheServersAreDown is fault F20: not longer than an hour past their time, though.
func TestOldAnswersCountWhileTheServersAreDown(t *testing.T) {
	for name, down := range map[string]func(*dnstest.Server){
		"silent":   func(server *dnstest.Server) { server.Mute(true) },
		"SERVFAIL": func(server *dnstest.Server) { server.Fail(dns.RcodeServerFailure) },
		"REFUSED":  func(server *dnstest.Server) { server.Fail(dns.RcodeRefused) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t, "a.example. 60 IN A 192.0.2.1")
			s.addresses(t, "a.example")
			down(s.server)
			s.clock.Advance(61 * time.Second)
			if got := s.addresses(t, "a.example"); got != "192.0.2.1" {
				t.Fatalf("while it is down: %q", got)
			}
			asked := s.server.Asked("A a.example.")
			s.addresses(t, "a.example")
			if again := s.server.Asked("A a.example."); again != asked {
				t.Error("it is asked again at once")
			}
			if s.Stats().Stale == 0 {
				t.Error("not counted")
			}
			s.clock.Advance(staleTime)
			if found, err := s.Addresses(context.Background(), "a.example"); !errors.Is(err, ErrFailed) {
				t.Errorf("after an hour: %v, %v", found, err)
			}
			s.server.Mute(false)
			s.server.Fail(0)
			s.clock.Advance(negativeTime + time.Second)
			if got := s.addresses(t, "a.example"); got != "192.0.2.1" {
				t.Errorf("when it is back: %q", got)
			}
		})
	}
}

func TestLookUpIsBoundedInTime(t *testing.T) {
	s := newSetup(t)
	s.server.Mute(true)
	began := time.Now()
	if _, err := s.Addresses(context.Background(), "a.example"); !errors.Is(err, ErrFailed) {
		t.Error(err)
	}
	if took := time.Since(began); took > 3*time.Second { // with the client's own time for an answer it would be 4 s
		t.Errorf("it took %v", took)
	}
	asked := s.server.Asked("A a.example.")
	if _, err := s.Addresses(context.Background(), "a.example"); !errors.Is(err, ErrFailed) {
		t.Error(err)
	}
	if again := s.server.Asked("A a.example."); asked > 2 || again != asked {
		t.Errorf("a failure is not kept: asked %d times, then %d", asked, again)
	}
}

func TestTheNextServerIsAsked(t *testing.T) {
	good := dnstest.Start(t, "a.example. 60 IN A 192.0.2.1")
	for name, prepare := range map[string]func(*dnstest.Server){
		"silent":   func(server *dnstest.Server) { server.Mute(true) },
		"SERVFAIL": func(server *dnstest.Server) { server.Fail(dns.RcodeServerFailure) },
		"another question": func(server *dnstest.Server) {
			server.Forge(func(_, answer *dns.Msg) { answer.Question[0].Name = "b.example." })
		},
		"another type": func(server *dnstest.Server) {
			server.Forge(func(_, answer *dns.Msg) { answer.Question[0].Qtype = dns.TypeTXT })
		},
		"no answer": func(server *dnstest.Server) {
			server.Forge(func(_, answer *dns.Msg) { answer.Response = false })
		},
	} {
		t.Run(name, func(t *testing.T) {
			bad := dnstest.Start(t, "a.example. 60 IN A 192.0.2.66")
			prepare(bad)
			r := New(Options{Servers: []string{bad.Address, good.Address}})
			found, err := r.Addresses(context.Background(), "a.example")
			if err != nil || words(found) != "192.0.2.1" {
				t.Errorf("found %v, %v", found, err)
			}
		})
	}
}

func TestLongAnswersComeOverTCPAndAreBounded(t *testing.T) {
	var records []string
	for number := range 150 {
		records = append(records, fmt.Sprintf("many.example. 60 IN A 192.0.2.%d", number+1))
	}
	s := newSetup(t, records...)
	found, err := s.Addresses(context.Background(), "many.example")
	if err != nil || len(found) != maxRecords {
		t.Errorf("found %d, %v", len(found), err)
	}
	if asked := s.server.Asked("A many.example."); asked != 2 {
		t.Errorf("asked %d times, not over UDP and then over TCP", asked)
	}
}

func TestCacheIsBounded(t *testing.T) {
	c, now := newCache(), time.Now()
	for number := range 2 * maxAnswers {
		fresh := now.Add(time.Duration(number%2) * time.Minute)
		c.put(question{name: fmt.Sprint(number)}, answer{fresh: fresh, stale: fresh}, now.Add(time.Second))
	}
	if c.size() > maxAnswers {
		t.Errorf("%d answers", c.size())
	}
}

func TestManyThatAskAtOnceCauseOneQuery(t *testing.T) {
	s := newSetup(t, "a.example. 60 IN A 192.0.2.1")
	var asking sync.WaitGroup
	for range 50 {
		asking.Go(func() {
			if found, err := s.Addresses(context.Background(), "a.example"); err != nil || len(found) != 1 {
				t.Errorf("found %v, %v", found, err)
			}
		})
	}
	asking.Wait()
	if asked := s.server.Asked("A a.example."); asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

func TestHostsFileIsReadAgain(t *testing.T) {
	clock := dnstest.NewClock()
	path := write(t, "192.0.2.1 a\n")
	h := newHosts(path, clock.Now)
	if got := words(h.find("a")); got != "192.0.2.1" {
		t.Fatalf("found %q", got)
	}
	if err := os.WriteFile(path, []byte("2001:db8::1 a\n192.0.2.2 a"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Now(), time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	clock.Advance(hostsAge + time.Second)
	if got := words(h.find("a")); got != "192.0.2.2 2001:db8::1" {
		t.Errorf("found %q", got)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	clock.Advance(hostsAge + time.Second)
	if got := h.find("a"); got != nil {
		t.Errorf("found %v in a file that is gone", got)
	}
}

func TestSystemServersAreTheDefault(t *testing.T) {
	r := New(Options{SystemFile: write(t, "nameserver 192.0.2.53\nnameserver 2001:db8::53\n")})
	if got := strings.Join(r.servers, " "); got != "192.0.2.53:53 [2001:db8::53]:53" {
		t.Errorf("servers %s", got)
	}
	if r = New(Options{SystemFile: "/nonexistent"}); r.servers[0] != "127.0.0.1:53" {
		t.Errorf("servers %v", r.servers)
	}
}

// FuzzHosts: whatever the file holds, only names and addresses come out of it.
func FuzzHosts(f *testing.F) {
	f.Add("127.0.0.1 localhost\n::1 localhost ip6-localhost # both\nfe80::1%lo0 x\nnonsense\n")
	f.Fuzz(func(t *testing.T, text string) {
		names, err := parseHosts(strings.NewReader(text))
		if err != nil {
			return
		}
		for name, addresses := range names {
			if name != plainName(name) && !strings.HasSuffix(name, ".") || len(addresses) == 0 {
				t.Errorf("%q has %v", name, addresses)
			}
		}
	})
}

// FuzzReply reads whatever a server may send.
func FuzzReply(f *testing.F) {
	q := question{name: "a.example.", kind: dns.TypeA}
	reply := new(dns.Msg).SetQuestion(q.name, q.kind)
	reply.Response = true
	for _, text := range []string{"a.example. 60 IN CNAME b.example.", "b.example. 60 IN A 192.0.2.1"} {
		record, err := dns.NewRR(text)
		if err != nil {
			f.Fatal(err)
		}
		reply.Answer = append(reply.Answer, record)
	}
	raw, err := reply.Pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var reply dns.Msg
		if reply.Unpack(raw) != nil {
			return
		}
		records, ttl, err := read(&reply, q)
		if err == nil && (ttl < minTTL || ttl > maxTTL) || len(records) > maxRecords {
			t.Errorf("%d records for %v", len(records), ttl)
		}
		for _, address := range addressesOf(records) {
			if !address.IsValid() {
				t.Error("an address that is none")
			}
		}
	})
}
