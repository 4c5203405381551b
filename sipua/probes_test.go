package sipua

import (
	"slices"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/locate"
	"sipbridge/sipua/message"
)

// probed probes all servers once; each peer answers its probe with a status, 0 for not at all.
func (s *setup) probed(answers map[*peer]int) {
	s.t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.agent.upstreams.ProbeAll()
	}()
	for p, status := range answers {
		request := p.request(sip.OPTIONS)
		if status == 0 {
			p.comesBack(request, 0)
		} else {
			p.respond(request, status, "t", "")
		}
	}
	within(s.t, done, "end of the probes")
}

func fewProbes(options *Options, _ *Agent) {
	options.Blacklist = locate.NewBlacklist(locate.BlacklistOptions{Failures: 2, Successes: 2})
}

func onlyFail(options *Options, _ *Agent) {
	if upstreams := options.Domains.Upstreams; len(upstreams) > 1 {
		options.Domains.Upstreams = upstreams[1:]
	}
}

// avoided gives the addresses of the servers that are avoided.
func (s *setup) avoided() string {
	all := ""
	for _, server := range s.agent.Servers() {
		if server.Avoided {
			all += server.Domain + " " + server.Target.Address.String()
		}
	}
	return all
}

// TestProbesDecideWhichServerIsDown is fault F08: a server that is down is back after two good OPTIONS.
func TestProbesDecideWhichServerIsDown(t *testing.T) {
	s := newSetup(t, twoServers, onlyFail, fewProbes)
	first, second := s.peer("UDP", firstServer), s.peer("UDP", secondServer)
	s.probed(map[*peer]int{first: 0, second: 200})
	if got := s.avoided(); got != "" {
		t.Fatalf("after one probe %q is down", got)
	}
	s.probed(map[*peer]int{first: 503, second: 404})
	if got := s.avoided(); got != "fail.example "+firstServer {
		t.Fatalf("after two probes %q is down", got)
	}
	answered(t, s.callServers(), second, nil)
	first.quiet()
	s.probed(map[*peer]int{first: 200, second: 200})
	if s.avoided() == "" {
		t.Fatal("it is back after one probe")
	}
	s.probed(map[*peer]int{first: 405, second: 200})
	if got := s.avoided(); got != "" {
		t.Fatalf("after two good probes %q is down", got)
	}
	answered(t, s.callServers(), first, nil)
	s.settled()
}

func TestCallThatFailsTakesAServerDown(t *testing.T) {
	s := newSetup(t, twoServers, onlyFail, fewProbes)
	first, second := s.peer("UDP", firstServer), s.peer("UDP", secondServer)
	s.probed(map[*peer]int{first: 200, second: 200})
	leg := s.callServers()
	invite := first.request(sip.INVITE)
	first.comesBack(invite, 0)
	answered(t, leg, second, invite)
	s.probed(map[*peer]int{first: 200, second: 200})
	if s.avoided() == "" {
		t.Fatal("it is back after one probe")
	}
	s.probed(map[*peer]int{first: 200, second: 200})
	if s.avoided() != "" {
		t.Fatal("it is not back after two")
	}
	s.settled()
}

func TestProbeSaysWhoAsks(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", upstreamAddress)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.agent.upstreams.ProbeAll()
	}()
	request := p.request(sip.OPTIONS)
	if request.Recipient.String() != "sip:192.0.2.50:5060" || request.From().Address.Host != "192.0.2.1" ||
		message.Contact(request) == nil || request.MaxForwards() == nil {
		t.Errorf("OPTIONS %s", request)
	}
	s.close() // a probe does not hold the agent up
	within(t, done, "end of the probe")
	if got := s.avoided(); got != "" {
		t.Errorf("%s is down because we end", got)
	}
}

func TestServersAreListed(t *testing.T) {
	s := newSetup(t, twoServers)
	var got []string
	for _, server := range s.agent.Servers() {
		got = append(got, server.Domain+" "+server.Target.Transport+" "+server.Target.Address.String())
	}
	want := []string{
		"fail.example UDP " + firstServer, "fail.example UDP " + secondServer, "up.example UDP " + upstreamAddress,
	}
	if !slices.Equal(got, want) {
		t.Errorf("servers %v", got)
	}
}
