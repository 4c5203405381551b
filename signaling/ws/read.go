package ws

import (
	"bytes"
	"errors"
	"io"
	"net"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

// mostUnread bounds what is read, and thrown away, after our close frame.
const mostUnread = 1 << 20

// read hands on messages until the connection ends, and gives the error that ended it, if it was not we.
func (c *Conn) read() error {
	options := &c.core.options
	c.socket.SetReadLimit(int64(options.MaxMessage))
	c.socket.SetPongHandler(func(string) error {
		c.heard()
		return nil
	})
	c.socket.SetPingHandler(c.ping)
	c.socket.SetCloseHandler(func(code int, _ string) error {
		if code == websocket.CloseNoStatusReceived {
			code = websocket.CloseNormalClosure
		}
		c.end(code, "") // answers with the client's own code
		return nil
	})
	c.extend(options.FirstMessage)
	for {
		kind, message, err := c.readMessage()
		if err != nil {
			c.ended(err)
			return err
		}
		if !c.message(kind, message) {
			return nil
		}
	}
}

// readMessage reads a message, which must be whole soon after its first frame has begun: a half one holds memory.
func (c *Conn) readMessage() (kind int, message []byte, err error) {
	kind, reader, err := c.socket.NextReader()
	if err != nil {
		return 0, nil, err
	}
	c.finishWithin(c.core.options.Completion)
	message, err = io.ReadAll(reader)
	c.finished()
	return kind, message, err
}

// heard moves the deadline on. Until the first message only that moves it.
func (c *Conn) heard() {
	if c.proven.Load() {
		c.extend(c.core.options.PingInterval + c.core.options.PongTimeout)
	}
}

// ping queues the pong, so that all frames have one writer. Pings count as messages.
func (c *Conn) ping(data string) error {
	if !c.allowed() {
		return ErrClosed
	}
	c.heard()
	return c.enqueue(frame{kind: websocket.PongMessage, data: []byte(data)})
}

// allowed counts a message or ping, and ends the connection when there are too many.
func (c *Conn) allowed() bool {
	if c.limiter.AllowN(time.Now(), 1) {
		return true
	}
	c.core.counts.rateLimited.Add(1)
	c.end(websocket.ClosePolicyViolation, "too many messages")
	return false
}

// message handles one message, and reports false when the connection has ended.
func (c *Conn) message(kind int, message []byte) bool {
	if !c.allowed() {
		return false
	}
	if kind == websocket.TextMessage && !utf8.Valid(message) {
		c.core.counts.malformed.Add(1)
		c.end(websocket.CloseInvalidFramePayloadData, "text is not UTF-8")
		return false
	}
	switch {
	case string(message) == "\r\n\r\n": // RFC 7118 section 6 and RFC 5626 section 4.4.1
		c.core.counts.keepAlives.Add(1)
		c.heard()
		return c.Send([]byte("\r\n")) == nil
	case len(bytes.TrimLeft(message, "\r\n")) == 0:
		c.heard()
		return true
	}
	c.proven.Store(true)
	c.heard()
	if isSIPML5(message) {
		c.sipML5.Store(true)
	}
	c.receive(message)
	return true
}

// receive guards the connection, and all others, against a panic of Receive.
func (c *Conn) receive(message []byte) {
	defer func() {
		if cause := recover(); cause != nil {
			c.core.panicked(c.remote, cause)
		}
	}()
	c.core.counts.received.Add(1)
	c.core.options.Receive(c, message)
}

// ended counts why reading ended and chooses our close frame, where gorilla has not sent one.
func (c *Conn) ended(err error) {
	select {
	case <-c.done: // we ended it, and have counted why
		return
	default:
	}
	_, closed := errors.AsType[*websocket.CloseError](err)
	switch {
	case errors.Is(err, websocket.ErrReadLimit):
		c.core.counts.tooLarge.Add(1)
		c.end(websocket.CloseMessageTooBig, "")
	case isTimeout(err):
		c.core.counts.timedOut.Add(1)
		c.end(websocket.ClosePolicyViolation, "nothing heard")
	case closed, isNetworkError(err):
		c.end(websocket.CloseNormalClosure, "")
	default: // gorilla has no type for what is against RFC 6455; it has sent its close frame
		c.core.counts.malformed.Add(1)
		c.end(websocket.CloseProtocolError, "")
	}
}

// linger reads what the client is still sending, for a moment: to close a socket with unread data resets
// it, and the client would never see our close frame. It is not needed once the client has sent its own.
func (c *Conn) linger(err error) {
	if _, closed := errors.AsType[*websocket.CloseError](err); !closed {
		_, _ = io.CopyN(io.Discard, c.socket.NetConn(), mostUnread) // ends with the deadline that hurry set
	}
}

// isTimeout looks for a deadline that passed; gorilla does not pass on os.ErrDeadlineExceeded.
func isTimeout(err error) bool {
	network, ok := errors.AsType[net.Error](err)
	return ok && network.Timeout()
}

// isNetworkError says whether the connection broke, rather than the protocol.
func isNetworkError(err error) bool {
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
