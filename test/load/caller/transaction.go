package caller

import (
	"context"
	"fmt"
	"time"

	"github.com/gorilla/websocket"
	"github.com/icholy/digest"

	"sipbridge/test/load/message"
)

// authenticated sends a request and, where it is challenged, once more with credentials (RFC 3261 section 22). It gives
// the final response and when the request that got it was written.
func (c *Caller) authenticated(ctx context.Context, request *message.Message) (*message.Message, time.Time, error) {
	final, wrote, err := c.ask(ctx, c.attempt(request))
	if err != nil || (final.Status() != 401 && final.Status() != 407) {
		return final, wrote, err
	}
	if request.Method() == "INVITE" {
		if err = c.acknowledgeRefusal(request, final); err != nil {
			return nil, wrote, err
		}
	}
	name, challenge := "Authorization", final.Get("WWW-Authenticate")
	if final.Status() == 407 {
		name, challenge = "Proxy-Authorization", final.Get("Proxy-Authenticate")
	}
	parsed, err := digest.ParseChallenge(challenge)
	if err != nil {
		return nil, wrote, fmt.Errorf("challenge %q: %w", challenge, err)
	}
	credentials, err := digest.Digest(parsed, digest.Options{
		Method: request.Method(), URI: request.URI(), Count: 1,
		Username: c.options.User, Password: c.options.Password,
	})
	if err != nil {
		return nil, wrote, fmt.Errorf("challenge %q: %w", challenge, err)
	}
	return c.ask(ctx, c.attempt(request).Add(name, credentials.String()))
}

// attempt is a copy of the request as a new transaction.
func (c *Caller) attempt(request *message.Message) *message.Message {
	c.cseq++
	attempt := &message.Message{Start: request.Start, Body: request.Body}
	attempt.Add("Via", c.via())
	attempt.Fields = append(attempt.Fields, request.Fields...)
	return attempt.Add("CSeq", fmt.Sprintf("%d %s", c.cseq, request.Method()))
}

// acknowledgeRefusal sends the ACK of a transaction that failed (RFC 3261 section 17.1.1.3).
func (c *Caller) acknowledgeRefusal(request, final *message.Message) error {
	ack := &message.Message{Start: "ACK " + request.URI() + " SIP/2.0"}
	ack.Add("Via", final.Get("Via")).Add("Max-Forwards", "70").Add("From", final.Get("From")).
		Add("To", final.Get("To")).Add("Call-ID", final.Get("Call-ID")).Add("CSeq", fmt.Sprintf("%d ACK", c.cseq))
	return c.write(ack)
}

// ask sends a request and waits for its final response; it gives when the request was written.
func (c *Caller) ask(ctx context.Context, request *message.Message) (*message.Message, time.Time, error) {
	const provisional = 8 // more responses than that wait in the socket
	responses := make(chan *message.Message, provisional)
	branch := request.Branch()
	if err := c.expect(branch, responses); err != nil {
		return nil, time.Time{}, err
	}
	defer c.forget(branch)
	wrote := time.Now()
	if err := c.write(request); err != nil {
		return nil, wrote, err
	}
	for {
		select {
		case response, ok := <-responses:
			if !ok {
				return nil, wrote, ErrGone
			}
			if response.Status() >= 200 {
				return response, wrote, nil
			}
		case <-ctx.Done():
			return nil, wrote, ctx.Err()
		}
	}
}

func (c *Caller) expect(branch string, responses chan *message.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone != nil {
		return c.gone
	}
	c.waiting[branch] = responses
	return nil
}

func (c *Caller) forget(branch string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, branch)
}

func (c *Caller) write(m *message.Message) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.socket.WriteMessage(websocket.TextMessage, m.Bytes()); err != nil {
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	return nil
}

// read hands responses to those who wait, answers requests, and ends with the connection.
func (c *Caller) read() {
	for {
		_, text, err := c.socket.ReadMessage()
		if err != nil {
			c.end(err)
			return
		}
		m, err := message.Parse(text)
		if err != nil {
			continue // a keep-alive, or something that shows as a response that never comes
		}
		if m.Status() == 0 {
			c.serve(m)
			continue
		}
		c.deliver(m)
	}
}

func (c *Caller) deliver(response *message.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	responses := c.waiting[response.Branch()]
	if responses == nil {
		return
	}
	select {
	case responses <- response:
	default: // only provisional ones can be that many
	}
}

// serve answers the requests of the service. Only INVITE and BYE mean anything to us.
func (c *Caller) serve(request *message.Message) {
	reply := request.Reply(200, "OK", token())
	switch request.Method() {
	case "ACK":
		return
	case "BYE":
		c.mu.Lock()
		c.hungUp = true
		c.mu.Unlock()
	case "INVITE":
		reply = c.answer(request)
	}
	_ = c.write(reply) // read finds out that the connection is gone
}

// answer answers a call.
func (c *Caller) answer(invite *message.Message) *message.Message {
	if c.options.Answer == nil {
		return invite.Reply(488, "Not Acceptable Here", token())
	}
	answer, err := c.options.Answer(invite.Body)
	if err != nil {
		return invite.Reply(488, "Not Acceptable Here", token()).Add("Reason", fmt.Sprintf("SIP;text=%q", err))
	}
	reply := invite.Reply(200, "OK", token()).Add("Contact", c.contact()).Add("Content-Type", "application/sdp")
	reply.Body = answer
	return reply
}

func (c *Caller) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = fmt.Errorf("%w: %w", ErrGone, err)
	for branch, responses := range c.waiting {
		close(responses)
		delete(c.waiting, branch)
	}
}
