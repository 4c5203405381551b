package e2e

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/service"
	"sipbridge/test/load/flood"
)

// TestFlood: strangers send 10 000 requests a second, from one address and from many, while phones talk. The call goes
// on, others can be made, each door answers, and the log says little. `make soak` does it for a minute.
func TestFlood(t *testing.T) {
	const caller, callee = 0, 1
	running := startService(t, service.Options{
		TLS: withCertificate(t), Settings: map[string]map[string]any{"log": {"level": "info"}},
		Users: map[string]string{userName(caller): password(caller), userName(callee): password(callee)},
	})
	phones := [2]*baresip.Phone{}
	for number := range phones {
		phones[number] = way{transport: "udp", codec: "PCMU"}.phone(t, running, number)
	}
	must(t, phones[caller].Dial("sip:"+userName(callee)+"@localhost"))
	for _, sources := range []int{1, 1000} {
		t.Run(fmt.Sprint("from ", sources), func(t *testing.T) {
			logged := len(running.Log())
			stop := floodFrom(t, running, sources)
			for began := time.Now(); time.Since(began) < 3*time.Second; {
				for _, phone := range phones {
					mustHear(t, phone, phoneHz)
				}
				for _, word := range []string{"UDP", "TCP", "TLS"} {
					mustAnswerSoon(t, running, word)
				}
			}
			if sent := stop(); sent < 2000 {
				t.Errorf("only %d requests were sent", sent)
			}
			if grown := running.Log()[logged:]; len(grown) > 100_000 {
				t.Errorf("%d bytes were logged, such as\n%.2000s", len(grown), grown)
			}
		})
	}
	metrics, err := running.Metrics()
	must(t, err)
	for _, counter := range []string{
		`sipbridge_udp_dropped_total{reason="rate"}`, "sipbridge_sip_challenged_total", "sipbridge_sip_refused_total",
	} {
		if metrics[counter] == 0 {
			t.Errorf("%s is 0", counter)
		}
	}
	must(t, phones[callee].Hangup())
	_, err = phones[caller].WaitEvent(baresip.Closed, 1, limit)
	must(t, err)
}

// floodFrom begins a flood; stop ends it and gives how many requests it was.
func floodFrom(t *testing.T, flooded *service.Service, sources int) (stop func() int) {
	t.Helper()
	to, err := netip.ParseAddrPort(flooded.SIP)
	must(t, err)
	opened, err := flood.Open(flood.Options{
		To: to, Domain: "localhost", User: userName(0), Rate: 10_000, Sources: sources,
	})
	must(t, err)
	t.Cleanup(opened.Close)
	ctx, cancel := context.WithCancel(t.Context())
	var sent int
	var failure error
	var running sync.WaitGroup
	running.Go(func() { sent, failure = opened.Send(ctx) })
	stop = func() int {
		cancel()
		running.Wait()
		return sent
	}
	t.Cleanup(func() {
		stop()
		must(t, failure)
	})
	return stop
}

// mustAnswerSoon expects an answer to OPTIONS on a transport, over a new connection where there are some.
func mustAnswerSoon(t *testing.T, running *service.Service, word string) {
	t.Helper()
	began := time.Now()
	var conn net.Conn
	if word == "TLS" {
		dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}
		dialled, err := dialer.DialContext(t.Context(), "tcp", running.SIPS)
		must(t, err)
		conn = dialled
	} else {
		conn = dialService(t, strings.ToLower(word), running.SIP)
	}
	defer func() { _ = conn.Close() }() // one address has a hundred at most
	mustAnswerOptions(t, conn, word)
	if took := time.Since(began); took > 5*time.Second { // half a second where the machine is quiet
		t.Errorf("%s is answered after %v", word, took)
	}
}
