package bridge

import "errors"

// ErrNeverConnected is what media lacks that never came up: it wraps the reason in the Cause that Lost gets. There is
// nothing that could come back, so nobody need wait for it.
var ErrNeverConnected = errors.New("media never came up")

// MediaEvents are the non-blocking callbacks by which a media session tells its leg what it found
// beside sound and pictures. They are called from the media path: each must return at once. A nil
// callback is not called.
type MediaEvents struct {
	// Pressed reports a key received as RFC 4733 telephone-event, once, at its end.
	Pressed func(DTMF)
	// KeyframeAsked reports a PLI or FIR from the party.
	KeyframeAsked func()
	// RateAsked reports how much the party takes of pictures, in bit/s, not more often than is worth passing on.
	RateAsked func(bitrate uint64)
	// Lost reports that no media has come for the media timeout, or that ICE consent is gone. The cause
	// is ErrNeverConnected if the connection was never up.
	Lost func(Cause)
	// Back reports that media came again after Lost.
	Back func()
	// Reoffer asks for an offer of ours that says nothing new of sound and pictures: the way to the party has to be found
	// anew.
	Reoffer func()
}
