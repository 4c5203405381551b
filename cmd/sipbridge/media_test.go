package main

import (
	"fmt"
	"log/slog"
	"net/netip"
	"testing"

	"sipbridge/bridge/rtpmedia"
	"sipbridge/configs"
	"sipbridge/sipua"
	"sipbridge/sipua/nat"
	"sipbridge/sipua/transport"
)

// addressed is a flow that only has addresses.
type addressed struct {
	transport.Flow

	local, remote string
}

func (a addressed) LocalAddr() netip.AddrPort  { return netip.MustParseAddrPort(a.local) }
func (a addressed) RemoteAddr() netip.AddrPort { return netip.MustParseAddrPort(a.remote) }

// word is a flow that only has a transport.
type word struct {
	transport.Flow

	transport string
}

func (w word) Transport() string { return w.transport }

// TestMediaSecurity: keys are offered where SDP is encrypted, or the trunk is said to want them.
func TestMediaSecurity(t *testing.T) {
	domains := []configs.Domain{{Name: "Pbx.example", SRTP: "required"}}
	trunks := []configs.Trunk{
		{Name: "Open", SRTP: "off"},
		{Name: "safe", SRTP: "required"},
		{Name: "silent"},
		{Name: "dtls", SRTP: "optional", SRTPKeys: "dtls"},
	}
	for _, test := range []struct {
		srtp, transport, server string
		want                    rtpmedia.Security
	}{
		{"optional", "UDP", "", rtpmedia.Security{Policy: rtpmedia.Optional}},
		{"optional", "TLS", "", rtpmedia.Security{Policy: rtpmedia.Optional, Offer: true}},
		{"required", "TCP", "", rtpmedia.Security{Policy: rtpmedia.Required}},
		{"required", "TLS", "silent", rtpmedia.Security{Policy: rtpmedia.Required, Offer: true}},
		{"off", "TLS", "", rtpmedia.Security{Offer: true}},
		{"off", "UDP", "safe", rtpmedia.Security{Policy: rtpmedia.Required, Offer: true}},
		{"required", "TLS", "open", rtpmedia.Security{Offer: true}},
		{"off", "UDP", "pbx.example", rtpmedia.Security{Policy: rtpmedia.Required, Offer: true}},
		{"off", "UDP", "dtls", rtpmedia.Security{Policy: rtpmedia.Optional, Offer: true, DTLS: true}},
	} {
		sessions, err := newMediaSessions(&configs.Config{
			Media:   configs.Media{SRTP: test.srtp, RTPPorts: configs.PortRange{First: 40000, Last: 40001}},
			Domains: domains, Trunks: trunks,
		}, nat.New(), nil, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		test.want.Identity = sessions.identity
		got := sessions.security(sipua.MediaParty{Flow: word{transport: test.transport}, Server: test.server})
		if got != test.want {
			t.Errorf("%+v: %+v", test, got)
		}
		if err := sessions.engine.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestWhoIsOfferedICE: all, or servers that are said to want it, and phones that say so.
func TestWhoIsOfferedICE(t *testing.T) {
	servers := newServerMedia(&configs.Config{
		Domains: []configs.Domain{{Name: "pbx.example", ICE: true}}, Trunks: []configs.Trunk{{Name: "Carrier", ICE: true}},
	})
	for _, test := range []struct {
		all   bool
		party sipua.MediaParty
		want  bool
	}{
		{false, sipua.MediaParty{}, false},
		{true, sipua.MediaParty{}, true},
		{false, sipua.MediaParty{WantsICE: true}, true},
		{false, sipua.MediaParty{Server: "carrier"}, true},
		{false, sipua.MediaParty{Server: "pbx.example"}, true},
		{false, sipua.MediaParty{Server: "other"}, false},
	} {
		m := &mediaSessions{config: configs.Media{ICE: test.all}, servers: servers}
		if got := m.offersICE(test.party); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}

// TestMediaAddress: media go where the offer has them, if this machine can reach that and the phone may.
func TestMediaAddress(t *testing.T) {
	near4 := addressed{local: "127.0.0.1:5060", remote: "127.0.0.1:5070"}
	near6 := addressed{local: "[::1]:5060", remote: "[::1]:5070"}
	far := addressed{local: "192.0.2.1:5060", remote: "192.0.2.9:5060"}
	for name, test := range map[string]struct {
		flow  addressed
		offer string
		want  string
	}{
		"same family":          {near4, "IP4 127.0.0.1", "127.0.0.1"},
		"IPv6 over IPv4":       {near4, "IP6 ::1", "::1"},
		"IPv4 over IPv6":       {near6, "IP4 127.0.0.1", "127.0.0.1"},
		"loopback of somebody": {far, "IP6 ::1", "192.0.2.1"},
		"held at no address":   {near4, "IP6 ::", "127.0.0.1"},
		"a name":               {near4, "IP6 phone.example", "127.0.0.1"},
		"no way":               {near4, "IP6 fe80::1", "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			offer := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nc=IN %s\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n",
				test.offer)
			if got, _ := mediaAddresses(test.flow, []byte(offer)); got.String() != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
	if got, _ := mediaAddresses(near4, nil); got.String() != "127.0.0.1" {
		t.Errorf("without an offer: %v", got)
	}
}
