// Package flows plays whole dialogs against the service, message by message: the call flows of RFC 3665, each by its
// number, and trunks with the habits of carriers. sipp keeps to the order and the timing; an ear hears what passes.
package flows

import (
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"sipbridge/certificate/certificatetest"
	"sipbridge/test/e2e/ear"
	"sipbridge/test/e2e/process"
	"sipbridge/test/e2e/service"
	"sipbridge/test/e2e/sipp"
)

const (
	// limit is generous: two cores may be shared with a lint run.
	limit = 30 * time.Second

	aliceHz = 440
	bobHz   = 800

	binary = "../../../bin/sipbridge"
)

// world is a running service, and the trunks from which scripts may call: the service relays for nobody it does not
// know, so each Alice is one of them.
type world struct {
	*service.Service

	// authority is believed by whoever connects to the service over TLS.
	authority *x509.CertPool
	trunks    chan trunk
	// carrier is the port of a trunk that gets the calls to 0..., and has credentials of ours; first and second are
	// those of the servers of one that gets the calls to 1...
	carrier, first, second int
	// clear are those of two trunks that are offered SRTP; they get the calls to 2... and 3...
	clear [2]int
}

// trunk is a domain whose server is a script, yet to be started on this port.
type trunk struct {
	domain string
	port   int
}

// manyTrunks is as many as a test has flows.
const manyTrunks = 16

// newWorld starts the service. bob4711, asked for by a trunk, is a phone on port 4711.
func newWorld(t *testing.T) *world {
	t.Helper()
	trunks, hops, callers := make(chan trunk, manyTrunks), map[string]string{}, []string{}
	for number := range manyTrunks {
		made := trunk{domain: fmt.Sprintf("trunk%d.example", number), port: freePort(t)}
		trunks <- made
		hops[made.domain] = fmt.Sprint("127.0.0.1:", made.port)
		callers = append(callers, "trunk:"+made.domain)
	}
	authority, folder := certificatetest.NewAuthority(t), t.TempDir()
	own := &service.Certificate{Authority: authority.WriteAuthority(t, folder)}
	own.Cert, own.Key = certificatetest.Write(t, folder, authority.Issue(t, "127.0.0.1"))
	w := &world{
		authority: authority.Pool(), trunks: trunks, carrier: freePort(t), first: freePort(t), second: freePort(t),
		clear: [2]int{freePort(t), freePort(t)},
	}
	running, err := service.Start(service.Options{
		Binary: binary, Dir: t.TempDir(),
		TLS:      own,
		Users:    map[string]string{"alice": "Wonderland-1!", "bob": "Builder-2!"},
		NextHops: hops,
		Routes: []map[string]any{
			{"from": "any", "match": `^sips?:bob(\d+)@`, "to": "sip:phone@127.0.0.1:$1;transport=udp"},
			{"from": "any", "match": `^sips?:0\d+@`, "to": "trunk:carrier"},
			{"from": "any", "match": `^sips?:1\d+@`, "to": "trunk:pair"},
			{"from": "any", "match": `^sips?:2\d+@`, "to": "trunk:clear0"},
			{"from": "any", "match": `^sips?:3\d+@`, "to": "trunk:clear1"},
		},
		Trunks: []map[string]any{
			{"name": "carrier", "next_hop": server(w.carrier), "username": "us", "password": "Trunk-Secret-1!"},
			{"name": "pair", "next_hop": []string{server(w.first), server(w.second)}},
			{"name": "clear0", "next_hop": server(w.clear[0]), "srtp": "optional"},
			{"name": "clear1", "next_hop": server(w.clear[1]), "srtp": "optional"},
		},
		Settings: map[string]map[string]any{"dialing": {"rules": []map[string]any{{"users": callers}}}},
	})
	must(t, err)
	t.Cleanup(running.Stop)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the service's log:\n%s", running.Report())
		}
	})
	w.Service = running
	t.Cleanup(func() { w.mustBeClean(t) })
	return w
}

func freePort(t *testing.T) int {
	t.Helper()
	port, err := process.FreePort()
	must(t, err)
	return port
}

func server(port int) string { return fmt.Sprint("sip:127.0.0.1:", port) }

// mustBeClean: no call is stuck, and nothing was caught that should not have happened.
func (w *world) mustBeClean(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		metrics, err := w.Metrics()
		must(t, err)
		if metrics["sipbridge_calls_panics_total"] != 0 || metrics["sipbridge_sip_panics_total"] != 0 {
			t.Error("something panicked")
			return
		}
		if metrics["sipbridge_calls_active"] == 0 && metrics["sipbridge_rtp_port_pairs_in_use"] == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%v calls are stuck", metrics["sipbridge_calls_active"])
			return
		}
		time.Sleep(100 * time.Millisecond) // the metrics are all there is to look at
	}
}

// phone is a script with its sound.
type phone struct {
	*sipp.Script
	*ear.Ear
}

// play starts a script; an empty remote means to be called.
func (w *world) play(t *testing.T, hertz int, options sipp.Options, steps func(sipp.Media) []sipp.Step) *phone {
	t.Helper()
	sound, err := ear.Open(ear.PCMU, hertz)
	must(t, err)
	t.Cleanup(sound.Close)
	options.Steps, options.Dir = steps(sipp.Media{Port: sound.Port, Codec: "PCMU"}), t.TempDir()
	script, err := sipp.Start(options)
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s\n%s", sound.Report(), script.Report())
		}
		script.Stop()
	})
	return &phone{Script: script, Ear: sound}
}

// bob waits to be called.
func (w *world) bob(t *testing.T, steps func(sipp.Media) []sipp.Step) *phone {
	t.Helper()
	return w.play(t, bobHz, sipp.Options{}, steps)
}

// alice calls a phone through the bridge.
func (w *world) alice(t *testing.T, callee *phone, steps func(uri string, media sipp.Media) []sipp.Step) *phone {
	t.Helper()
	return w.aliceCalls(t, w.uri(callee.Address), steps)
}

// aliceCalls lets a trunk call a URI.
func (w *world) aliceCalls(t *testing.T, uri string, steps func(uri string, media sipp.Media) []sipp.Step) *phone {
	t.Helper()
	from := <-w.trunks
	return w.play(t, aliceHz, sipp.Options{Remote: w.SIP, Port: from.port}, func(media sipp.Media) []sipp.Step {
		return steps(uri, media)
	})
}

// uri is where a trunk calls a phone at an address of loopback.
func (w *world) uri(address string) string {
	return "sip:bob" + address[strings.LastIndexByte(address, ':')+1:] + "@" + w.SIP
}

// mustTalk expects each to hear the other.
func mustTalk(t *testing.T, alice, bob *phone) {
	t.Helper()
	alice.mustPlay(t)
	bob.mustPlay(t)
	must(t, alice.WaitTone(bobHz, limit))
	must(t, bob.WaitTone(aliceHz, limit))
}

// mustPlay lets the ear play to where the newest SDP that came says.
func (p *phone) mustPlay(t *testing.T) {
	t.Helper()
	port := 0
	await(t, func() bool {
		for _, message := range p.Messages() {
			if found := sipp.AudioPort(message.Text); !message.Sent && found != 0 {
				port = found
			}
		}
		return port != 0
	}, func() string { return "no SDP came\n" + p.Script.Report() })
	p.SetRemote(port)
}

// await waits for what can only be looked up: the messages are in a file.
func await(t *testing.T, condition func() bool, complaint func() string) {
	t.Helper()
	for deadline := time.Now().Add(limit); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(complaint())
		}
	}
}

// mustEnd waits until the scripts have gone as written.
func mustEnd(t *testing.T, phones ...*phone) {
	t.Helper()
	for _, p := range phones {
		must(t, p.Wait(limit))
	}
}

// received gives the messages that came, by their first words.
func (p *phone) received(start string) []string { return p.messages(false, start) }

func (p *phone) messages(sent bool, start string) []string {
	var found []string
	for _, message := range p.Messages() {
		if message.Sent == sent && strings.HasPrefix(message.Text, start) {
			found = append(found, message.Text)
		}
	}
	return found
}

// header gives the first header line of a message with this name, without the name.
func header(message, name string) string {
	head, _, _ := strings.Cut(message, "\n\n")
	for line := range strings.Lines(head) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
