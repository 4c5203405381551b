package browser

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Page is one tab with a phone in it.
type Page struct {
	browser *Browser
	number  int
}

// Open opens a page and waits until it has loaded.
func (b *Browser) Open(url string) (*Page, error) {
	p := &Page{browser: b}
	if err := b.ask(map[string]any{"do": "open", "url": url}, &p.number); err != nil {
		return nil, fmt.Errorf("open %s: %w", url, err)
	}
	return p, nil
}

// OpenWatched opens a page that is not of these tests, with pages/watch.js in it before its own scripts.
func (b *Browser) OpenWatched(url string) (*Page, error) { return b.OpenWith(url, "watch") }

// OpenWith opens a page that is not of these tests, with a script of pages in it before its own.
func (b *Browser) OpenWith(url, script string) (*Page, error) {
	p := &Page{browser: b}
	command := map[string]any{"do": "open", "url": url, "script": "dist/" + script + ".js"}
	if err := b.ask(command, &p.number); err != nil {
		return nil, fmt.Errorf("open %s: %w", url, err)
	}
	return p, nil
}

// Browser is where the page is open.
func (p *Page) Browser() *Browser { return p.browser }

// Resize gives the page a size in CSS pixels, and the colours that the user likes: "light" or "dark".
func (p *Page) Resize(width, height int, colours string) error {
	return p.browser.ask(map[string]any{
		"do": "resize", "page": p.number, "size": map[string]int{"width": width, "height": height}, "colours": colours,
	}, nil)
}

// Medium shows the page as it is on the "screen", or as it is in "print".
func (p *Page) Medium(medium string) error {
	return p.browser.ask(map[string]any{"do": "medium", "page": p.number, "medium": medium}, nil)
}

// Press presses keys one after the other; each is named as KeyboardEvent.key is.
func (p *Page) Press(keys ...string) error {
	return p.browser.ask(map[string]any{"do": "press", "page": p.number, "keys": keys}, nil)
}

// Click clicks on an element by the mouse, as a user does: some things browsers do for nobody else.
func (p *Page) Click(id string) error {
	return p.browser.ask(map[string]any{"do": "click", "page": p.number, "element": id}, nil)
}

// Close closes the tab, as a user does who leaves without hanging up.
func (p *Page) Close() error {
	return p.browser.ask(map[string]any{"do": "close", "page": p.number}, nil)
}

// Hide puts another tab in front of the page, as when its user looks at something else.
func (p *Page) Hide() error {
	return p.browser.ask(map[string]any{"do": "hide", "page": p.number}, nil)
}

// Reload loads the page anew; its phone is then a new one.
func (p *Page) Reload() error {
	return p.browser.ask(map[string]any{"do": "reload", "page": p.number}, nil)
}

// Screenshot writes a PNG file.
func (p *Page) Screenshot(path string) error {
	return p.browser.ask(map[string]any{"do": "screenshot", "page": p.number, "path": path}, nil)
}

// Call calls a method of the page's phone and decodes what it returns, or resolves to, into into (or nil).
func (p *Page) Call(into any, name string, arguments ...any) error {
	command := map[string]any{"do": "call", "page": p.number, "name": name, "args": arguments}
	if err := p.browser.ask(command, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Account is how a page registers.
type Account struct {
	// WS is the URL of the bridge's WebSocket.
	WS string `json:"ws"`
	// URI is the address-of-record, with its scheme.
	URI string `json:"uri"`
	// User is the authentication name.
	User string `json:"user"`
	// Domain is the digest realm that sipML5 wants to know beforehand.
	Domain string `json:"domain"`
	// Password of the user.
	Password string `json:"password"`
	// Breaker sets sipML5's enable_rtcweb_breaker.
	Breaker bool `json:"breaker"`
}

// Register registers the page's phone and waits for the outcome.
func (p *Page) Register(account Account) error { return p.Call(nil, "register", account) }

// Wait waits until the phone is in one of the states.
func (p *Page) Wait(limit time.Duration, states ...string) error {
	return p.Call(nil, "wait", states, limit.Milliseconds())
}

// WaitEvent waits until the phone has told this many events of a type.
func (p *Page) WaitEvent(limit time.Duration, kind string, count int) error {
	return p.Call(nil, "waitEvent", kind, count, limit.Milliseconds())
}

// Reason is why the last call ended, as the library tells it.
type Reason struct {
	By    string `json:"by"`
	Cause string `json:"cause"`
	Code  int    `json:"code"`
}

// Reason asks the page why its last call ended.
func (p *Page) Reason() (Reason, error) {
	var reason Reason
	err := p.Call(&reason, "why")
	return reason, err
}

// Event is one entry of the phone's story.
type Event struct {
	At     int    `json:"at"`
	Type   string `json:"type"`
	Detail any    `json:"detail"`
}

// Story is everything that the phone told so far.
func (p *Page) Story() ([]Event, error) {
	var story []Event
	err := p.Call(&story, "story")
	return story, err
}

// Heard is what the remote audio sounds like at this moment.
type Heard struct {
	State  string    `json:"state"`  // of the AudioContext, or "no track"
	Level  float64   `json:"level"`  // dB below full scale; -999 for digital silence
	Shares []float64 `json:"shares"` // of each asked frequency in the energy, 0 to 1
	Peak   float64   `json:"peak"`   // the loudest frequency in Hz
}

// Hear listens once.
func (p *Page) Hear(hertz ...float64) (Heard, error) {
	var heard Heard
	err := p.Call(&heard, "hear", append([]float64{}, hertz...)) // never null: JavaScript maps over it
	return heard, err
}

// WaitTone waits until the tone is what the page hears: three quarters of the energy, and above -50 dB.
func (p *Page) WaitTone(hertz float64, limit time.Duration) error {
	return p.listen(limit, fmt.Sprintf("a tone of %.0f Hz", hertz), func(heard Heard) bool {
		return heard.Level > -50 && heard.Shares[0] > 0.75
	}, hertz)
}

// WaitTones waits until the page hears two tones at once, as a key of a phone makes them: together three quarters
// of the energy, and each at least a fifth.
func (p *Page) WaitTones(limit time.Duration, low, high float64) error {
	return p.listen(limit, fmt.Sprintf("tones of %.0f and %.0f Hz", low, high), func(heard Heard) bool {
		return heard.Level > -50 && min(heard.Shares[0], heard.Shares[1]) > 0.2 && heard.Shares[0]+heard.Shares[1] > 0.75
	}, low, high)
}

// WaitSilence waits until the page hears nothing above -60 dB, three times in a row.
func (p *Page) WaitSilence(limit time.Duration) error {
	quiet := 0
	return p.listen(limit, "silence", func(heard Heard) bool {
		quiet++
		if heard.Level > -60 {
			quiet = 0
		}
		return quiet == 3
	})
}

func (p *Page) listen(limit time.Duration, what string, enough func(Heard) bool, hertz ...float64) error {
	deadline := time.Now().Add(limit)
	for {
		heard, err := p.Hear(hertz...)
		if err != nil {
			return err
		}
		if enough(heard) {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%w: waited %v for %s, hears %+v", ErrPage, limit, what, heard)
		}
		time.Sleep(100 * time.Millisecond) // the analyser's window is 170 ms: there is nothing to wait on
	}
}

// Stats of the page's newest PeerConnection.
type Stats struct {
	ICE           string  `json:"ice"`
	CodecIn       string  `json:"codecIn"`
	CodecOut      string  `json:"codecOut"`
	PacketsIn     int     `json:"packetsIn"`
	PacketsLost   int     `json:"packetsLost"`
	PacketsOut    int     `json:"packetsOut"`
	BufferSeconds float64 `json:"bufferSeconds"`
}

// Stats asks for them.
func (p *Page) Stats() (Stats, error) {
	var stats Stats
	err := p.Call(&stats, "stats")
	return stats, err
}

// Pictures is what the page's newest PeerConnection sends and gets of pictures.
type Pictures struct {
	CodecIn       string  `json:"codecIn"`
	CodecOut      string  `json:"codecOut"`
	Decoded       int     `json:"decoded"`
	Keyframes     int     `json:"keyframes"`
	Width         int     `json:"width"`
	FrozenSeconds float64 `json:"frozenSeconds"`
	// Behind is how many milliseconds ago what is heard now was captured, and what is seen, once the bridge says so.
	Behind         []float64 `json:"behind"`
	BytesIn        int       `json:"bytesIn"`
	Encoded        int       `json:"encoded"`
	KeyframesAsked int       `json:"keyframesAsked"`
	Bitrate        float64   `json:"bitrate"`
	// Directions are those of the transceivers, in their order, such as "sendrecv recvonly".
	Directions string `json:"directions"`
	State      string `json:"state"`
}

// WaitPictures waits until the page has decoded this many pictures since its connection began, and gives the last
// counts.
func (p *Page) WaitPictures(decoded int, limit time.Duration) (Pictures, error) {
	return p.look(limit, fmt.Sprintf("%d pictures", decoded), func(seen Pictures) bool { return seen.Decoded >= decoded })
}

// WaitKeyframesAsked waits until the page was asked for this many full pictures.
func (p *Page) WaitKeyframesAsked(count int, limit time.Duration) error {
	_, err := p.look(limit, "requests for full pictures", func(seen Pictures) bool { return seen.KeyframesAsked >= count })
	return err
}

// WaitDirections waits until the page's transceivers have these directions.
func (p *Page) WaitDirections(directions string, limit time.Duration) error {
	_, err := p.look(limit, directions, func(seen Pictures) bool { return seen.Directions == directions })
	return err
}

// WaitInStep waits until what the page hears and what it sees were captured at nearly the same time, and not long ago,
// by the clock of this machine.
func (p *Page) WaitInStep(limit time.Duration) error {
	const apart, longest = 100, 500 // milliseconds
	_, err := p.look(limit, "sound and pictures in step", func(seen Pictures) bool {
		return len(seen.Behind) == 2 && math.Abs(seen.Behind[0]-seen.Behind[1]) < apart &&
			slices.Min(seen.Behind) > 0 && slices.Max(seen.Behind) < longest
	})
	return err
}

func (p *Page) look(limit time.Duration, what string, enough func(Pictures) bool) (Pictures, error) {
	deadline := time.Now().Add(limit)
	for {
		var seen Pictures
		if err := p.Call(&seen, "pictures"); err != nil || enough(seen) {
			return seen, err
		}
		if time.Now().After(deadline) {
			return seen, fmt.Errorf("%w: waited %v for %s, has %+v", ErrPage, limit, what, seen)
		}
		time.Sleep(100 * time.Millisecond) // the browser counts, and tells nobody
	}
}

// Frame is one WebSocket message of the page.
type Frame struct {
	Way    string `json:"way"` // "in" or "out"
	At     int    `json:"at"`
	Binary bool   `json:"binary"`
	Text   string `json:"text"`
}

// Trace is what went over the page's WebSockets, the last 400 messages.
func (p *Page) Trace() ([]Frame, error) {
	var frames []Frame
	err := p.Call(&frames, "trace")
	return frames, err
}

// Report is all that helps to understand a failed test: console, story, SIP messages.
func (p *Page) Report() string {
	var report strings.Builder
	p.browser.mu.Lock()
	fmt.Fprintf(&report, "console:\n%s\n", strings.Join(p.browser.console[p.number], "\n"))
	p.browser.mu.Unlock()
	story, err := p.Story()
	fmt.Fprintf(&report, "story (%v):\n", err)
	for _, event := range story {
		fmt.Fprintf(&report, "%6d %s %v\n", event.At, event.Type, event.Detail)
	}
	frames, err := p.Trace()
	fmt.Fprintf(&report, "WebSocket (%v):\n", err)
	for _, frame := range frames[max(0, len(frames)-30):] {
		fmt.Fprintf(&report, "%6d %s %s\n", frame.At, frame.Way, frame.Text)
	}
	return report.String()
}
