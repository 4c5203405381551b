package sipua

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// deaf is a peer that only keeps the raw answers.
type deaf struct {
	word   string
	remote netip.AddrPort
	gone   chan struct{}

	mu   sync.Mutex
	sent [][]byte // guarded by mu
}

func (d *deaf) Transport() string          { return d.word }
func (d *deaf) LocalAddr() netip.AddrPort  { return netip.MustParseAddrPort("192.0.2.1:5060") }
func (d *deaf) RemoteAddr() netip.AddrPort { return d.remote }
func (d *deaf) Close()                     {}

func (d *deaf) Send(raw []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sent = append(d.sent, bytes.Clone(raw))
	return nil
}

func (d *deaf) Done() <-chan struct{} {
	if d.word == "UDP" {
		return nil
	}
	return d.gone
}

// final gives the first line of the first final response, if there is one.
func (d *deaf) final() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, raw := range d.sent {
		line, _, _ := strings.Cut(string(raw), "\r\n")
		if strings.HasPrefix(line, "SIP/2.0 ") && !strings.HasPrefix(line, "SIP/2.0 1") {
			return strings.TrimPrefix(line, "SIP/2.0 ")
		}
	}
	return ""
}

// tortureAnswers are the final answers to the messages of RFC 4475 and RFC 5118, by their first digits. An INVITE that
// is good makes a call: "call". What is not named is answered 400 or, if it is no request, nothing.
func tortureAnswers() map[string]string {
	return map[string]string{
		"badvers": "505", "unkscm": "416", "novelsc": "416", "unksm2": "403", "bext01": "420", "zeromf": "200",
		"intmeth": "405", "unreason": "", "noreason": "", "cparam01": "403", "cparam02": "403", "regescrt": "403",
		"regaut01": "403", "esc02": "405", "mpart01": "403", "dblreq": "403", "wsinv": "481", "escnull": "403",
		"invut": "415", "sdp01": "406", "semiuri": "200", "transports": "200", "badbranch": "200", "lwsdisp": "200",
		"esc01": "call", "longreq": "call", "inv2543": "call", "baddate": "call", "bcast": "", "bigcode": "",
		"ipv4-mapped-ipv6": "call", "ipv4-mapped-ipv6-fixedcl": "call", "ipv6-bug-abnf-3-colons": "200",
		"ipv6-correct-abnf-2-colons": "200", "ipv6-good": "403", "ipv6-in-sdp": "call", "ipv6-in-sdp-fixedcl": "call",
		"mult-ip-in-header": "481", "mult-ip-in-sdp": "call", "mult-ip-in-sdp-fixedcl": "call",
		"port-ambiguous": "403", "port-unambiguous": "403",
		"via-received-param-no-delim": "200", "via-received-param-with-delim": "481",
	}
}

func TestTortureOverEveryTransport(t *testing.T) {
	files, err := filepath.Glob("wire/testdata/rfc*/*.dat")
	if err != nil || len(files) != 65 {
		t.Fatalf("got %d torture messages, want 65 (%v)", len(files), err)
	}
	for _, word := range []string{"UDP", "TCP", "TLS", "WS"} {
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".dat")
			t.Run(word+" "+name, func(t *testing.T) {
				raw, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				s := newSetup(t)
				flow := &deaf{word: word, remote: netip.MustParseAddrPort("192.0.2.9:5070"), gone: make(chan struct{})}
				s.flows.flows[netip.MustParseAddrPort("192.0.2.9:5060")] = flow
				s.agent.Receive(flow, raw)
				want, known := tortureAnswers()[name]
				if !known && !bytes.HasPrefix(raw, []byte("SIP/")) {
					want = "400"
				}
				got := s.outcome(flow, want)
				if !strings.HasPrefix(got, want) || want == "" && got != "" {
					t.Errorf("got %q, want %q", got, want)
				}
				if panics := s.agent.Stats().Panics; panics != 0 {
					t.Errorf("%d panics", panics)
				}
			})
		}
	}
}

// outcome waits for a call or an answer, but for nothing where nothing is due.
func (s *setup) outcome(flow *deaf, want string) string {
	if want == "" {
		return flow.final()
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if answer := flow.final(); answer != "" {
			return answer
		}
		if len(s.incoming) > 0 {
			return "call"
		}
	}
	return ""
}

func TestMissingHeadersAreAnsweredAsFarAsPossible(t *testing.T) {
	whole := []string{
		"INVITE sip:bob@out.example SIP/2.0", "Via: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bK1", "From: <sip:a@b>;tag=1",
		"To: <sip:c@d>", "Call-ID: 1", "CSeq: 1 INVITE",
	}
	for missing := 1; missing < len(whole); missing++ {
		t.Run(whole[missing], func(t *testing.T) {
			s := newSetup(t)
			flow := &deaf{word: "TCP", remote: netip.MustParseAddrPort("192.0.2.9:5070"), gone: make(chan struct{})}
			lines := append(append([]string{}, whole[:missing]...), whole[missing+1:]...)
			s.agent.Receive(flow, []byte(strings.Join(lines, "\r\n")+"\r\n\r\n"))
			want := "400"
			if missing == 1 {
				want = "" // without a Via nobody knows where the answer goes
			}
			if got := flow.final(); !strings.HasPrefix(got, want) || want == "" && got != "" {
				t.Errorf("got %q", got)
			}
			if stats := s.agent.Stats(); stats.Malformed != 1 || stats.Dialogs != 0 {
				t.Errorf("stats %+v", stats)
			}
		})
	}
}
