package rtpmedia

import (
	"net/netip"
	"sync/atomic"
	"time"

	"sipbridge/bridge/sdp"
	"sipbridge/bridge/udp"
	"sipbridge/transcode"
)

// Place is an address of ours for media.
type Place struct {
	// Bind is that of the sockets, Advertise what SDP names; the zero value means Bind.
	Bind, Advertise netip.Addr
}

// placeFor is where we have to go to reach a section whose address is of the other family: a phone may come to another
// network in a call. Keys by DTLS and ICE belong to the ports that there are, so that those who have them stay.
func (s *Session) placeFor(media sdp.Media) (Place, bool) {
	address, ok := media.RTPAddress()
	if !ok || s.options.Rebind == nil || media.ICEUfrag != "" || len(media.Fingerprints) > 0 {
		return Place{}, false
	}
	for _, kind := range transcode.Kinds() {
		current := s.negotiation.current[kind]
		if s.negotiation.ice[kind].agent != nil || current != nil && current.terms != (dtlsTerms{}) {
			return Place{}, false
		}
	}
	place, ok := s.options.Rebind(address.Addr().Unmap())
	if !place.Advertise.IsValid() {
		place.Advertise = place.Bind
	}
	return place, ok && place.Bind.Is4() == address.Addr().Unmap().Is4()
}

// follow opens all ports anew at another address, if the offer that is to be answered wants that. The error is a
// bridge.Cause; after it some may have moved.
func (s *Session) follow() error {
	if s.negotiation.move == nil {
		return nil
	}
	place := *s.negotiation.move
	s.negotiation.move = nil
	s.options.Bind, s.options.Advertise = place.Bind.Unmap(), place.Advertise.Unmap()
	for _, kind := range transcode.Kinds() {
		if err := s.streams[kind].move(); err != nil {
			return err
		}
	}
	return nil
}

// move opens the ports anew, if they are open. What still comes to the old ones is lost.
func (s *stream) move() error {
	if !s.opened {
		return nil
	}
	fresh, open, err := s.openPair()
	if err != nil {
		return err
	}
	old := s.pair.Swap(&fresh)
	err = old.close() // nothing of them is read any more, before anything of the new ones is
	s.options.Ports.giveBack(old.port, true)
	open()
	return err
}

// openPair opens a pair of ports, which drop what comes until they are to be open.
func (s *stream) openPair() (pair sockets, open func(), err error) {
	var opened atomic.Bool
	after := func(receive udp.Receiver) udp.Receiver {
		return func(datagram []byte, from netip.AddrPort, now time.Time) {
			if opened.Load() {
				receive(datagram, from, now)
			}
		}
	}
	pair, err = s.options.Ports.open(s.options.Bind, after(s.receive), after(s.receiveBeside))
	return pair, func() { opened.Store(true) }, err
}
