package upstream_test

import (
	"log/slog"
	"net/netip"
	"slices"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/failover"
	"sipbridge/sipua/locate"
	"sipbridge/sipua/upstream"
)

// way is a flow of which only its ends count.
type way struct {
	word, remote string
	done         chan struct{}
}

func (way) Send([]byte) error            { return nil }
func (way) Close()                       {}
func (w way) Done() <-chan struct{}      { return w.done }
func (w way) Transport() string          { return w.word }
func (way) LocalAddr() netip.AddrPort    { return netip.MustParseAddrPort("192.0.2.1:5060") }
func (w way) RemoteAddr() netip.AddrPort { return netip.MustParseAddrPort(w.remote) }

func datagrams(remote string) way { return way{word: "UDP", remote: remote} }
func stream(word, remote string) way {
	return way{word: word, remote: remote, done: make(chan struct{})}
}

// servers are those of domains, each with one next hop.
func servers(domains map[string]sip.Uri) *upstream.Servers {
	log := slog.New(slog.DiscardHandler)
	blacklist := locate.NewBlacklist(locate.BlacklistOptions{})
	options := upstream.Options{Blacklist: blacklist, Log: log, Finder: failover.New(failover.Options{
		Locator: locate.New(locate.Options{}), Blacklist: blacklist, Log: log,
	})}
	for name, hop := range domains {
		options.Domains = append(options.Domains, upstream.Domain{Name: name, NextHops: []sip.Uri{hop}})
	}
	return upstream.New(options)
}

func sipURI(host string, port int, transport string) sip.Uri {
	uri := sip.Uri{Scheme: "sip", Host: host, Port: port, UriParams: sip.NewParams()}
	if transport != "" {
		uri.UriParams.Add("transport", transport)
	}
	return uri
}

// TestWhoseRequestItIs: a server that needs no DNS is known before anything is looked up, so its first call is not
// taken for a stranger's; and none that only looks like it.
func TestWhoseRequestItIs(t *testing.T) {
	t.Parallel()
	s := servers(map[string]sip.Uri{
		"four.example": sipURI("192.0.2.50", 5060, ""), "six.example": sipURI("[2001:db8::50]", 5070, ""),
		"tcp.example": sipURI("192.0.2.51", 0, "tcp"), "name.example": sipURI("pbx.example", 0, ""),
	})
	for _, test := range []struct {
		from way
		want string
	}{
		{datagrams("192.0.2.50:5060"), "four.example"},
		{datagrams("[::ffff:192.0.2.50]:5060"), "four.example"},
		{datagrams("192.0.2.50:5061"), ""},
		{stream("TCP", "192.0.2.50:40000"), ""},
		{datagrams("[2001:db8::50]:5070"), "six.example"},
		{stream("TCP", "192.0.2.51:40000"), "tcp.example"},
		{stream("TCP", "192.0.2.51:5060"), "tcp.example"},
		{datagrams("192.0.2.52:5060"), ""},
		{stream("WS", "192.0.2.50:5060"), ""}, // a browser beside the server
	} {
		got, ok := s.Of(test.from)
		if got != test.want || ok != (test.want != "") {
			t.Errorf("%s %s is of %q, want %q", test.from.word, test.from.remote, got, test.want)
		}
		if test.want != "" && !s.IsAt(test.want, test.from) {
			t.Errorf("%s %s is not at %s", test.from.word, test.from.remote, test.want)
		}
		if test.want != "four.example" && s.IsAt("four.example", test.from) && test.from.word != "WS" {
			t.Errorf("%s %s is at four.example", test.from.word, test.from.remote)
		}
	}
}

// TestStatesAreSorted by domain, with what the blacklist says.
func TestStatesAreSorted(t *testing.T) {
	t.Parallel()
	s := servers(map[string]sip.Uri{
		"b.example": sipURI("192.0.2.51", 5060, ""), "a.example": sipURI("192.0.2.50", 5060, ""),
	})
	var got []string
	for _, state := range s.States() {
		got = append(got, state.Domain+" "+state.Target.Transport+" "+state.Target.Address.String())
		if state.Avoided {
			t.Errorf("%s is avoided", state.Domain)
		}
	}
	if want := []string{"a.example UDP 192.0.2.50:5060", "b.example UDP 192.0.2.51:5060"}; !slices.Equal(got, want) {
		t.Errorf("servers %v", got)
	}
}
