package replay

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// patience is how long an answer may take; the machine may be busy.
const patience = 20 * time.Second

// browser stands in for the browser: it sends what that sent, and answers what comes as that did.
type browser struct {
	script *script
	url    string
	origin string
	rename *strings.Replacer // the capture's domain by this exchange's

	readers sync.WaitGroup

	mu      sync.Mutex
	arrived *sync.Cond
	// All below is guarded by mu.
	connection *websocket.Conn
	finals     map[string]Message // final answers, by transaction
	some       map[string]bool    // transactions that have any answer
	// learnt are the words of the capture that are others now: tags, Call-IDs.
	learnt map[string]string
	// targets are the bridge's addresses in dialogs, by their Call-ID.
	targets map[string]string
	// reliable is the newest RSeq in a dialog, by its Call-ID (RFC 3262).
	reliable map[string]string
	// ringing are the bridge's INVITEs that a CANCEL may end, with the captured answer to that.
	ringing map[string]Message
	// hungUp counts the BYEs of the bridge that no server asked for.
	hungUp int
}

func newBrowser(s *script, url, origin string, rename *strings.Replacer) *browser {
	b := &browser{
		script: s, url: url, origin: origin, rename: rename, finals: make(map[string]Message),
		some: make(map[string]bool), learnt: make(map[string]string), targets: make(map[string]string),
		reliable: make(map[string]string), ringing: make(map[string]Message),
	}
	b.arrived = sync.NewCond(&b.mu)
	return b
}

// open connects, in place of a connection that was.
func (b *browser) open() error {
	b.close()
	dialer := websocket.Dialer{Subprotocols: []string{"sip"}, HandshakeTimeout: patience}
	connection, response, err := dialer.Dial(b.url, http.Header{"Origin": {b.origin}})
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	_ = response.Body.Close()
	b.mu.Lock()
	b.connection = connection
	b.mu.Unlock()
	b.readers.Go(func() { b.read(connection) })
	return nil
}

// close drops the connection without a word, and waits for its reader.
func (b *browser) close() {
	b.mu.Lock()
	connection := b.connection
	b.connection = nil
	b.mu.Unlock()
	if connection != nil {
		_ = connection.Close()
	}
	b.readers.Wait()
}

func (b *browser) read(connection *websocket.Conn) {
	for {
		_, text, err := connection.ReadMessage()
		if err != nil {
			return
		}
		message, ok := parseMessage(string(text))
		if !ok {
			continue // a keep-alive
		}
		if message.request() {
			b.asked(message)
		} else {
			b.answered(message)
		}
	}
}

func (b *browser) send(text string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.write(text)
}

// write needs mu: one writer at a time is gorilla's rule.
func (b *browser) write(text string) error {
	if b.connection == nil {
		return nil // it was dropped, as in the capture
	}
	if err := b.connection.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return nil
}

// request sends a captured request, with what this exchange has in place of the capture's. A PRACK is left out where
// the bridge asked for none.
func (b *browser) request(captured Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	message := b.current(captured)
	if message.method() == "PRACK" {
		number := b.reliable[message.Get("Call-ID")]
		if number == "" {
			b.finals[captured.transaction()] = Message{Start: "SIP/2.0 200 OK"}
			return nil
		}
		_, rest, _ := strings.Cut(message.Get("RAck"), " ")
		message = message.with("RAck", number+" "+rest)
	}
	return b.write(message.String())
}

// current is a captured request as it must be now.
func (b *browser) current(captured Message) Message {
	message := b.renamed(captured)
	if !message.inDialog() || isFailureACK(b.script, captured) {
		return message
	}
	if target := b.targets[message.Get("Call-ID")]; target != "" {
		message.Start = message.method() + " " + target + " SIP/2.0"
		message = message.with("Route") // the bridge has no Record-Route
	}
	return message
}

// renamed needs mu.
func (b *browser) renamed(captured Message) Message {
	pairs := make([]string, 0, 2*len(b.learnt))
	for old, now := range b.learnt {
		pairs = append(pairs, old, now)
	}
	text := strings.NewReplacer(pairs...).Replace(b.rename.Replace(captured.String()))
	message, _ := parseMessage(text) // it was one
	return message
}

// isFailureACK: it goes where its INVITE went (RFC 3261 section 17.1.1.3).
func isFailureACK(s *script, captured Message) bool {
	if captured.method() != "ACK" {
		return false
	}
	branch, _, _ := strings.Cut(captured.transaction(), " ")
	invite := find(s.browser, branch+" INVITE")
	return invite != nil && invite.request.target() == captured.target()
}

// answered takes an answer of the bridge.
func (b *browser) answered(message Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	transaction := message.transaction()
	b.some[transaction] = true
	if number := message.Get("RSeq"); number != "" {
		b.reliable[message.Get("Call-ID")] = number
	}
	if asked := find(b.script.browser, transaction); asked != nil {
		b.learn(asked, message)
	}
	if message.status() >= 200 {
		b.finals[transaction] = message
	}
	b.arrived.Broadcast()
}

// learn maps the tags that the server had in the capture to the bridge's, and the dialog's address.
func (b *browser) learn(asked *exchange, message Message) {
	tag := tagOf(message.Get("To"))
	if tag == "" || asked.request.inDialog() {
		return
	}
	for _, answer := range asked.answers {
		if captured := tagOf(answer.Get("To")); captured != "" {
			b.learnt[captured] = tag
		}
	}
	if contact := message.Get("Contact"); contact != "" && message.method() != "REGISTER" {
		b.targets[message.Get("Call-ID")] = address(contact)
	}
}

// asked answers a request of the bridge as the browser answered the server's.
func (b *browser) asked(request Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch request.method() {
	case "ACK":
		return
	case "CANCEL":
		b.answer(request, Message{Start: "SIP/2.0 200 OK"})
		branch, _, _ := strings.Cut(request.transaction(), " ")
		if terminated, ok := b.ringing[branch]; ok {
			delete(b.ringing, branch)
			_ = b.write(terminated.String()) // a connection that is gone shows elsewhere
		}
		return
	}
	known := take(b.script.server, request.method(), request.inDialog())
	if known == nil {
		if request.method() == "BYE" {
			b.hungUp++
		}
		b.answer(request, Message{Start: "SIP/2.0 " + statusOfStranger(request)})
		return
	}
	b.answerAs(request, known)
}

// statusOfStranger answers what the bridge asks of its own accord: such as BYE, when a call has failed.
func statusOfStranger(request Message) string {
	if request.method() == "INVITE" {
		return "480 Temporarily Unavailable"
	}
	return "200 OK"
}

// answerAs needs mu.
func (b *browser) answerAs(request Message, known *exchange) {
	if !request.inDialog() {
		b.learnt[known.request.Get("Call-ID")] = request.Get("Call-ID")
		if tag := tagOf(known.request.Get("From")); tag != "" {
			b.learnt[tag] = tagOf(request.Get("From"))
		}
		b.targets[request.Get("Call-ID")] = address(request.Get("Contact"))
	}
	for _, answer := range known.answers {
		message := toThisOffer(request, inAnswerTo(request, b.renamed(answer)))
		if answer.status() >= 200 && known.cancelled {
			branch, _, _ := strings.Cut(request.transaction(), " ")
			b.ringing[branch] = message
			return
		}
		_ = b.write(message.String()) // a connection that is gone shows elsewhere
	}
}

// toThisOffer makes SDP, which was the answer to the server's offer or an offer of the browser's own, an answer to
// the bridge's: as many sections as were offered, and a role of DTLS.
func toThisOffer(request, response Message) Message {
	if request.Body == "" || response.Body == "" {
		return response
	}
	sections := strings.SplitAfter(response.Body, "\r\nm=")
	offered := strings.Count(request.Body, "\r\nm=")
	response.Body = strings.TrimSuffix(strings.Join(sections[:min(len(sections), offered+1)], ""), "m=")
	response.Body = strings.ReplaceAll(response.Body, "a=setup:actpass", "a=setup:active")
	return response
}

func (b *browser) answer(request, response Message) {
	_ = b.write(inAnswerTo(request, response).String()) // a connection that is gone shows elsewhere
}

// inAnswerTo gives a response the headers by which it belongs to a request.
func inAnswerTo(request, response Message) Message {
	to := request.Get("To")
	if tag := tagOf(response.Get("To")); tag != "" && tagOf(to) == "" {
		to += ";tag=" + tag
	}
	for _, name := range []string{"Via", "From", "Call-ID", "CSeq"} {
		response = response.with(name, request.all(name)...)
	}
	return response.with("To", to).with("Record-Route", request.all("Record-Route")...)
}

// awaitFinal waits for the answer that ends a transaction.
func (b *browser) awaitFinal(transaction string) (Message, bool) {
	var message Message
	found := b.await(func() bool {
		var ok bool
		message, ok = b.finals[transaction]
		return ok
	})
	return message, found
}

// awaitAny waits for any answer.
func (b *browser) awaitAny(transaction string) bool {
	return b.await(func() bool { return b.some[transaction] })
}

// count is how often the bridge hung up of its own accord.
func (b *browser) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.hungUp
}

// await waits until it is so; with mu held it is asked whenever something came.
func (b *browser) await(so func() bool) bool {
	timer := time.AfterFunc(patience, b.arrived.Broadcast)
	defer timer.Stop()
	b.mu.Lock()
	defer b.mu.Unlock()
	for deadline := time.Now().Add(patience); !so(); {
		if !time.Now().Before(deadline) {
			return false
		}
		b.arrived.Wait()
	}
	return true
}
