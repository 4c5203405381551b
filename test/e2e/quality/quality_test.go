package quality

import (
	"flag"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"sipbridge/test/e2e/process"
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
	program = "../../../bin/sipbridge"
	secret  = "only on loopback"
	// allowance is how much farther from the sentence than the codecs alone a call may be, in dB, and how much less of its
	// waveform may be right.
	allowance = 1.0
	// pure is how much of a tone is right that is good enough, in dB; codecs vary by where in it their frames begin.
	pure = 17
	// longestGap is in milliseconds: what one lost packet would make.
	longestGap = 20
	// atOnce is how many calls go on at a time.
	atOnce = 12
	// toneHz is how high the tone is, in Hz, toneTime how long, in seconds.
	toneHz, toneTime = 440, 1
)

// world is a service with switchboards for phones.
type world struct {
	service   *service.Service
	boards    map[protection]*switchboard
	rtmp      string             // host:port
	sentences [2]map[int][]int16 // what callers and callees say, by sample rate: speech, and a tone in the end
}

func newWorld(t *testing.T, calls int) *world {
	t.Helper()
	port, err := process.FreePort()
	must(t, err)
	w := &world{boards: make(map[protection]*switchboard), rtmp: fmt.Sprintf("127.0.0.1:%d", port)}
	users := make(map[string]string)
	for i := range 2 * calls {
		users[user(i)] = secret
	}
	trunks, routes := w.trunks(t)
	w.service, err = service.Start(service.Options{
		Binary: program, Dir: t.TempDir(), Users: users, Origins: []string{"http://quality.test"},
		Trunks: trunks, Routes: routes,
		Settings: map[string]map[string]any{
			"dialing": {"rules": []map[string]any{{
				"users": []string{"*", "trunk:plain", "trunk:sdes", "trunk:dtls"}, "numbers": []string{"^."},
			}}},
			"listen": {"rtmp": w.rtmp}, "log": {"level": "info"},
			"media": {"opus_adapts": false}, // a busy machine would be judged
		},
	})
	must(t, err)
	for _, board := range w.boards {
		board.service = addrPort(t, w.service.SIP)
	}
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
			w.sentences[i][rate] = slices.Concat(make([]int16, rate/2), spoken, make([]int16, rate/4),
				sine(toneTime, rate), make([]int16, rate/4))
		}
	}
	return w
}

// trunks are those of the switchboards, one for each protection, and the routes to them.
func (w *world) trunks(t *testing.T) (trunks, routes []map[string]any) {
	t.Helper()
	codecs := []string{"opus", "G722", "L16", "speex", "PCMU", "PCMA", "GSM"}
	for _, kind := range []protection{plain, sdes, dtls} {
		name := strings.ToLower(string(kind)) // as the configuration has names
		w.boards[kind] = newSwitchboard(t)
		trunk := map[string]any{"name": name, "next_hop": "sip:" + w.boards[kind].socket.Addr().String(), "codecs": codecs}
		if kind != plain {
			trunk["srtp"], trunk["srtp_keys"] = "required", name
		}
		trunks = append(trunks, trunk)
		routes = append(routes, map[string]any{
			"from": "any", "match": `^sip:` + name + `\d+@localhost`, "to": "trunk:" + name,
		})
	}
	return trunks, routes
}

// sine is the tone, for some seconds.
func sine(seconds, rate int) []int16 {
	pcm := make([]int16, seconds*rate)
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*toneHz*float64(i)/float64(rate)))
	}
	return pcm
}

// voices are those of callers and callees.
func voices() []string { return []string{"en", "en+f3"} }

func user(number int) string { return fmt.Sprintf("user%03d", number) }

// TestSpeech lets parties of all kinds talk, and judges what each of them hears.
func TestSpeech(t *testing.T) {
	all := ways()
	w := newWorld(t, 2*len(all)) // each may be tried twice
	var found table
	t.Run("calls", func(t *testing.T) {
		sideBySide(t, all, func(t *testing.T, number int, way way) {
			t.Helper()
			call := judged(func(again int) spoken { return w.try(t, number+again*len(all), way) })
			found.add(way.caller, way.callee, call.there)
			found.add(way.callee, way.caller, call.back)
			if call.fault != nil {
				t.Error(call.fault)
			}
		})
	})
	fmt.Print(&found)
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

// end makes one end of a call.
func (w *world) end(t *testing.T, of leg, number int) end {
	t.Helper()
	switch of.kind {
	case "browser":
		return w.browser(t, of.codec, number)
	case "Flash":
		return newFlash(t, of.codec, w.rtmp, user(number), secret)
	default:
		return w.phone(t, of.codec, of.protection, number)
	}
}

func (w *world) browser(t *testing.T, with codec, number int) *browser {
	t.Helper()
	return newBrowser(t, with, caller.Options{
		URL: w.service.WS, Origin: "http://quality.test", User: user(number), Domain: "localhost", Password: secret,
	})
}

func (w *world) phone(t *testing.T, with codec, protected protection, number int) *phone {
	t.Helper()
	p := newPhone(t, with, protected)
	p.board, p.name = w.boards[protected], fmt.Sprintf("%s%d", strings.ToLower(string(protected)), number)
	return p
}
