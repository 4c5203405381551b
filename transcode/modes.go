package transcode

import (
	"sync/atomic"

	"sipbridge/transcode/amr"
)

// ModeRequester is a PacketWriter that knows in which mode its party wants to be spoken to.
type ModeRequester interface {
	// RequestedMode is an index of bit rates of AMR, or amr.NoRequest. Any goroutine may call it.
	RequestedMode() int
}

// ModeFollower is an Encoder that can change its mode.
type ModeFollower interface {
	// FollowMode takes a mode of ModeRequester.
	FollowMode(mode int)
}

// modeRequest is what a party asked for last. The zero value is no request.
type modeRequest struct {
	// below is how far the mode is below amr.NoRequest.
	below atomic.Int32
}

func (m *modeRequest) set(mode int) { m.below.Store(int32(amr.NoRequest - mode)) }

func (m *modeRequest) mode() int { return amr.NoRequest - int(m.below.Load()) }

// AsksModes tells whether packets of a format say in which mode the party wants to be spoken to (CMR, RFC 4867 section
// 4.3.1).
func AsksModes(format Format) bool { return isAMR(format) }

// HearRequest takes a payload of the party, of a format that AsksModes. Encoders that write into the Sender follow what
// it asks for until the next one.
func (s *Sender) HearRequest(payload []byte) { s.request.set(amr.Request(payload)) }

// RequestedMode gives what the party asked for last.
func (s *Sender) RequestedMode() int { return s.request.mode() }

// RequestedMode is that of the writer that is plugged in.
func (s *Switch) RequestedMode() int {
	if to := s.to.Load(); to != nil {
		if requester, ok := (*to).(ModeRequester); ok {
			return requester.RequestedMode()
		}
	}
	return amr.NoRequest
}

// obey tells the encoder in which mode the party wants to be spoken to.
func (t *transcoder) obey() {
	if t.requests == nil {
		return
	}
	if follower, ok := t.encoder.(ModeFollower); ok {
		follower.FollowMode(t.requests.RequestedMode())
	}
}
