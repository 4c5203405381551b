package quality

import (
	"flag"
	"fmt"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"sipbridge/test/e2e/service"
	"sipbridge/test/load/caller"
	"sipbridge/transcode/speechtest"
)

func TestMain(m *testing.M) {
	flag.Bool(wholeFlag, false, "call with every codec, not only some, and print a table")
	flag.Parse()
	goleak.VerifyTestMain(m)
}

// wholeFlag runs every pair of codecs, and prints a table.
const wholeFlag = "whole"

func whole() bool {
	set := flag.Lookup(wholeFlag)
	return set != nil && set.Value.String() == "true"
}

const (
	binary = "../../../bin/sipbridge"
	secret = "only on loopback"
	// allowance is how much farther from the sentence than the codecs alone a call may be, in dB.
	allowance = 1.0
	// longestGap is in milliseconds: what one lost packet would make.
	longestGap = 20
	// atOnce is how many calls go on at a time.
	atOnce = 12
)

// way is a call to be tried.
type way struct {
	kind           string // of the caller: browser or phone
	caller, callee codec
	secure         bool // the callee's media are protected
}

func (w way) String() string {
	protection := "plain"
	if w.secure {
		protection = "SDES"
	}
	return fmt.Sprintf("%s %s, phone %s %s", w.kind, w.caller.name, w.callee.name, protection)
}

// ways are those of a test, or all.
func ways() []way {
	var chosen []way
	for _, callee := range phoneCodecs() {
		for i, from := range browserCodecs() {
			for _, secure := range []bool{false, true} {
				if whole() || i == 0 && secure == (callee.name == "PCMA" || callee.name == "GSM") {
					chosen = append(chosen, way{"browser", from, callee, secure})
				}
			}
		}
		for _, from := range phoneCodecs() {
			if whole() || from.name == "PCMU" && (callee.name == "PCMU" || callee.name == "G722" || callee.name == "Speex 16") {
				chosen = append(chosen, way{"phone", from, callee, whole() && from.name == callee.name})
			}
		}
	}
	return chosen
}

// world is a service with switchboards for phones.
type world struct {
	service       *service.Service
	plain, secure *switchboard
	sentences     [2]map[int][]int16 // what callers and callees say, by sample rate
}

func newWorld(t *testing.T, calls int) *world {
	t.Helper()
	w := &world{plain: newSwitchboard(t), secure: newSwitchboard(t)}
	users := make(map[string]string)
	for i := range calls {
		users[user(i)] = secret
	}
	codecs := []string{"opus", "G722", "L16", "speex", "PCMU", "PCMA", "GSM"}
	var err error
	w.service, err = service.Start(service.Options{
		Binary: binary, Dir: t.TempDir(), Users: users, Origins: []string{"http://quality.test"},
		Trunks: []map[string]any{
			{"name": "plain", "next_hop": "sip:" + w.plain.socket.Addr().String(), "codecs": codecs},
			{"name": "secure", "next_hop": "sip:" + w.secure.socket.Addr().String(), "codecs": codecs, "srtp": "required"},
		},
		Routes: []map[string]any{
			{"from": "any", "match": `^sip:plain\d+@localhost`, "to": "trunk:plain"},
			{"from": "any", "match": `^sip:secure\d+@localhost`, "to": "trunk:secure"},
		},
		Settings: map[string]map[string]any{
			"dialing": {"rules": []map[string]any{{
				"users": []string{"*", "trunk:plain", "trunk:secure"}, "numbers": []string{"^."},
			}}}, "log": {"level": "info"},
			"media": {"opus_adapts": false}, // a busy machine would be judged
		},
	})
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(w.service.Report())
		}
		w.service.Stop()
	})
	for i, text := range []string{"Please hold the line.", "Seven green apples."} {
		w.sentences[i] = make(map[int][]int16)
		for _, rate := range []int{8000, 16000, 32000, 48000} {
			spoken := speechtest.Say(t, voices()[i], text, rate)
			w.sentences[i][rate] = append(append(make([]int16, rate/2), spoken...), make([]int16, rate/2)...)
		}
	}
	return w
}

// voices are those of callers and callees.
func voices() []string { return []string{"en", "en+f3"} }

func user(number int) string { return fmt.Sprintf("user%03d", number) }

// TestSpeech lets parties of all kinds talk, and judges what each of them hears.
func TestSpeech(t *testing.T) {
	all := ways()
	w := newWorld(t, len(all))
	var mu sync.Mutex
	var rows []string
	t.Run("calls", func(t *testing.T) {
		sideBySide(t, all, func(t *testing.T, i int, way way) {
			t.Helper()
			row := w.try(t, i, way)
			mu.Lock()
			defer mu.Unlock()
			rows = append(rows, row)
		})
	})
	if whole() {
		fmt.Println("| call | to the caller, dB (codecs alone) | to the callee, dB (codecs alone) |\n|---|---|---|")
		fmt.Println(strings.Join(rows, "\n"))
	}
}

// sideBySide runs a subtest for each case, atOnce of them at a time. They wait more than they work, so there may be
// more than t.Parallel would run, one for each core.
func sideBySide[T fmt.Stringer](t *testing.T, cases []T, test func(t *testing.T, number int, c T)) {
	t.Helper()
	var running sync.WaitGroup
	defer running.Wait()
	places := make(chan struct{}, atOnce)
	for i, c := range cases {
		places <- struct{}{}
		running.Go(func() {
			defer func() { <-places }()
			t.Run(c.String(), func(t *testing.T) { test(t, i, c) })
		})
	}
}

// try places a call, lets both talk at once, and judges.
func (w *world) try(t *testing.T, number int, way way) string {
	t.Helper()
	board, name := w.plain, fmt.Sprintf("plain%d", number)
	if way.secure {
		board, name = w.secure, fmt.Sprintf("secure%d", number)
	}
	callee := newPhone(t, way.callee, way.secure)
	board.add(name, callee)
	from := w.dial(t, number, way, "sip:"+name+"@localhost")
	talk(t, from, w.sentences[0][from.rate], callee.party, w.sentences[1][callee.rate])
	return fmt.Sprintf("| %s | %s | %s |", way,
		w.hears(t, callee.party, from, 1), w.hears(t, from, callee.party, 0))
}

// dial places the call, and gives the caller.
func (w *world) dial(t *testing.T, number int, way way, uri string) *party {
	t.Helper()
	if way.kind == "phone" {
		p := newPhone(t, way.caller, false)
		w.plain.call(t, p, w.service.SIP, uri)
		return p.party
	}
	b := newBrowser(t, way.caller, caller.Options{
		URL: w.service.WS, Origin: "http://quality.test", User: user(number), Domain: "localhost", Password: secret,
	})
	b.call(t, uri)
	return b.party
}

// hears judges what one party heard of the other one's sentence.
func (w *world) hears(t *testing.T, speaker, listener *party, sentence int) string {
	t.Helper()
	said := w.sentences[sentence][judgeRate]
	codecs := judge(said, resampled(t, alone(t, w.sentences[sentence][speaker.rate], speaker, listener),
		listener.rate, judgeRate))
	heard, missing := listener.hears(t)
	call := judge(said, resampled(t, heard, listener.rate, judgeRate))
	t.Logf("%s to %s: %.2f (%.2f), gap %.0f", speaker.format, listener.format, call.distance, codecs.distance, call.gap)
	if call.distance > codecs.distance+allowance {
		t.Errorf("from %s to %s: %.1f dB from the sentence, the codecs alone %.1f",
			speaker.format, listener.format, call.distance, codecs.distance)
	}
	if call.gap > longestGap && call.gap > codecs.gap || missing > 0 {
		t.Errorf("from %s to %s: nothing is heard for %.0f ms, %d packets are missing",
			speaker.format, listener.format, call.gap, missing)
	}
	return fmt.Sprintf("%.1f (%.1f)", call.distance, codecs.distance)
}
