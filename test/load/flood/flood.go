// Package flood sends SIP requests of strangers over UDP, as many a second as it is told, from many addresses of
// loopback, and listens to no answer: what an open port on the Internet gets on a bad day.
package flood

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

// Options say what is sent, and where to.
type Options struct {
	// To is the server, on loopback.
	To netip.AddrPort
	// Domain is one that it serves, User somebody there.
	Domain, User string
	// Rate is how many requests a second are sent, all together.
	Rate int
	// Sources is how many addresses they come from, one after the other, 127.2.0.1 and those behind it.
	Sources int
}

// Flood is a flood that can be sent.
type Flood struct {
	options Options
	sockets []*net.UDPConn
	sent    int
}

// Open opens a socket for each source.
func Open(options Options) (*Flood, error) {
	f := &Flood{options: options}
	address := netip.AddrFrom4([4]byte{127, 2, 0, 1})
	for range options.Sources {
		socket, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(address, 0)))
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("flood: %w", err)
		}
		f.sockets = append(f.sockets, socket)
		if err := socket.SetReadBuffer(1); err != nil { // the least there is: nobody reads
			f.Close()
			return nil, fmt.Errorf("flood: %w", err)
		}
		address = address.Next()
	}
	return f, nil
}

// Close frees the sockets.
func (f *Flood) Close() {
	for _, socket := range f.sockets {
		_ = socket.Close() // nothing is waited for
	}
}

// pause is how often something is sent: many at once, as they come from a network. What the machine has kept this
// program from sending for longer than longestPause is not made up for: it would come as a wave.
const pause, longestPause = 2 * time.Millisecond, 10 * time.Millisecond

// Send floods until ctx ends, and tells how many requests it has sent, which are fewer than wanted where the machine
// cannot. The error is that of a socket.
func (f *Flood) Send(ctx context.Context) (sent int, err error) {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	before, last, due := f.sent, time.Now(), 0.0
	for {
		select {
		case <-ctx.Done():
			return f.sent - before, nil
		case now := <-ticker.C:
			due += min(now.Sub(last), longestPause).Seconds() * float64(f.options.Rate)
			for last = now; due >= 1; due-- {
				if err := f.sendOne(); err != nil {
					return f.sent - before, err
				}
			}
		}
	}
}

func (f *Flood) sendOne() error {
	socket := f.sockets[f.sent%len(f.sockets)]
	_, err := socket.WriteToUDPAddrPort(f.request(f.sent, socket.LocalAddr().String()), f.options.To)
	f.sent++
	if errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("flood: %w", err)
	}
	return nil // a full buffer is what a flood meets
}

// request is the request of a number: in turn one of those that strangers may try, always a new one.
func (f *Flood) request(number int, from string) []byte {
	callee, caller := "sip:"+f.options.User+"@"+f.options.Domain, "sip:stranger@elsewhere.example"
	kinds := []struct {
		method, uri, from string
		more              []string
	}{
		{"REGISTER", "sip:" + f.options.Domain, callee, []string{"Contact: <sip:x@" + from + ">"}},
		{"OPTIONS", callee, caller, nil},
		{"INVITE", callee, caller, []string{"Contact: <sip:x@" + from + ">"}},
		{"INVITE", "sip:+4930123456@" + f.options.Domain, callee, []string{"Contact: <sip:x@" + from + ">"}},
		{"SUBSCRIBE", callee, caller, []string{"Contact: <sip:x@" + from + ">", "Event: presence"}},
		{"MESSAGE", callee, caller, []string{"Content-Type: text/plain"}},
	}
	kind := kinds[number%len(kinds)]
	lines := append([]string{
		kind.method + " " + kind.uri + " SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/UDP %s;rport;branch=z9hG4bKflood%d", from, number),
		"Max-Forwards: 70", fmt.Sprintf("From: <%s>;tag=f%d", kind.from, number), "To: <" + callee + ">",
		fmt.Sprintf("Call-ID: flood%d@%s", number, from), "CSeq: 1 " + kind.method,
	}, kind.more...)
	return []byte(strings.Join(append(lines, "Content-Length: 0", "", ""), "\r\n"))
}
