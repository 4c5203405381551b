package configs

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func addresses(texts ...string) []netip.Addr {
	var out []netip.Addr
	for _, text := range texts {
		out = append(out, netip.MustParseAddr(text))
	}
	return out
}

func show(listeners []netip.AddrPort) string {
	var out []string
	for _, each := range listeners {
		out = append(out, each.String())
	}
	return strings.Join(out, " ")
}

func TestExpand(t *testing.T) {
	t.Parallel()
	own := addresses("127.0.0.1", "::1", "192.0.2.7", "2001:db8::7")
	for _, test := range []struct {
		name                      string
		listen                    Listen
		http, https, udp, tcpWant string
	}{
		{
			"loopback only",
			Listen{HTTP: "127.0.0.1:8080", SIPUDP: "localhost:5060", SIPTCP: "[::1]:5061"},
			"127.0.0.1:8080", "", "127.0.0.1:5060", "[::1]:5061",
		},
		{
			"public",
			Listen{HTTP: "127.0.0.1:8080", SIPUDP: "127.0.0.1:5060", SIPTCP: "192.0.2.7:5060", Public: true},
			"127.0.0.1:8080",
			"127.0.0.1:8443 [::1]:8443 192.0.2.7:8443 [2001:db8::7]:8443",
			"127.0.0.1:5060 [::1]:5060 192.0.2.7:5060 [2001:db8::7]:5060",
			"192.0.2.7:5060",
		},
		{
			"several",
			Listen{SIPUDP: "127.0.0.1:5060, [::1]:5060", SIPTCP: "192.0.2.7:1,:1"},
			"", "", "127.0.0.1:5060 [::1]:5060", "192.0.2.7:1 127.0.0.1:1 [::1]:1 [2001:db8::7]:1",
		},
		{
			"wildcards",
			Listen{HTTP: "0.0.0.0:80", HTTPS: ":443", SIPUDP: "[::]:5060"},
			"127.0.0.1:80 192.0.2.7:80",
			"127.0.0.1:443 [::1]:443 192.0.2.7:443 [2001:db8::7]:443",
			"[::1]:5060 [2001:db8::7]:5060",
			"",
		},
	} {
		got, err := test.listen.Expand(own)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		for _, each := range []struct {
			what, want string
			got        []netip.AddrPort
		}{
			{"http", test.http, got.HTTP},
			{"https", test.https, got.HTTPS},
			{"sip_udp", test.udp, got.SIPUDP},
			{"sip_tcp", test.tcpWant, got.SIPTCP},
		} {
			if show(each.got) != each.want {
				t.Errorf("%s: %s is %s, not %s", test.name, each.what, show(each.got), each.want)
			}
		}
	}
}

func TestOpenToNetwork(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		listen Listen
		want   bool
	}{
		{Listen{HTTP: "127.0.0.1:8080", SIPUDP: "[::1]:5060", SIPTCP: "localhost:0"}, false},
		{Listen{HTTP: "127.0.0.1:8080", Public: true}, true},
		{Listen{HTTP: ":8080"}, true},
		{Listen{HTTPS: "0.0.0.0:8443"}, true},
		{Listen{SIPUDP: "192.0.2.1:5060"}, true},
		{Listen{SIPTCP: "[::]:5060"}, true},
		{Listen{RTMP: ":1935"}, true},
		{Listen{RTMPS: ":443"}, true},
		{Listen{SIPTCP: "[::ffff:127.0.0.1]:5060"}, false},
	} {
		if got := test.listen.OpenToNetwork(); got != test.want {
			t.Errorf("%+v: open to the network is %v", test.listen, got)
		}
	}
}

func TestOwnAddresses(t *testing.T) {
	t.Parallel()
	own, err := OwnAddresses()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(own, netip.MustParseAddr("127.0.0.1")) {
		t.Errorf("127.0.0.1 is not among %v", own)
	}
	// Each must be an address that a socket can be bound to.
	for _, address := range own {
		socket, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(address, 0)))
		if err != nil {
			t.Errorf("%v: %v", address, err)
			continue
		}
		if err := socket.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestUsableAddresses(t *testing.T) {
	t.Parallel()
	var given []net.Addr
	for _, text := range []string{
		"2001:db8::7/64", "192.0.2.9/24", "fe80::1/64", "::1/128", "192.0.2.7/24", "127.0.0.1/8",
		"169.254.3.3/16", "192.0.2.7/32",
	} {
		ip, network, err := net.ParseCIDR(text)
		if err != nil {
			t.Fatal(err)
		}
		network.IP = ip
		given = append(given, network)
	}
	given = append(given, &net.TCPAddr{})
	want := addresses("127.0.0.1", "::1", "192.0.2.7", "192.0.2.9", "2001:db8::7")
	if got := usable(given); !slices.Equal(got, want) {
		t.Errorf("usable are %v, not %v", got, want)
	}
}

func FuzzParsePortRange(f *testing.F) {
	f.Add("20000-29999")
	f.Add("8443")
	f.Add("-")
	f.Fuzz(func(t *testing.T, text string) {
		ports, err := ParsePortRange(text)
		if err != nil {
			return
		}
		again, err := ParsePortRange(ports.String())
		if err != nil || again != ports || ports.Len() < 1 {
			t.Errorf("%q gives %v, and that gives %v, %v", text, ports, again, err)
		}
	})
}
