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

// wayTo is where we have to go to take the leading section of an offer; nil to stay. The error is ErrFamily.
func (s *Session) wayTo(leading sdp.Media) (*Place, error) {
	if s.reaches(leading) {
		return nil, nil //nolint:nilnil // to stay is no error
	}
	if place, ok := s.placeFor(leading); ok {
		return &place, nil
	}
	return nil, ErrFamily
}

// comesAlong tells whether a section can be taken beside the leading one, for which we move; nil if we stay.
func (s *Session) comesAlong(media sdp.Media, move *Place) bool {
	if move == nil {
		return s.reaches(media)
	}
	return reachedFrom(move.Bind, media) && !s.keepsPorts(media)
}

// keepsPorts tells whether a section goes on with the ICE that it has: our candidates are what they are until the party
// starts anew.
func (s *Session) keepsPorts(media sdp.Media) bool {
	before := s.negotiation.ice[media.Kind()]
	return before.agent != nil && before.ufrag == media.ICEUfrag && before.pwd == media.ICEPwd
}

// placeFor is where we have to go to reach a section whose address is of the other family: a phone may come to another
// network in a call. An association of DTLS comes along with ICE, and is made anew without (RFC 8842 section 4).
func (s *Session) placeFor(media sdp.Media) (Place, bool) {
	address, ok := media.RTPAddress()
	if !ok || s.options.Rebind == nil || s.keepsPorts(media) {
		return Place{}, false
	}
	place, ok := s.options.Rebind(address.Addr().Unmap())
	if !place.Advertise.IsValid() {
		place.Advertise = place.Bind
	}
	place = Place{Bind: place.Bind.Unmap(), Advertise: place.Advertise.Unmap()}
	return place, ok && place.Bind.Is4() == address.Addr().Unmap().Is4()
}

// follow opens all ports anew at another address, if the offer that is to be answered wants that. It is settled or
// undone by the caller. The error is a bridge.Cause; after it nothing has moved.
func (s *Session) follow() (*relocation, error) {
	if s.negotiation.move == nil {
		return nil, nil //nolint:nilnil // to stay is no error
	}
	moved := &relocation{session: s, before: Place{Bind: s.options.Bind, Advertise: s.options.Advertise}}
	s.options.Bind, s.options.Advertise = s.negotiation.move.Bind, s.negotiation.move.Advertise
	for _, kind := range transcode.Kinds() {
		moved.old[kind] = s.streams[kind].pair.Load()
	}
	for _, kind := range transcode.Kinds() {
		if moved.old[kind] == nil {
			continue
		}
		fresh, open, err := s.streams[kind].openPair()
		if err != nil {
			moved.undo()
			return nil, err
		}
		s.streams[kind].pair.Store(&fresh)
		moved.opens = append(moved.opens, open)
	}
	return moved, nil
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
