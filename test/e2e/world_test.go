// Package e2e proves sipbridge with the real parts around it: browsers with the unmodified SIP libraries, sipp and
// baresip as phones, Kamailio as the server above. A tone goes in at one end and is found at the other.
package e2e

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/ear"
	"sipbridge/test/e2e/pages"
	"sipbridge/test/e2e/service"
	"sipbridge/test/e2e/sipp"
)

const (
	// limit is generous: two cores may be shared with a lint run.
	limit = 20 * time.Second

	pageHz  = 440 // what every page's microphone gives
	phoneHz = 800 // what every phone's microphone gives

	allKeys = "0123456789*#ABCD"

	binary = "../../bin/sipbridge"
)

// The libraries, by the names of their pages.
const (
	jsSIP  = "jssip"
	sipJS  = "sipjs"
	sipML5 = "sipml5"
)

// world is a running service, a browser, and pages for it.
type world struct {
	service *service.Service
	browser *browser.Browser
	pages   *pages.Server
	users   atomic.Int32 // how many have been given to pages and phones
}

// newWorld starts all. The service's options need no binary, directory, origins or users.
func newWorld(t *testing.T, kind browser.Kind, options service.Options) *world {
	t.Helper()
	w := &world{}
	var err error
	w.pages, err = pages.Serve(".")
	must(t, err)
	t.Cleanup(w.pages.Close)
	options.Binary, options.Dir = binary, t.TempDir()
	options.Origins = []string{w.pages.Origin}
	options.Users = map[string]string{}
	for number := range 100 {
		options.Users[userName(number)] = password(number)
	}
	w.service, err = service.Start(options)
	must(t, err)
	t.Cleanup(w.service.Stop)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the service's log:\n%s", w.service.Report())
		}
	})
	t.Cleanup(func() { w.mustNotPanic(t) })
	w.browser, err = browser.Start(browser.Options{
		Kind: kind, Dir: ".", Origin: w.pages.Origin, MicrophoneHz: pageHz, TempDir: t.TempDir(),
		Screen: kind == browser.Firefox,
	})
	must(t, err)
	t.Cleanup(w.browser.Stop)
	return w
}

// mustNotPanic: a panic that was caught is a fault all the same. A service that was told to end is not asked.
func (w *world) mustNotPanic(t *testing.T) {
	t.Helper()
	metrics, err := w.service.Metrics()
	if err != nil {
		return
	}
	for _, counter := range []string{"sipbridge_calls_panics_total", "sipbridge_sip_panics_total"} {
		if count, found := metrics[counter]; !found || count != 0 {
			t.Errorf("%s is %v (found: %v)", counter, count, found)
		}
	}
}

func userName(number int) string { return fmt.Sprintf("user%02d", number) }

func password(number int) string { return fmt.Sprintf("Secret-%d!", number) }

// page is a page with its account.
type page struct {
	*browser.Page

	user string
}

// newPage opens a page of the library and registers it as a user of its own.
func (w *world) newPage(t *testing.T, library string) *page {
	t.Helper()
	p, account := w.openPage(t, library)
	must(t, p.Register(account))
	return p
}

// openPage opens a page of the library and gives it an account, but does not register.
func (w *world) openPage(t *testing.T, library string) (*page, browser.Account) {
	t.Helper()
	number := int(w.users.Add(1)) - 1
	opened, err := w.browser.Open(w.pages.URL(library))
	must(t, err)
	p := &page{Page: opened, user: userName(number)}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("page of %s:\n%s", p.user, p.Report())
		}
		_ = p.Close() // a page that is gone already is no fault of the bridge
	})
	return p, browser.Account{
		WS: w.service.WS, URI: "sip:" + p.user + "@localhost", User: p.user, Domain: "localhost",
		Password: password(number),
	}
}

// uri is where phones call the user of this page.
func (w *world) uri(p *page) string { return "sip:" + p.user + "@" + w.service.SIP }

// scripted is a sipp with an ear.
type scripted struct {
	*sipp.Script
	*ear.Ear
}

// newEar opens an ear for PCMU; other codecs are baresip's part.
func newEar(t *testing.T) (*ear.Ear, sipp.Media) {
	t.Helper()
	return newEarFor(t, ear.PCMU, "PCMU")
}

func newEarFor(t *testing.T, payloadType uint8, codec string) (*ear.Ear, sipp.Media) {
	t.Helper()
	sound, err := ear.Open(payloadType, phoneHz)
	must(t, err)
	t.Cleanup(sound.Close)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(sound.Report())
		}
	})
	return sound, sipp.Media{Port: sound.Port, Codec: codec}
}

// runScript starts a sipp that plays its steps with this ear's sound.
func runScript(t *testing.T, sound *ear.Ear, options sipp.Options) *scripted {
	t.Helper()
	options.Dir = t.TempDir()
	script, err := sipp.Start(options)
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(script.Report())
		}
		script.Stop()
	})
	return &scripted{Script: script, Ear: sound}
}

// callee starts a sipp to be called, with PCMU over UDP.
func callee(t *testing.T, steps func(sipp.Media) []sipp.Step) *scripted {
	t.Helper()
	sound, media := newEar(t)
	return runScript(t, sound, sipp.Options{Steps: steps(media)})
}

// number is what a page dials to reach the script: see the routes of the service.
func (s *scripted) number() string {
	transport := "udp"
	if strings.HasSuffix(s.URI, "tcp") {
		transport = "tcp"
	}
	return "sip:" + transport + s.Address[strings.LastIndexByte(s.Address, ':')+1:] + "@localhost"
}

// mustGet waits for a message that begins so, and gives the newest.
func (s *scripted) mustGet(t *testing.T, start string) string {
	t.Helper()
	message, err := s.WaitMessage(start, limit)
	must(t, err)
	return message
}

// playTo lets the ear play to the audio port in the newest message that begins so.
func (s *scripted) playTo(t *testing.T, start string) {
	t.Helper()
	message := s.mustGet(t, start)
	port := sipp.AudioPort(message)
	if port == 0 {
		t.Fatalf("no audio in %q", message)
	}
	s.SetRemote(port)
}

// newPhone starts a baresip.
func newPhone(t *testing.T, options baresip.Options) *baresip.Phone {
	t.Helper()
	options.Dir = t.TempDir()
	options.ToneHz = phoneHz
	phone, err := baresip.Start(options)
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("baresip:\n%s", phone.Report())
		}
		phone.Stop()
	})
	return phone
}

// dialable turns a phone's own URI into what a page dials.
func dialable(phone *baresip.Phone) string {
	address, transport, _ := strings.Cut(phone.URI, ";transport=")
	return "sip:" + transport + address[strings.LastIndexByte(address, ':')+1:] + "@localhost"
}

// hearer is anything that finds a tone in what it hears.
type hearer interface {
	WaitTone(hertz float64, limit time.Duration) error
}

// mustHear expects the tone at the hearer.
func mustHear(t *testing.T, who hearer, hertz float64) {
	t.Helper()
	must(t, who.WaitTone(hertz, limit))
}

// mustTalk expects each to hear the other's tone.
func mustTalk(t *testing.T, p *page, phone hearer) {
	t.Helper()
	mustHear(t, phone, pageHz)
	mustHear(t, p, phoneHz)
}

// mustBe waits for the page's state.
func mustBe(t *testing.T, p *page, states ...string) {
	t.Helper()
	must(t, p.Wait(limit, states...))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
