package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"
	"time"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/ear"
	"sipbridge/test/e2e/kamailio"
	"sipbridge/test/e2e/service"
	"sipbridge/test/e2e/sipp"
)

const (
	// itsp is the domain of Kamailio, where the bridge is the customer 4930 and a phone has the number 493099.
	itsp = "itsp.test"
	// secret is the password of the bridge at each of its trunks.
	secret = "customer"
)

// rules are those of TestTrunks: any user may call Berlin and the numbers of sipp, nobody a premium number.
func dialingRules() map[string]any {
	return map[string]any{
		"normalize": []string{`^00(\d+)$ -> +$1`, `^0(\d+)$ -> +49$1`},
		"rules": []map[string]any{
			{"numbers": []string{"+49900"}, "deny": true},
			{"numbers": []string{"+4930"}, "max_calls": 1},
			{"numbers": []string{"77", "78", "79"}},
		},
	}
}

// trunks are Kamailio, where we register, and two that a sipp plays.
func trunkOptions(itspAddress, strict, moved, toned, chosen string) []map[string]any {
	return []map[string]any{
		{
			"name": "carrier", "next_hop": "sip:" + itspAddress + ";transport=tcp", "domain": itsp,
			"username": "4930", "password": secret,
			"register": true, "called_out": []string{`^\+(.*) -> $1`}, "max_calls": 2,
			"calling_in": []string{`^49(\d+)$ -> +49$1`},
		},
		{
			"name": "strict", "next_hop": "sip:" + strict, "username": "4930", "password": secret, "identity": "pai",
			"codecs": []string{"PCMA"}, "dtmf": "info",
		},
		{"name": "moved", "next_hop": "sip:" + moved},
		{"name": "chosen", "next_hop": "sip:" + chosen},
		{"name": "toned", "next_hop": "sip:" + toned, "codecs": []string{"PCMA"}, "dtmf": "inband"},
	}
}

func trunkRoutes() []map[string]any {
	return []map[string]any{
		{"from": "trunk:carrier", "match": `^sip:4930@`, "to": "user:" + userName(0)},
		{"from": "users", "match": `^sip:77@localhost`, "to": "trunk:strict"},
		{"from": "users", "match": `^sip:78@localhost`, "to": "trunk:moved"},
		{"from": "users", "match": `^sip:79@localhost`, "to": "trunk:toned"},
		{"from": "users", "match": `^sip:66(\d+)@localhost`, "to": "sip:$1@127.0.0.1:9"},
		{"from": "users", "match": `^sip:\+?\d+@localhost`, "to": "trunk:carrier"},
	}
}

// trunkWorld is a world with an ITSP, its phone, and trunks that are sipps.
type trunkWorld struct {
	*world

	server        *kamailio.Server
	page          *page
	phone         *baresip.Phone
	strict, moved *scripted
	toned, chosen *scripted
	line          *reflector // the sound of toned
	calls         int        // that the phone has had
}

func newTrunkWorld(t *testing.T) *trunkWorld {
	t.Helper()
	server, err := kamailio.Start(kamailio.Options{
		Domain: itsp, Dir: t.TempDir(), Passwords: map[string]string{"4930": secret, "493099": "builder"},
	})
	must(t, err)
	t.Cleanup(server.Stop)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(server.Report())
		}
	})
	strictEar, media := newEarFor(t, ear.PCMA, "PCMA")
	strict := runScript(t, strictEar, sipp.Options{Steps: []sipp.Step{
		sipp.ChallengeInvite("one"), sipp.Ring(), sipp.Answer(media),
		sipp.Challenge("INFO", "two"), sipp.Challenge("BYE", "three"),
	}})
	movedEar, _ := newEar(t)
	moved := runScript(t, movedEar, sipp.Options{Steps: []sipp.Step{sipp.Redirect(
		"<sip:+493099@localhost>;q=0.5", "<sip:0900123@localhost>;q=0.9", "<sip:493099@elsewhere.test>;q=0.7",
	)}})
	line, toned := runLine(t)
	chosen := callee(t, answerUntilBye)
	w := newWorld(t, browser.Chromium, service.Options{
		Trunks:   trunkOptions(server.Address, strict.Address, moved.Address, toned.Address, chosen.Address),
		Routes:   trunkRoutes(),
		Settings: map[string]map[string]any{"dialing": dialingRules()},
	})
	phone := newPhone(t, baresip.Options{
		User: "493099", Password: "builder", Domain: itsp, Registrar: server.Address, Codec: "PCMA",
		Contact: "sip:4930@" + itsp,
	})
	return &trunkWorld{
		world: w, server: server, phone: phone, strict: strict, moved: moved, toned: toned, chosen: chosen, line: line,
	}
}

// TestTrunks: pages call numbers through trunks and are called by them, as far as the rules let them.
func TestTrunks(t *testing.T) {
	t.Parallel()
	w := newTrunkWorld(t)
	w.mustBecome(t, `sipbridge_trunk_registered{trunk="carrier"}`, 1)
	w.page = w.newPage(t, jsSIP)
	t.Run("numbers", w.numbersOut)
	t.Run("called", w.called)
	t.Run("messages", w.messages)
	t.Run("forbidden", w.forbidden)
	t.Run("one at once", w.oneAtOnce)
	t.Run("transferred", w.transferred)
	t.Run("challenged", w.challenged)
	t.Run("tones", w.tones)
	t.Run("outbound proxy", w.outboundProxy)
	t.Run("redirected", w.redirected)
	w.mustBecome(t, `sipbridge_trunk_calls{trunk="carrier"}`, 0)
	w.mustBeEmpty(t)
	t.Run("unregistered", w.unregistered)
}

// mustBecome waits for a metric.
func (w *world) mustBecome(t *testing.T, name string, want float64) {
	t.Helper()
	for deadline := time.Now().Add(limit); ; {
		metrics, err := w.service.Metrics()
		must(t, err)
		got, found := metrics[name]
		if found && got == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is %v (found: %v), not %v", name, got, found, want)
		}
		time.Sleep(50 * time.Millisecond) // metrics are asked for
	}
}

// hungUp ends the page's call with the phone.
func (w *trunkWorld) hungUp(t *testing.T) {
	t.Helper()
	must(t, w.page.Call(nil, "hangup"))
	w.calls++
	_, err := w.phone.WaitEvent(baresip.Closed, w.calls, limit)
	must(t, err)
}

// numbersOut: however the number is spelled, it reaches the same phone, with sound both ways.
func (w *trunkWorld) numbersOut(t *testing.T) {
	p := w.page
	for _, dialled := range []string{"tel:+49-30-99", "sip:03099@localhost", "sip:+493099@localhost;user=phone"} {
		t.Run(dialled, func(t *testing.T) {
			must(t, p.Call(nil, "call", dialled))
			mustBe(t, p, "established")
			mustTalk(t, p, w.phone)
			w.hungUp(t)
		})
	}
}

// called: the phone calls the number of the trunk, and a user's page rings.
func (w *trunkWorld) called(t *testing.T) {
	p := w.page
	must(t, w.phone.Dial("sip:4930@"+itsp))
	mustBe(t, p, "incoming")
	must(t, p.Call(nil, "answer"))
	mustBe(t, p, "established")
	mustTalk(t, p, w.phone)
	w.hungUp(t)
	if !strings.Contains(w.service.Log(), "From: <sip:+493099@localhost>") {
		t.Error("the page was not shown a number that it can call back")
	}
}

// messages: the page writes to a number, whose trunk wants to know who we are, and is written to by it.
func (w *trunkWorld) messages(t *testing.T) {
	const line = "Pêche à la moule ☎ 你好"
	must(t, w.page.Call(nil, "say", "sip:03099@localhost", line))
	must(t, w.phone.WaitText(line, limit))
	must(t, w.phone.Say(line))
	mustTell(t, w.page, "message", line)
}

// forbidden: a denied number and one that no rule names are refused, counted and told, in any spelling, also where a
// route has a SIP URI.
func (w *trunkWorld) forbidden(t *testing.T) {
	p := w.page
	const counter = `sipbridge_trunk_calls_refused_total{reason="forbidden"}`
	for i, dialled := range []string{
		"tel:+49-900-123", "sip:0900%31@localhost", "sip:0044123@localhost", "sip:660900@localhost",
	} {
		must(t, p.Call(nil, "call", dialled))
		mustEndWith(t, p, 403)
		w.mustBecome(t, counter, float64(i+1))
	}
	line := regexp.MustCompile(`msg="call refused by dialing rules".* user=` + p.user + `@localhost .*number=\+49900123 `)
	if !line.MatchString(w.service.Log()) {
		t.Error("the log does not tell who was refused which number")
	}
}

// oneAtOnce: a user's second call to such numbers is refused while the first goes on.
func (w *trunkWorld) oneAtOnce(t *testing.T) {
	p := w.page
	must(t, p.Call(nil, "call", "sip:+493099@localhost"))
	mustBe(t, p, "established")
	second, account := w.openPage(t, jsSIP)
	account.URI, account.User, account.Password = "sip:"+p.user+"@localhost", p.user, password(0)
	must(t, second.Register(account))
	must(t, second.Call(nil, "call", "sip:+493098@localhost"))
	mustEndWith(t, second, 503)
	w.mustBecome(t, `sipbridge_trunk_calls_refused_total{reason="user"}`, 1)
	must(t, second.Call(nil, "unregister"))
	w.hungUp(t)
}

// transferred: nobody gets to a forbidden number by sending the other party there; the call goes on.
func (w *trunkWorld) transferred(t *testing.T) {
	p := w.page
	must(t, p.Call(nil, "call", "sip:+493099@localhost"))
	mustBe(t, p, "established")
	must(t, p.Call(nil, "transfer", "sip:0900123@localhost"))
	mustReport(t, p, "failed", 403)
	w.mustBecome(t, `sipbridge_trunk_calls_refused_total{reason="forbidden"}`, 5)
	mustTalk(t, p, w.phone)
	w.hungUp(t)
}

// challenged: a trunk that wants credentials with every request, keys by INFO, one codec, and our identity.
func (w *trunkWorld) challenged(t *testing.T) {
	p := w.page
	must(t, p.Call(nil, "call", "sip:77@localhost"))
	mustBe(t, p, "established")
	w.strict.playTo(t, "INVITE ")
	mustTalk(t, p, w.strict)
	must(t, p.Call(nil, "dtmf", "5", "rtp", 100))
	info, err := w.strict.WaitMessage("INFO ", limit)
	must(t, err)
	if !strings.Contains(info, "application/dtmf\r\n") && !strings.Contains(info, "application/dtmf\n") {
		t.Errorf("the key came as %s", info)
	}
	w.mustHaveProof(t, "INFO", "two")
	must(t, p.Call(nil, "hangup"))
	must(t, w.strict.Wait(limit))
	w.mustHaveProof(t, "BYE", "three")
	invite := w.mustHaveProof(t, "INVITE", "one")
	for _, want := range []string{
		" RTP/AVP 8 ", "From: <sip:4930@127.0.0.1>", "P-Asserted-Identity: <sip:" + p.user + "@127.0.0.1>",
	} {
		if !strings.Contains(invite, want) {
			t.Errorf("the INVITE lacks %q: %s", want, invite)
		}
	}
}

var directive = regexp.MustCompile(`(\w+)="?([^",\r\n]+)"?`)

// mustHaveProof expects a request of the method with the right answer to the challenge with this nonce, and gives it.
func (w *trunkWorld) mustHaveProof(t *testing.T, method, nonce string) string {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		for _, message := range w.strict.Messages() {
			_, header, found := strings.Cut(message.Text, "\nAuthorization: Digest ")
			if !message.Sent && found && strings.HasPrefix(message.Text, method+" ") {
				header, _, _ = strings.Cut(header, "\n")
				mustBeRight(t, method, nonce, header)
				return message.Text
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("no %s with credentials came:\n%s", method, w.strict.Script.Report())
		}
		time.Sleep(50 * time.Millisecond) // the messages are in a file
	}
}

// mustBeRight computes the response of RFC 7616 section 3.4.1.
func mustBeRight(t *testing.T, method, nonce, header string) {
	t.Helper()
	given := map[string]string{}
	for _, found := range directive.FindAllStringSubmatch(header, -1) {
		given[found[1]] = found[2]
	}
	hash := func(parts ...string) string {
		sum := sha256.Sum256([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(sum[:])
	}
	want := hash(hash("4930", "sipp", secret), nonce, given["nc"], given["cnonce"], "auth", hash(method, given["uri"]))
	if given["response"] != want || given["algorithm"] != "SHA-256" {
		t.Errorf("the %s has the credentials %s, want the response %s", method, header, want)
	}
}

// outboundProxy: a sipML5 may name a trunk as its outbound proxy, but may dial there no more than elsewhere.
func (w *trunkWorld) outboundProxy(t *testing.T) {
	p, account := w.openPage(t, sipML5)
	must(t, p.Call(nil, "configure", map[string]string{"outbound_proxy_url": "udp://" + w.chosen.Address}, nil))
	must(t, p.Register(account))
	must(t, p.Call(nil, "call", "sip:0900123@localhost"))
	mustEndWith(t, p, 403)
	must(t, p.Call(nil, "call", "sip:+493098@localhost"))
	mustBe(t, p, "established")
	mustTalk(t, p, w.chosen)
	must(t, p.Call(nil, "hangup"))
	must(t, w.chosen.Wait(limit))
	w.mustBecome(t, `sipbridge_trunk_calls{trunk="carrier"}`, 0)
}

// redirected: of the contacts of a 302 the forbidden one and the foreign one are passed over.
func (w *trunkWorld) redirected(t *testing.T) {
	p := w.page
	must(t, p.Call(nil, "call", "sip:78@localhost"))
	mustBe(t, p, "established")
	mustTalk(t, p, w.phone)
	w.hungUp(t)
	must(t, w.moved.Wait(limit))
	w.mustBecome(t, `sipbridge_calls_redirected_total`, 2) // the forbidden one was dialled, and refused
	w.mustBecome(t, `sipbridge_trunk_calls_refused_total{reason="forbidden"}`, 7)
}

// unregistered: when the service ends, the ITSP sends no more calls to it.
func (w *trunkWorld) unregistered(t *testing.T) {
	must(t, w.service.Terminate())
	code, err := w.service.Wait(limit)
	if err != nil || code != 0 {
		t.Fatalf("ended with code %d, %v", code, err)
	}
	must(t, w.phone.Dial("sip:4930@"+itsp))
	w.calls++
	reason, err := w.phone.WaitEvent(baresip.Closed, w.calls, limit)
	must(t, err)
	if !strings.Contains(reason, "404") {
		t.Errorf("a call to a customer who has left ends with %q", reason)
	}
}
