package transport

import (
	"math/rand/v2"
	"time"
)

// pinger keeps a connection of our making alive by a double CRLF now and then, so that no NAT forgets it, and finds
// out that the peer is gone: one that has answered such a ping has to answer each (RFC 5626 section 4.4.1). It belongs
// to the goroutine that writes.
type pinger struct {
	flow  *TCPFlow
	timer *time.Timer // nil if there is nothing to do
	sent  time.Time   // when the ping went out whose answer is awaited; zero if none is
}

// newPinger leaves connections that came in alone: to ping is for who connected.
func newPinger(flow *TCPFlow) *pinger {
	p := &pinger{flow: flow}
	if flow.began() {
		p.timer = time.NewTimer(p.interval())
	}
	return p
}

// interval is from 80 to 100 % of what is configured, so that many connections do not ping at once.
func (p *pinger) interval() time.Duration {
	return time.Duration((0.8 + 0.2*rand.Float64()) * float64(p.flow.tcp.options.Ping))
}

// due fires when it is time to call next.
func (p *pinger) due() <-chan time.Time {
	if p.timer == nil {
		return nil
	}
	return p.timer.C
}

// next sends a ping, or looks for the answer to the last one. It reports false if the connection is dead.
func (p *pinger) next() bool {
	options := &p.flow.tcp.options
	if p.sent.IsZero() {
		p.sent = time.Now()
		p.flow.pinged.Store(true)
		p.timer.Reset(options.Pong)
		return p.flow.writeBytes([]byte(doubleCRLF), p.sent.Add(options.Write)) == nil
	}
	if p.flow.pongs.Load() && p.flow.heard.Load() < p.sent.UnixNano() {
		p.flow.tcp.counts.dead.Add(1)
		return false
	}
	p.sent = time.Time{}
	p.timer.Reset(p.interval())
	return true
}

func (p *pinger) stop() {
	if p.timer != nil {
		p.timer.Stop()
	}
}

// isPong tells whether what was read, between messages, answers a ping of ours. Two of them would look like a ping.
func (r *tcpReader) isPong(data []byte) bool {
	return string(data) == "\r\n" && !r.pending && r.flow.pinged.Load()
}
