package sipua

import (
	"fmt"
	"strings"
	"sync"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// fakeMedia stands for a media session: its SDP is a word.
type fakeMedia struct {
	events bridge.MediaEvents

	mu       sync.Mutex
	log      []string // guarded by mu
	closed   bool     // guarded by mu
	takeDTMF bool     // guarded by mu
	tones    bool     // guarded by mu
	deaf     bool     // guarded by mu: takes no RTCP feedback
	// protected tells that the first offer is of protected media, and there can be another; guarded by mu
	protected bool
}

var _ MediaSession = (*fakeMedia)(nil)

func withFormat(format transcode.Format) bridge.Description {
	description := pcmu()
	description.Media[0].Formats[0] = format
	return description
}

func pcmu() bridge.Description {
	return bridge.Description{Media: []bridge.MediaDescription{{
		Kind:    transcode.Audio,
		Formats: []transcode.Format{{Codec: transcode.Codec{Name: "PCMU", ClockRate: 8000}}},
	}}}
}

func (f *fakeMedia) note(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log = append(f.log, fmt.Sprintf(format, args...))
}

func vp8(direction bridge.Direction) bridge.MediaDescription {
	return bridge.MediaDescription{
		Kind: transcode.Video, Direction: direction,
		Formats: []transcode.Format{{Codec: transcode.Codec{Name: "VP8", ClockRate: 90000}, PayloadType: 96}},
	}
}

// opusAt is Opus with a payload type.
func opusAt(payloadType uint8) transcode.Format {
	return transcode.Format{
		Codec: transcode.Codec{Name: "opus", ClockRate: 48000, Channels: 2}, PayloadType: payloadType,
	}
}

// describe reads the fake SDP: PCMU both ways, but for what its words say; "bad" is refused.
func (f *fakeMedia) describe(sdp []byte) (bridge.Description, error) {
	description := pcmu()
	formats := &description.Media[0].Formats
	for word := range strings.FieldsSeq(string(sdp)) {
		switch word {
		case "sendonly":
			description.Media[0].Direction = bridge.SendOnly
		case "recvonly":
			description.Media[0].Direction = bridge.RecvOnly
		case "inactive":
			description.Media[0].Direction = bridge.Inactive
		case "opus":
			*formats = []transcode.Format{opusAt(111)}
		case "opus112":
			*formats = []transcode.Format{opusAt(112)}
		case "video", "camera-off":
			description.Media = append(description.Media, vp8(description.Media[0].Direction))
			if word == "camera-off" {
				description.Media[1].Direction = bridge.RecvOnly
			}
		case "soundless":
			*formats = nil
		case "bad":
			return bridge.Description{}, errBadSDP
		}
	}
	if len(sdp) == 0 {
		return bridge.Description{}, errBadSDP
	}
	return description, nil
}

var errBadSDP = bridge.Cause{Status: 488, Text: "Not Acceptable Here"}

func (f *fakeMedia) isClosed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}

func spell(description bridge.Description) []byte {
	return []byte("ours " + directionOf(description).String())
}

func (f *fakeMedia) Offer(d bridge.Description) ([]byte, error) {
	f.note("offer")
	return spell(d), nil
}

func (f *fakeMedia) SetAnswer(sdp []byte) (bridge.Description, error) {
	f.note("setanswer")
	return f.describe(sdp)
}

func (f *fakeMedia) SetOffer(sdp []byte) (bridge.Description, error) {
	f.note("setoffer")
	return f.describe(sdp)
}

func (f *fakeMedia) Answer(d bridge.Description) ([]byte, error) {
	f.note("answer")
	return spell(d), nil
}
func (f *fakeMedia) Rollback() { f.note("rollback") }

func (f *fakeMedia) SendDTMF(key bridge.DTMF) bool {
	f.note("dtmf%c", key.Digit)
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.takeDTMF
}

func (f *fakeMedia) KeysAsTones() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tones = true
}

func (f *fakeMedia) BestEffort() { f.note("besteffort") }

// FallBack has one offer to fall back to, if the test says so.
func (f *fakeMedia) FallBack() bool {
	f.note("fallback")
	f.mu.Lock()
	defer f.mu.Unlock()
	able := f.protected
	f.protected = false
	return able
}

func (f *fakeMedia) LimitPictures(bitrate uint64) { f.note("limit %d", bitrate) }

func (f *fakeMedia) AskKeyframe() bool {
	f.note("keyframe")
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.deaf
}

func (f *fakeMedia) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	return nil
}
func (f *fakeMedia) Receive(transcode.Kind, transcode.PacketWriter) {}

func (f *fakeMedia) Sender(transcode.Kind) transcode.PacketWriter { return &transcode.Switch{} }

func (f *fakeMedia) Stats() bridge.MediaStats { return bridge.MediaStats{} }
