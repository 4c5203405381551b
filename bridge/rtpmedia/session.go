package rtpmedia

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/quality"
	"sipbridge/transcode"
)

// kinds is the size of arrays by transcode.Kind.
const kinds = transcode.Video + 1

// Session is the media of one leg over UDP: a stream of audio, and one of video, which has no ports before it is
// negotiated. Its SDP methods (Offer, SetAnswer, SetOffer, Answer, Rollback) and Close are for one goroutine, the
// leg's. All others may be called from any.
type Session struct {
	options Options
	streams [kinds]*stream
	cname   string
	start   time.Time

	// negotiation belongs to the leg's goroutine.
	negotiation negotiation

	// heard is when the party was last heard, or began to be expected: a time.Duration since start, which no
	// change of the wall clock moves.
	heard atomic.Int64
	// spoke tells that the party was ever heard.
	spoke atomic.Bool
	// silent tells that Events.Lost was called and media has not come back.
	silent atomic.Bool

	// clock is that of the party's sender reports, of all streams; guarded by timing.
	timing sync.Mutex
	clock  quality.Clock

	wake    chan struct{} // tells the clock goroutine that something changed
	done    chan struct{} // closed by Close
	closing sync.Once
	running sync.WaitGroup
}

// New opens a pair of ports for audio and starts the session. The error is a bridge.Cause with status 503 if no port is
// free. The session must be closed.
func New(options Options) (*Session, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Session{
		options: options, cname: newCName(), start: time.Now(), negotiation: newNegotiation(),
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	for _, kind := range transcode.Kinds() {
		s.streams[kind] = newStream(s, kind)
	}
	if err := s.audio().open(); err != nil {
		return nil, err
	}
	s.running.Go(s.keepTime)
	return s, nil
}

func (s *Session) audio() *stream { return s.streams[transcode.Audio] }

// Receive sets where the party's packets of a kind go; nil drops them.
func (s *Session) Receive(kind transcode.Kind, to transcode.PacketWriter) {
	s.streams[kind].heard.Set(to)
}

// Sender is the way to the party; what was not agreed is dropped.
func (s *Session) Sender(kind transcode.Kind) transcode.PacketWriter { return s.streams[kind].sender }

// SendDTMF plays a key as telephone-event, or as a tone. It reports false, having done nothing, if the party takes
// none.
func (s *Session) SendDTMF(key bridge.DTMF) bool {
	return s.audio().sender.SendDTMF(key.Digit, key.Duration)
}

// AskKeyframe asks the party for a full picture by RTCP, if it was not asked just now. It reports false, having done
// nothing, if the party said nothing of taking such requests, or wants no RTCP at all.
func (s *Session) AskKeyframe() bool { return s.streams[transcode.Video].askKeyframe(time.Now()) }

// Stats is what is measured of the party's media and ours.
func (s *Session) Stats() bridge.MediaStats {
	return bridge.MediaStats{Audio: s.audio().stats(), Video: s.streams[transcode.Video].stats()}
}

// Close says goodbye by RTCP, ends all goroutines of the session and frees its ports. A second call does nothing.
func (s *Session) Close() error {
	var errs []error
	s.closing.Do(func() {
		close(s.done)
		for _, kind := range transcode.Kinds() {
			errs = append(errs, s.streams[kind].close())
		}
		s.running.Wait()
		for _, kind := range transcode.Kinds() {
			s.streams[kind].giveBack(s.told())
		}
	})
	return errors.Join(errs...)
}

// told tells whether a description of ours named the ports, so that packets may still come to them. Others need
// no rest: or calls that are refused at once, which cost a stranger one packet each, would use up all ports.
func (s *Session) told() bool { return s.negotiation.text != nil }

// apply puts agreements in force.
func (s *Session) apply(agreed [kinds]*agreement) {
	before := s.leading()
	if before == nil || before.direction != bridge.SendRecv {
		s.heard.Store(int64(time.Since(s.start))) // now it is the party's turn to send
		s.silent.Store(false)
	}
	for _, kind := range transcode.Kinds() {
		s.streams[kind].apply(agreed[kind])
	}
	s.wakeUp()
}

// leading gives the last agreement on audio, or on video where there is no audio; nil before the first.
func (s *Session) leading() *agreement {
	audio, video := s.audio().agreed.Load(), s.streams[transcode.Video].agreed.Load()
	if (audio == nil || len(audio.formats) == 0) && video != nil {
		return video
	}
	return audio
}

// moment gives the one that a sender report, which came now, stands for.
func (s *Session) moment(ntp uint64, now time.Time) (at time.Time, ok bool) {
	s.timing.Lock()
	defer s.timing.Unlock()
	return s.clock.Moment(ntp, now)
}

// alive notes that the party was heard.
func (s *Session) alive(now time.Time) {
	s.heard.Store(int64(now.Sub(s.start)))
	if !s.spoke.Load() {
		s.spoke.Store(true)
	}
	if s.silent.Load() {
		s.wakeUp()
	}
}

// wakeUp makes the clock goroutine look again.
func (s *Session) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
