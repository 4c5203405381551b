package e2e

import (
	"strings"
	"testing"
	"time"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
)

// TestNewcomer does what the README promises: start the service without a file, open the page it prints, one click
// registers, one click calls echo, and you hear yourself.
func TestNewcomer(t *testing.T) {
	t.Parallel()
	s, err := service.Start(service.Options{Binary: binary, Demo: true, Dir: t.TempDir()})
	must(t, err)
	defer s.Stop()
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.Report())
		}
	})
	link := printedLink(t, s)
	b, err := browser.Start(browser.Options{
		Kind: browser.Chromium, Dir: ".", Origin: strings.TrimSuffix(link, "/"), MicrophoneHz: pageHz, TempDir: t.TempDir(),
	})
	must(t, err)
	defer b.Stop()
	p, err := b.OpenWatched(link)
	must(t, err)
	click := func(id string) { must(t, p.Call(nil, "click", id, limit.Milliseconds())) }
	await := func(name string, values ...string) {
		must(t, p.Call(nil, "wait", "phone", name, values, limit.Milliseconds()))
	}
	click("register")
	await("line", "registered")
	click("dial-echo")
	await("call", "up")
	mustHear(t, p, pageHz)
	click("mute")
	must(t, p.WaitSilence(limit))
	click("mute")
	mustHear(t, p, pageHz)
	click("hold")
	must(t, p.WaitSilence(limit))
	click("hold")
	mustHear(t, p, pageHz)
	click("hangup")
	await("call", "none")
	click("unregister")
	await("line", "off")
}

// printedLink finds the page's address among the lines that the service prints.
func printedLink(t *testing.T, s *service.Service) string {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		for word := range strings.FieldsSeq(s.Log()) {
			if strings.HasPrefix(word, "http://localhost:") {
				return word
			}
		}
		if time.Now().After(deadline) {
			t.Fatal("no link was printed:", s.Log())
		}
		time.Sleep(20 * time.Millisecond) // it is printed about when the service is ready
	}
}
