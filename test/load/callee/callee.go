// Package callee is a SIP phone with many lines: it answers every call at once, and plays and measures sound over plain
// RTP. It speaks SIP over UDP (RFC 3261) and G.711 µ-law.
package callee

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"sipbridge/test/load/message"
	"sipbridge/test/load/sound"
)

// Ways gives the two directions of the call to a user: what the phone plays, and what it hears.
type Ways func(user string) (plays, hears sound.Way, err error)

// Phone answers calls.
type Phone struct {
	socket *net.UDPConn
	ways   Ways
	serves sync.WaitGroup

	calls map[string]*Line // by Call-ID; only serve uses it, and Close when serve has ended

	mu    sync.Mutex
	lines map[string]*Line // by the user that was called; guarded by mu
}

const (
	largestDatagram = 65535 // bytes
	// bufferSize takes the INVITEs of all calls that are placed while this program waits for a core, in bytes.
	bufferSize = 4 << 20
)

// Listen opens a phone on a free port of loopback. It answers until Close.
func Listen(ways Ways) (*Phone, error) {
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("phone: %w", err)
	}
	if err := socket.SetReadBuffer(bufferSize); err != nil {
		return nil, errors.Join(fmt.Errorf("phone: %w", err), socket.Close())
	}
	p := &Phone{socket: socket, ways: ways, lines: map[string]*Line{}, calls: map[string]*Line{}}
	p.serves.Go(p.serve)
	return p, nil
}

// Addr is where the phone takes SIP.
func (p *Phone) Addr() netip.AddrPort { return localAddr(p.socket) }

// Line gives the call to a user, or nil if none came.
func (p *Phone) Line(user string) *Line {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lines[user]
}

func (p *Phone) setLine(user string, line *Line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines[user] = line
}

// Close ends all calls without a word and returns when nothing runs any more.
func (p *Phone) Close() {
	_ = p.socket.Close() // nobody waits for what it would still send
	p.serves.Wait()
	for _, line := range p.calls {
		line.close()
	}
}

func (p *Phone) serve() {
	buffer := make([]byte, largestDatagram)
	for {
		n, from, err := p.socket.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		at := time.Now()
		request, err := message.Parse(buffer[:n])
		if err != nil || request.Status() != 0 {
			continue
		}
		for _, reply := range p.answer(request, at) {
			_, _ = p.socket.WriteToUDPAddrPort(reply.Bytes(), from) // a lost reply shows as a call that failed
		}
	}
}

// answer gives the responses to a request that came at the time.
func (p *Phone) answer(request *message.Message, at time.Time) []*message.Message {
	id := request.Get("Call-ID")
	line := p.calls[id]
	switch request.Method() {
	case "ACK":
		return nil
	case "INVITE":
		return p.invite(request, at)
	case "BYE", "CANCEL":
		if line == nil {
			return []*message.Message{request.Reply(481, "Call/Transaction Does Not Exist", tag(id))}
		}
		line.close()
	}
	return []*message.Message{request.Reply(200, "OK", tag(id))}
}

// invite answers a new call, or repeats what was said to one that is known.
func (p *Phone) invite(request *message.Message, at time.Time) []*message.Message {
	id, user := request.Get("Call-ID"), message.User(request.URI())
	if line := p.calls[id]; line != nil {
		return []*message.Message{p.ok(request, line)}
	}
	remote, err := media(request.Body)
	if err != nil {
		return []*message.Message{request.Reply(488, "Not Acceptable Here", tag(id))}
	}
	plays, hears, err := p.ways(user)
	if err != nil {
		return []*message.Message{request.Reply(404, "Not Found", tag(id))}
	}
	line, err := openLine(remote, plays, hears, at)
	if err != nil {
		return []*message.Message{request.Reply(500, "Server Internal Error", tag(id))}
	}
	p.calls[id] = line
	p.setLine(user, line)
	ringing := request.Reply(180, "Ringing", tag(id)).Add("Contact", p.contact())
	return []*message.Message{ringing, p.ok(request, line)}
}

func (p *Phone) ok(request *message.Message, line *Line) *message.Message {
	reply := request.Reply(200, "OK", tag(request.Get("Call-ID"))).Add("Contact", p.contact()).
		Add("Content-Type", "application/sdp")
	reply.Body = fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"+
		"m=audio %d RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=sendrecv\r\n", localAddr(line.rtp).Port())
	return reply
}

func (p *Phone) contact() string { return "<sip:phone@" + p.Addr().String() + ">" }

// tag is the same for each response of a dialog.
func tag(callID string) string { return "phone" + strings.Map(alphanumeric, callID) }

func alphanumeric(r rune) rune {
	if (r >= '0' && r <= '9') || (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') {
		return r
	}
	return -1
}

var errNoAudio = errors.New("no usable audio is offered")

// media gives where an offer of SDP wants its audio (RFC 4566 sections 5.7 and 5.14). It must offer µ-law.
func media(sdp string) (netip.AddrPort, error) {
	host, port, usable := "", "", false
	for line := range strings.Lines(sdp) {
		words := strings.Fields(line)
		switch {
		case len(words) == 3 && words[0] == "c=IN":
			host = words[2]
		case len(words) > 3 && words[0] == "m=audio":
			port = words[1]
			for _, payloadType := range words[3:] {
				usable = usable || payloadType == "0"
			}
		}
	}
	remote, err := netip.ParseAddrPort(net.JoinHostPort(host, port))
	if err != nil || !usable || remote.Port() == 0 {
		return netip.AddrPort{}, fmt.Errorf("%w: %.200q", errNoAudio, sdp)
	}
	return remote, nil
}

func localAddr(socket *net.UDPConn) netip.AddrPort {
	addr, _ := netip.ParseAddrPort(socket.LocalAddr().String()) // a socket's own address can be read
	return addr
}
