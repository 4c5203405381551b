// Package caller is a browser's web phone without the browser: SIP over WebSocket (RFC 7118) with digest
// authentication, and WebRTC by pion. It registers, places one call or answers some, and hangs up.
package caller

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"sipbridge/test/load/message"
)

// Options says who calls and through whom.
type Options struct {
	// URL of the service, for SIP over WebSocket.
	URL string
	// Origin that the handshake names.
	Origin string
	// User, Domain and Password of the account.
	User, Domain, Password string
	// Answer answers the offer of who calls; nil refuses all calls (488). It is called while no message is read.
	Answer func(offer string) (answer string, err error)
}

// Caller is one connected user. One goroutine uses it at a time.
type Caller struct {
	options Options
	socket  *websocket.Conn
	host    string // the invented host of Via and Contact (RFC 7118 section 5)
	reads   sync.WaitGroup

	writing sync.Mutex // held while a message is written

	mu      sync.Mutex                       // guards what follows
	waiting map[string]chan *message.Message // by branch, for the responses
	gone    error                            // why the connection ended
	hungUp  bool                             // the service sent BYE

	cseq   int
	dialog *dialog
}

// dialog is what the requests of an answered call need (RFC 3261 section 12).
type dialog struct {
	id, from, to, target string
	routes               []string
}

var (
	// ErrRefused says that a request got a final response other than 2xx.
	ErrRefused = errors.New("refused")
	// ErrGone says that the WebSocket is gone.
	ErrGone = errors.New("the connection ended")
)

// Dial connects. The caller must be closed.
func Dial(ctx context.Context, options Options) (*Caller, error) {
	dialer := websocket.Dialer{Subprotocols: []string{"sip"}, HandshakeTimeout: 10 * time.Second}
	socket, response, err := dialer.DialContext(ctx, options.URL, http.Header{"Origin": {options.Origin}})
	if err != nil {
		return nil, fmt.Errorf("WebSocket: %w", err)
	}
	_ = response.Body.Close() // the socket goes on without it
	c := &Caller{
		options: options, socket: socket, host: token() + ".invalid", waiting: map[string]chan *message.Message{},
	}
	c.reads.Go(c.read)
	return c, nil
}

// Close ends the connection and returns when nothing runs any more.
func (c *Caller) Close() {
	_ = c.socket.Close() // whoever closes wants nothing more
	c.reads.Wait()
}

// HungUp says whether the service ended the call.
func (c *Caller) HungUp() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hungUp
}

// Register binds the user to this connection for an hour.
func (c *Caller) Register(ctx context.Context) error {
	request := c.request("REGISTER", "sip:"+c.options.Domain, c.address(), token()).
		Add("Contact", c.contact()+";expires=3600").Add("Expires", "3600")
	final, _, err := c.authenticated(ctx, request)
	return accepted(request, final, err)
}

// Invited is an answered INVITE.
type Invited struct {
	// Answer is the SDP of the 200.
	Answer string
	// Wrote is when the INVITE that was accepted was written, and Answered when its 200 was read.
	Wrote, Answered time.Time
}

// Invite calls a URI with an offer and acknowledges the answer.
func (c *Caller) Invite(ctx context.Context, uri, offer string) (Invited, error) {
	request := c.request("INVITE", uri, "<"+uri+">", token()).
		Add("Contact", c.contact()).Add("Content-Type", "application/sdp")
	request.Body = offer
	final, wrote, err := c.authenticated(ctx, request)
	answered := time.Now()
	if err = accepted(request, final, err); err != nil {
		return Invited{}, err
	}
	c.dialog = &dialog{
		id: final.Get("Call-ID"), from: final.Get("From"), to: final.Get("To"),
		target: message.Address(final.Get("Contact")), routes: final.All("Record-Route"),
	}
	ack := c.inDialog("ACK", final.Get("CSeq"))
	return Invited{Answer: final.Body, Wrote: wrote, Answered: answered}, c.write(ack)
}

// Hangup ends the call that Invite made; if it made none, that is nothing.
func (c *Caller) Hangup(ctx context.Context) error {
	if c.dialog == nil {
		return nil
	}
	c.cseq++
	bye := c.inDialog("BYE", fmt.Sprintf("%d BYE", c.cseq))
	final, _, err := c.ask(ctx, bye)
	if err = accepted(bye, final, err); err == nil {
		c.dialog = nil
	}
	return err
}

func accepted(request, final *message.Message, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", request.Method(), err)
	}
	if final.Status() >= 300 {
		return fmt.Errorf("%s: %w: %s", request.Method(), ErrRefused, final.Start)
	}
	return nil
}

// request makes a request outside a dialog, without a Via.
func (c *Caller) request(method, uri, to, callID string) *message.Message {
	return (&message.Message{Start: method + " " + uri + " SIP/2.0"}).
		Add("Max-Forwards", "70").Add("From", c.address()+";tag="+token()).Add("To", to).Add("Call-ID", callID).
		Add("User-Agent", "sipbridge load generator")
}

func (c *Caller) inDialog(method, cseq string) *message.Message {
	number, _, _ := strings.Cut(cseq, " ")
	request := &message.Message{Start: method + " " + c.dialog.target + " SIP/2.0"}
	request.Add("Via", c.via()).Add("Max-Forwards", "70")
	for _, route := range slices.Backward(c.dialog.routes) {
		request.Add("Route", route)
	}
	return request.Add("From", c.dialog.from).Add("To", c.dialog.to).Add("Call-ID", c.dialog.id).
		Add("CSeq", number+" "+method)
}

func (c *Caller) address() string { return "<sip:" + c.options.User + "@" + c.options.Domain + ">" }

func (c *Caller) contact() string { return "<sip:" + c.options.User + "@" + c.host + ";transport=ws>" }

func (c *Caller) via() string { return "SIP/2.0/WS " + c.host + ";branch=z9hG4bK" + token() }

func token() string { return rand.Text()[:12] }
