package replay

import (
	"fmt"
	"strings"
)

// Stage is where an exchange is played: a running bridge.
type Stage struct {
	// WS is its SIP over WebSocket, Origin a page that may use it.
	WS, Origin string
}

// Player plays one capture. It is made before the bridge starts, since its server's address is configuration.
type Player struct {
	capture Capture
	script  *script
	server  *server
	rename  *strings.Replacer
}

// capturedProxy is the server to which sipML5 sent its requests in RTCWeb-breaker mode.
const capturedProxy = "192.168.0.12:5060"

// NewPlayer makes a player whose browser registers at the domain instead of the captured one.
func NewPlayer(capture Capture, domain string) (*Player, error) {
	s, err := newServer()
	if err != nil {
		return nil, err
	}
	rename := strings.NewReplacer(capture.Domain, domain, capturedProxy, s.address())
	s.rename = rename
	return &Player{capture: capture, script: newScript(capture.Entries), server: s, rename: rename}, nil
}

// NextHop is host:port of the player's server.
func (p *Player) NextHop() string { return p.server.address() }

// Close frees the server's port.
func (p *Player) Close() { p.server.close() }

// Difference is a request that was not answered as in the capture.
type Difference struct {
	// Request is "METHOD", with "server " before it if the server sent it.
	Request string
	// Captured and Now are the statuses of the final answers; 0 is none.
	Captured, Now int
}

func (d Difference) String() string {
	return fmt.Sprintf("%s: %d, was %d", d.Request, d.Now, d.Captured)
}

// Play plays the capture to its end and tells what differed.
func (p *Player) Play(stage Stage) ([]Difference, error) {
	b := newBrowser(newScript(p.capture.Entries), stage.WS, stage.Origin, p.rename)
	defer b.close()
	p.server.play(p.script)
	play := &performance{Player: p, browser: b}
	for _, entry := range p.capture.Entries {
		if err := play.step(entry); err != nil {
			return play.differences, err
		}
	}
	if hungUp := b.count(); hungUp > 0 {
		play.differ("bridge BYE", 0, hungUp)
	}
	return play.differences, nil
}

type performance struct {
	*Player

	browser     *browser
	differences []Difference
	served      int // how many of the server's requests have been sent
}

func (p *performance) step(entry Entry) error {
	switch {
	case entry.Kind == "open":
		return p.browser.open()
	case entry.Kind == "close":
		p.browser.close()
		return nil
	case !entry.SIP && entry.Kind == "sent":
		return p.browser.send(entry.Text)
	case !entry.SIP:
		return nil
	case entry.Kind == "sent" && entry.Message.request():
		if entry.Message.method() == "CANCEL" {
			branch, _, _ := strings.Cut(entry.Message.transaction(), " ")
			p.browser.awaitAny(branch + " INVITE")
		}
		return p.browser.request(entry.Message)
	case entry.Kind == "received" && entry.Message.request():
		p.serve(entry.Message)
	case entry.Kind == "received" && entry.Message.status() >= 200:
		p.expect(entry.Message)
	}
	return nil
}

// expect waits for the answer that the browser had in the capture before it went on.
func (p *performance) expect(captured Message) {
	asked := find(p.browser.script.browser, captured.transaction())
	if asked == nil {
		return
	}
	final, _ := p.browser.awaitFinal(captured.transaction())
	// What the bridge answers in its own leg may be better than what the server said.
	better := asked.request.inDialog() && final.status()/100 == 2
	if final.status() != captured.status() && !better {
		p.differ(captured.method(), captured.status(), final.status())
	}
}

// serve lets the server ask what it asked.
func (p *performance) serve(captured Message) {
	switch captured.method() {
	case "ACK":
		return
	case "CANCEL":
		if _, found := p.server.cancel(); !found {
			p.differ("server CANCEL", 487, 0)
		}
		return
	}
	asked := p.script.server[p.served]
	for asked.request.transaction() != captured.transaction() {
		p.served++
		asked = p.script.server[p.served]
	}
	final, answered := asked.final()
	if _, found := p.server.ask(asked, answered); !found {
		p.differ("server "+captured.method(), final.status(), 0)
	}
}

func (p *performance) differ(request string, captured, now int) {
	p.differences = append(p.differences, Difference{request, captured, now})
}
