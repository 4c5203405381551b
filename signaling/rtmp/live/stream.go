package live

import (
	"sync"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

var _ bridge.Endpoint = (*Stream)(nil)

// Options says what a Stream is.
type Options struct {
	// Party is who speaks, as others are told of it.
	Party bridge.Party
	// Origin and User say whose stream it is, as in bridge.Request.
	Origin bridge.Origin
	User   string
	// Transport is the one that the publisher came on, as in bridge.LegInfo.
	Transport string
	// Private lets only users and configured servers listen.
	Private bool
	// MaxListeners is how many may listen at a time. Default: 100.
	MaxListeners int
}

// Stream is what one publisher says. It is the Endpoint of those who want to listen.
type Stream struct {
	options Options

	// mu guards what follows and the state of all legs. It is held for arithmetic and for putting events into legs, none
	// of which waits.
	mu   sync.Mutex
	legs map[*leg]struct{}
	// said are the newest formats of each kind, the best first; none before there was anything of it.
	said  map[transcode.Kind][]transcode.Format
	ended bool
	// hearing are those who get a packet now; Send uses it again for each.
	hearing []hearer
}

// hearer is who takes a packet, under a payload type of its own.
type hearer struct {
	media       *media
	payloadType uint8
}

// NewStream makes a Stream without listeners.
func NewStream(options Options) *Stream {
	if options.MaxListeners <= 0 {
		options.MaxListeners = 100
	}
	return &Stream{options: options, legs: make(map[*leg]struct{}), said: make(map[transcode.Kind][]transcode.Format)}
}

// Origin says what is known of who publishes.
func (s *Stream) Origin() bridge.Origin { return s.options.Origin }

// Announce tells what is sent of a kind from now on, in one format or in each of several, and gives those who hear of
// it the chance to agree.
func (s *Stream) Announce(kind transcode.Kind, formats ...transcode.Format) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said[kind] = formats
	for listener := range s.legs {
		listener.media.compare(kind, formats)
		listener.propose()
	}
}

// Wanted tells whether somebody takes the announced format that has a payload type.
func (s *Stream) Wanted(kind transcode.Kind, payloadType uint8) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for listener := range s.legs {
		if _, ok := listener.media.agreedOn(kind, payloadType); ok {
			return true
		}
	}
	return false
}

// Send sends a packet of a kind to all who agreed to the format of its payload type. It belongs to one goroutine.
func (s *Stream) Send(kind transcode.Kind, packet *rtp.Packet) {
	s.mu.Lock()
	s.hearing = s.hearing[:0]
	for listener := range s.legs {
		if own, ok := listener.media.agreedOn(kind, packet.PayloadType); ok {
			s.hearing = append(s.hearing, hearer{listener.media, own})
		}
	}
	s.mu.Unlock()
	for _, each := range s.hearing { // without mu: a listener may be slow
		each.media.send(kind, each.payloadType, packet)
	}
}

// Listeners counts the legs that there are.
func (s *Stream) Listeners() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.legs)
}

// Close ends all legs. Nobody can listen any more.
func (s *Stream) Close(cause bridge.Cause) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	for listener := range s.legs {
		listener.end(cause)
	}
}

// Dial lets somebody listen: he is answered at once.
func (s *Stream) Dial(request bridge.Request) bridge.Leg {
	s.mu.Lock()
	defer s.mu.Unlock()
	listener := newLeg(s)
	s.legs[listener] = struct{}{}
	switch {
	case s.ended:
		listener.end(bridge.Cause{Status: 480, Text: "Temporarily Unavailable"})
	case s.options.Private && request.Origin == bridge.OriginUnknown:
		listener.end(bridge.Cause{Status: 403, Text: "Forbidden"})
	case len(s.legs) > s.options.MaxListeners:
		listener.end(bridge.Cause{Status: 486, Text: "Busy Here"})
	case request.Offer == nil:
		listener.end(notAcceptable())
	default:
		listener.answer(*request.Offer)
	}
	return listener
}

// Call makes the leg of a call to a URI, to be given to bridge.Exchange.Accept. It offers what was announced. Ended is
// called once when the call is over or failed, from any goroutine; it does not block, and calls nothing here. It is not
// called if the Stream was closed.
func (s *Stream) Call(to string, ended func(bridge.Cause)) bridge.Incoming {
	s.mu.Lock()
	defer s.mu.Unlock()
	offer := s.description()
	placed := callerLeg{leg: newLeg(s), request: bridge.Request{
		From: s.options.Party, To: to, Origin: s.options.Origin, User: s.options.User, Offer: &offer,
	}}
	placed.ended, placed.proposed = ended, offer
	s.legs[placed.leg] = struct{}{}
	if s.ended {
		placed.end(bridge.Cause{Status: 487, Text: "Request Terminated"})
	}
	return placed
}

// description offers what is sent, sound first. The caller holds mu.
func (s *Stream) description() bridge.Description {
	var offer bridge.Description
	for _, kind := range transcode.Kinds() {
		if formats := s.said[kind]; len(formats) > 0 {
			offer.Media = append(offer.Media, bridge.MediaDescription{Kind: kind, Formats: formats})
		}
	}
	return offer
}

func notAcceptable() bridge.Cause { return bridge.Cause{Status: 488, Text: "Not Acceptable Here"} }
