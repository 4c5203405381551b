package e2e

import (
	"crypto/tls"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"sipbridge/certificate/certificatetest"
	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/ear"
	"sipbridge/test/e2e/kamailio"
	"sipbridge/test/e2e/service"
	"sipbridge/test/e2e/sipp"
)

// withCertificate gives the files of a certificate for this machine, and of the authority that signed it.
func withCertificate(t *testing.T) *service.Certificate {
	t.Helper()
	authority := certificatetest.NewAuthority(t)
	folder := t.TempDir()
	own := &service.Certificate{Authority: authority.WriteAuthority(t, folder)}
	own.Cert, own.Key = certificatetest.Write(t, folder, authority.Issue(t, "localhost", "127.0.0.1", "::1"))
	return own
}

// way is how a phone reaches the bridge.
type way struct {
	transport, codec string
	ipv6             bool
}

// phone starts a phone that registers this way.
func (w way) phone(t *testing.T, running *service.Service, number int) *baresip.Phone {
	t.Helper()
	address := running.SIP
	if w.transport == "tls" {
		address = running.SIPS
	}
	if w.ipv6 {
		address = strings.Replace(address, "127.0.0.1", "[::1]", 1)
	}
	return newPhone(t, baresip.Options{
		User: userName(number), Password: password(number), Domain: "localhost", Registrar: address,
		Codec: w.codec, Transport: w.transport, IPv6: w.ipv6,
	})
}

// TestTransports: phones call each other over each transport and both families of addresses, in pairings that need
// every gateway in between.
func TestTransports(t *testing.T) {
	t.Parallel()
	const caller, callee = 0, 1
	for _, pair := range [][2]way{
		{{"tls", "PCMU", false}, {"udp", "PCMU", false}},
		{{"tcp", "PCMA", false}, {"tls", "PCMU", false}},
		{{"tls", "PCMU", true}, {"tls", "PCMU", false}},
		{{"udp", "PCMU", false}, {"udp", "PCMU", true}},
		{{"udp", "PCMU", true}, {"tcp", "PCMA", false}},
		{{"tcp", "PCMU", true}, {"udp", "opus", true}},
	} {
		t.Run(fmt.Sprint(pair), func(t *testing.T) {
			t.Parallel()
			own := withCertificate(t)
			running := startService(t, service.Options{
				IPv6: true, TLS: own,
				Users: map[string]string{userName(caller): password(caller), userName(callee): password(callee)},
			})
			phones := [2]*baresip.Phone{
				pair[caller].phone(t, running, caller), pair[callee].phone(t, running, callee),
			}
			must(t, phones[caller].Dial("sip:"+userName(callee)+"@localhost"))
			mustHear(t, phones[caller], phoneHz)
			mustHear(t, phones[callee], phoneHz)
			must(t, phones[callee].Hangup())
			_, err := phones[caller].WaitEvent(baresip.Closed, 1, limit)
			must(t, err)
		})
	}
}

// startService starts a service that shows its log if the test fails.
func startService(t *testing.T, options service.Options) *service.Service {
	t.Helper()
	options.Binary, options.Dir = binary, t.TempDir()
	running, err := service.Start(options)
	must(t, err)
	t.Cleanup(running.Stop)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the service's log:\n%s", running.Report())
		}
	})
	return running
}

// TestServers: a page registers through the bridge at Kamailio over each transport, calls a phone there and is called
// by it; Kamailio asks for credentials each time.
func TestServers(t *testing.T) {
	t.Parallel()
	own := withCertificate(t)
	passwords := map[string]string{"desk": "builder"}
	for number := range 10 {
		passwords[userName(number)] = password(number)
	}
	hops, servers := map[string]string{}, map[string]string{}
	for _, transport := range []string{"tcp", "tls", "ws", "wss"} {
		domain := transport + ".test"
		server, err := kamailio.Start(kamailio.Options{
			Domain: domain, Passwords: passwords, Dir: t.TempDir(), Cert: own.Cert, Key: own.Key,
			WebSocketPath: "/sip/ws",
		})
		must(t, err)
		t.Cleanup(server.Stop)
		t.Cleanup(func() {
			if t.Failed() {
				t.Log(server.Report())
			}
		})
		servers[domain] = server.Address
		hops[domain] = server.Address + ";transport=" + transport
		if transport == "tls" || transport == "wss" {
			hops[domain] = server.Secure + ";transport=" + transport
		}
	}
	w := newWorld(t, browser.Chromium, service.Options{TLS: own, NextHops: hops, WebSocketPath: "/sip/ws"})
	for domain := range hops {
		t.Run(domain, func(t *testing.T) {
			t.Parallel()
			phone := newPhone(t, baresip.Options{
				User: "desk", Password: passwords["desk"], Domain: domain, Registrar: servers[domain], Codec: "PCMA",
			})
			w.callsThroughServer(t, domain, phone)
		})
	}
}

func (w *world) callsThroughServer(t *testing.T, domain string, phone *baresip.Phone) {
	t.Helper()
	p, account := w.openPage(t, jsSIP)
	account.URI, account.Domain = "sip:"+p.user+"@"+domain, domain
	must(t, p.Register(account))
	must(t, p.Call(nil, "call", "sip:desk@"+domain))
	mustBe(t, p, "established")
	mustTalk(t, p, phone)
	must(t, p.Call(nil, "hangup"))
	_, err := phone.WaitEvent(baresip.Closed, 1, limit)
	must(t, err)

	must(t, phone.Dial(account.URI))
	mustBe(t, p, "incoming")
	must(t, p.Call(nil, "answer"))
	mustBe(t, p, "established")
	mustTalk(t, p, phone)
	must(t, phone.Hangup())
	mustBe(t, p, "ended")
	must(t, p.Call(nil, "unregister"))
}

// TestCertificateOfACalledPhone: the bridge calls a phone over TLS if its certificate is of an authority that we
// believe and for its address, and else tells the caller that it can't.
func TestCertificateOfACalledPhone(t *testing.T) {
	t.Parallel()
	authority, stranger := certificatetest.NewAuthority(t), certificatetest.NewAuthority(t)
	folder := t.TempDir()
	own := &service.Certificate{Authority: authority.WriteAuthority(t, folder)}
	own.Cert, own.Key = certificatetest.Write(t, folder, authority.Issue(t, "localhost", "127.0.0.1"))
	running := startService(t, service.Options{TLS: own, Users: map[string]string{userName(0): password(0)}})
	caller := way{transport: "tls", codec: "PCMU"}.phone(t, running, 0)
	for name, test := range map[string]struct {
		certificate tls.Certificate
		works       bool
	}{
		"right":           {authority.Issue(t, "127.0.0.1"), true},
		"other authority": {stranger.Issue(t, "127.0.0.1"), false},
		"other name":      {authority.Issue(t, "phone.example"), false},
	} {
		t.Run(name, func(t *testing.T) {
			phone := newPhone(t, baresip.Options{
				User: "phone", Codec: "PCMU", Certificate: certificatetest.WriteOne(t, t.TempDir(), test.certificate),
			})
			before := caller.Count(baresip.Closed)
			must(t, caller.Dial(fmt.Sprintf("sip:tls%d@localhost", phone.Port+1)))
			if !test.works {
				reason, err := caller.WaitEvent(baresip.Closed, before+1, limit)
				must(t, err)
				if !strings.HasPrefix(reason, "503 ") {
					t.Errorf("the caller is told %q", reason)
				}
				return
			}
			mustHear(t, caller, phoneHz)
			mustHear(t, phone, phoneHz)
			must(t, caller.Hangup())
			_, err := phone.WaitEvent(baresip.Closed, 1, limit)
			must(t, err)
		})
	}
}

// TestPageAndPhones: a browser and phones over TLS and IPv6 call each other, and both hear.
func TestPageAndPhones(t *testing.T) {
	t.Parallel()
	own := withCertificate(t)
	w := newWorld(t, browser.Chromium, service.Options{IPv6: true, TLS: own})
	for _, way := range []way{{"tls", "PCMU", false}, {"udp", "PCMA", true}, {"tls", "opus", true}} {
		t.Run(fmt.Sprint(way), func(t *testing.T) {
			t.Parallel()
			number := int(w.users.Add(1)) - 1
			phone := way.phone(t, w.service, number)
			p := w.newPage(t, jsSIP)
			must(t, p.Call(nil, "call", "sip:"+userName(number)+"@localhost"))
			mustBe(t, p, "established")
			mustTalk(t, p, phone)
			must(t, p.Call(nil, "hangup"))
			_, err := phone.WaitEvent(baresip.Closed, 1, limit)
			must(t, err)

			must(t, phone.Dial("sip:"+p.user+"@localhost"))
			mustBe(t, p, "incoming")
			must(t, p.Call(nil, "answer"))
			mustBe(t, p, "established")
			mustTalk(t, p, phone)
			must(t, phone.Hangup())
			mustBe(t, p, "ended")
		})
	}
}

// TestLargeRequest: an INVITE that a datagram cannot carry whole reaches a phone that registered over UDP by TCP, and
// the call goes on.
func TestLargeRequest(t *testing.T) {
	t.Parallel()
	running := startService(t, service.Options{Users: map[string]string{userName(0): password(0)}})
	phone := way{transport: "udp", codec: "PCMU"}.phone(t, running, 0)
	sound, media := newEar(t)
	call := strings.Replace(string(sipp.Call("sip:"+userName(0)+"@"+running.SIP, media)), "User-Agent: sipp",
		"User-to-User: "+strings.Repeat("56", 600)+";encoding=hex", 1)
	caller := runScript(t, sound, sipp.Options{
		Steps: []sipp.Step{sipp.Step(call), sipp.AwaitAnswer(), sipp.AwaitBye()}, Remote: running.SIP,
	})
	caller.playTo(t, "SIP/2.0 200")
	mustHear(t, phone, phoneHz)
	mustHear(t, caller, phoneHz)
	if report := phone.Report(); !strings.Contains(report, "Via: SIP/2.0/TCP "+running.SIP) {
		t.Errorf("the INVITE did not come over TCP:\n%s", report)
	}
	must(t, phone.Hangup())
	must(t, caller.Wait(limit))
}

// TestMediaOfTheOtherFamily: a phone has its sound at an address of another family than its signalling.
func TestMediaOfTheOtherFamily(t *testing.T) {
	t.Parallel()
	running := startService(t, service.Options{IPv6: true, Users: map[string]string{userName(0): password(0)}})
	phone := way{transport: "udp", codec: "PCMU"}.phone(t, running, 0)
	for name, test := range map[string]struct {
		ipv6        bool
		server, ear string
		answer      string
	}{
		"IPv6 over IPv4": {false, running.SIP, "::1", "c=IN IP6 ::1"},
		"IPv4 over IPv6": {true, running.SIP6, "127.0.0.1", "c=IN IP4 127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			sound, err := ear.OpenAt(netip.MustParseAddr(test.ear), ear.PCMU, phoneHz)
			must(t, err)
			t.Cleanup(sound.Close)
			media := sipp.Media{Port: sound.Port, Codec: "PCMU", Address: test.ear}
			caller := runScript(t, sound, sipp.Options{
				IPv6: test.ipv6, Remote: test.server, Steps: []sipp.Step{
					sipp.Call("sip:"+userName(0)+"@"+running.SIP, media), sipp.AwaitAnswer(), sipp.AwaitBye(),
				},
			})
			answer, err := caller.WaitMessage("SIP/2.0 200", limit)
			must(t, err)
			if !strings.Contains(answer, test.answer) {
				t.Errorf("answered by\n%s", answer)
			}
			caller.playTo(t, "SIP/2.0 200")
			mustHear(t, phone, phoneHz)
			mustHear(t, caller, phoneHz)
			must(t, phone.Hangup())
			must(t, caller.Wait(limit))
		})
	}
}
