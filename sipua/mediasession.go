package sipua

import "sipbridge/bridge"

// MediaSession is the media of one leg and the only reader and writer of its SDP. A leg calls its methods
// from one goroutine. rtpmedia.Session and webrtcmedia.Session are the two kinds.
type MediaSession interface {
	bridge.Media
	// Offer gives our SDP offer for what we propose. Formats' payload types are suggestions.
	Offer(proposal bridge.Description) ([]byte, error)
	// SetAnswer applies the party's answer to our last Offer and says what was agreed. It may be
	// called again with another answer to the same offer (forked early media).
	SetAnswer(sdp []byte) (bridge.Description, error)
	// SetOffer reads the party's offer; media in use do not change before Answer.
	SetOffer(sdp []byte) (bridge.Description, error)
	// Answer answers the party's last offer. The sections of answer stand in the order of the offer's;
	// formats carry the offer's payload types; one without formats is refused (port 0).
	Answer(answer bridge.Description) ([]byte, error)
	// Rollback forgets an offer of either side that came to nothing.
	Rollback()
	// SendDTMF plays a key as telephone-event. It reports false, having done nothing, if the party takes none.
	SendDTMF(key bridge.DTMF) bool
	// AskKeyframe asks the party for a full picture by RTCP, not too often. It reports false, having done nothing, if the
	// party takes no such request there.
	AskKeyframe() bool
	// LimitPictures asks the party by RTCP to send no more of pictures, in bit/s, if it takes such requests.
	LimitPictures(bitrate uint64)
	// Close frees ports and ends all goroutines of the session before it returns.
	Close() error
}
