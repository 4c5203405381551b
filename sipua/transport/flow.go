// Package transport carries SIP messages over UDP, TCP and TLS: it frames whole messages, hands each to a
// Receiver in the order of arrival, and sends from the address it listens on. It parses no SIP beyond
// what framing needs.
package transport

import "net/netip"

// Flow is a way to one peer: a connection, or a UDP socket and a remote address (RFC 5626 section 2).
// WebSocket connections of package ws are flows too. A Flow is safe for concurrent use and can be
// a map key.
type Flow interface {
	// Transport is the word in Via: "UDP", "TCP", "TLS", "WS" or "WSS".
	Transport() string
	// LocalAddr and RemoteAddr are the socket addresses of both ends.
	LocalAddr() netip.AddrPort
	RemoteAddr() netip.AddrPort
	// Send queues one whole message and never blocks. An error means that it will not be sent.
	Send(message []byte) error
	// Done is closed when the flow is gone; it is nil for a flow that can't go, such as UDP.
	Done() <-chan struct{}
	// Close ends the flow; on UDP it does nothing.
	Close()
}

// Receiver takes messages. A flow calls it from one goroutine, so its messages arrive in order; message is
// the receiver's to keep.
type Receiver func(flow Flow, message []byte)

// TargetOf gives the target of a connection of our making.
func TargetOf(flow Flow) (Target, bool) {
	ours, ok := flow.(interface{ Target() (Target, bool) })
	if !ok {
		return Target{}, false
	}
	return ours.Target()
}

// Advertiser gives the address by which a peer reaches a socket of ours whose own address is local. It does not block.
type Advertiser func(transport string, local netip.AddrPort, peer netip.Addr) netip.AddrPort

// AdvertisedAddr is where the peer of a flow reaches us: what an Advertiser says, or else the address of our end.
func AdvertisedAddr(flow Flow) netip.AddrPort {
	if advertised, ok := flow.(interface{ AdvertisedAddr() netip.AddrPort }); ok {
		return advertised.AdvertisedAddr()
	}
	return flow.LocalAddr()
}

// of asks for the address of a flow; without an Advertiser it is our own.
func (a Advertiser) of(flow Flow) netip.AddrPort {
	if a == nil {
		return flow.LocalAddr()
	}
	return a(flow.Transport(), flow.LocalAddr(), flow.RemoteAddr().Addr())
}

// IsGone tells whether a connection has ended. A datagram's flow never does.
func IsGone(flow Flow) bool {
	select {
	case <-flow.Done():
		return true
	default:
		return false
	}
}

// IsEncrypted tells whether what goes by a flow is encrypted.
func IsEncrypted(flow Flow) bool { return IsEncryptedWord(flow.Transport()) }

// IsEncryptedWord tells that of a transport by its name in a Via.
func IsEncryptedWord(word string) bool { return word == "TLS" || word == "WSS" }

// FromBrowser tells whether a flow is a WebSocket that a client opened, which is what browsers do. Who is at the other
// end of one that we opened is a server like any other.
func FromBrowser(flow Flow) bool {
	word := flow.Transport()
	if word != "WS" && word != "WSS" {
		return false
	}
	_, ours := TargetOf(flow)
	return !ours
}
