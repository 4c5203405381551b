package rtmp

import "sipbridge/bridge"

// outcome answers a command that sent a text, once, when it is known what became of the text: by _result if somebody
// took it, else by _error with the reason.
type outcome struct {
	conn  *conn
	asked command
	// told tells that it is answered; guarded by conn.mu.
	told bool
}

func newOutcome(c *conn, asked command) *outcome { return &outcome{conn: c, asked: asked} }

// tell answers the command. It may be called by any goroutine that does not hold conn.mu.
func (o *outcome) tell(cause bridge.Cause) {
	o.conn.mu.Lock()
	defer o.conn.mu.Unlock()
	o.tellLocked(cause)
}

// tellLocked does it while the caller holds conn.mu.
func (o *outcome) tellLocked(cause bridge.Cause) {
	switch {
	case o.told:
	case cause.Status >= 200 && cause.Status < 300:
		o.conn.result(o.asked)
	default:
		o.conn.fail(o.asked, reasonText(cause))
	}
	o.told = true
}
