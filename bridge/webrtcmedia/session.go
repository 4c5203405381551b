package webrtcmedia

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	mathrand "math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// Session is the media of a leg to a browser. Receive, Sender and Stats may be called from any goroutine, all other
// methods from one, the leg's.
type Session struct {
	engine   *Engine
	options  Options
	sender   *transcode.Sender
	incoming incoming
	watch    *watch
	peer     atomic.Pointer[peer] // nil before the first Offer or Answer, and after Close

	// The rest belongs to the leg's goroutine.
	author  author
	layout  layout
	offered *remote    // the browser's offer that is to be answered, or was
	ours    *agreement // our offer that is to be answered, or was
	closing sync.Once
	closed  bool
}

// NewSession makes a session. It has no goroutine and no port before its first Offer or Answer.
func (e *Engine) NewSession(options Options) *Session {
	options.setDefaults()
	s := &Session{engine: e, options: options, layout: ownLayout()}
	s.sender = transcode.NewSender(transcode.SenderOptions{Write: s.write})
	s.sender.SetEnabled(false)
	s.incoming.events = options.Events
	s.watch = newWatch(s)
	s.author = author{
		id: mathrand.Uint64N(1 << 62), cname: randomName(), lite: e.options.ICELite,
		fingerprint: sdp.Fingerprint(e.identity.Fingerprint()), ssrc: s.sender.Stats().SSRC,
	}
	e.counts.open.Add(1)
	e.counts.opened.Add(1)
	return s
}

// randomName makes a CNAME that tells nothing of the machine (RFC 7022 section 4.2).
func randomName() string {
	name := make([]byte, 12)
	_, _ = rand.Read(name) // never fails
	return hex.EncodeToString(name)
}

// Receive sets where the browser's audio goes; nil drops it. Video is not carried.
func (s *Session) Receive(kind transcode.Kind, to transcode.PacketWriter) {
	if kind == transcode.Audio {
		s.incoming.audio.Set(to)
	}
}

// Sender is the way to the browser. For video it drops everything.
func (s *Session) Sender(kind transcode.Kind) transcode.PacketWriter {
	if kind == transcode.Audio {
		return s.sender
	}
	return transcode.PacketWriterFunc(func(*rtp.Packet) error { return nil })
}

// Stats counts since the start of the session.
func (s *Session) Stats() bridge.MediaStats {
	stats := s.incoming.stats()
	stats.Sent = s.sender.Stats().Packets
	return stats
}

// SetOffer reads and checks the browser's offer. Nothing changes before Answer. The errors are
// bridge.Cause: 400, 413 or 488.
func (s *Session) SetOffer(text []byte) (bridge.Description, error) {
	if s.closed {
		return bridge.Description{}, failed("offer", ErrClosed)
	}
	offer, err := readRemote(text)
	if err != nil {
		s.engine.counts.refused.Add(1)
		return bridge.Description{}, err
	}
	s.offered = offer
	return offer.description(), nil
}

// Answer answers the browser's last offer; asked again for the same, it gives the same text. Its first call
// opens the ports and begins to connect; an offer with new ICE credentials restarts ICE, and one with another
// certificate, from another peer connection of the page, gets a new connection here, too. Sections other than the
// one audio section are refused, whatever answer says.
func (s *Session) Answer(answer bridge.Description) ([]byte, error) {
	offer := s.offered
	if s.closed {
		return nil, failed("answer", ErrClosed)
	}
	if offer == nil {
		return nil, failed("answer", ErrOrder)
	}
	if len(answer.Media) != len(offer.session.Media) {
		return nil, notAcceptable(ErrMismatch)
	}
	agreed, err := answerTo(offer, answer.Media[offer.index])
	if err != nil {
		return nil, err
	}
	p, err := s.connect(offer)
	if err != nil {
		return nil, failed("answer", err)
	}
	layout := layoutOf(offer)
	text, err := s.author.print(layout, p.side(p.setup), agreed)
	if err != nil {
		return nil, failed("answer", err)
	}
	s.layout, s.ours = layout, nil
	s.apply(agreed)
	return text, nil
}

// connect gives a connection that knows of the offer: the one we have, or another.
func (s *Session) connect(offer *remote) (*peer, error) {
	if p := s.peer.Load(); p != nil && p.fits(offer) {
		if p.upToDate(offer) {
			return p, nil
		}
		s.watch.restart()
		if err := p.answer(offer); err != nil {
			return nil, err
		}
		return p, nil
	}
	p, err := s.engine.newPeer(s.peerOptions())
	if err != nil {
		return nil, err
	}
	if err := p.answer(offer); err != nil {
		return nil, errors.Join(err, p.close())
	}
	s.replace(p)
	return p, nil
}

// replace puts a connection in the place of the one we have, which ends. The browser cannot send on the new one
// before it has our answer, so packets never come from both.
func (s *Session) replace(p *peer) {
	old := s.peer.Swap(p)
	if old != nil {
		s.logClose(old.close())
	}
	s.watch.restart()
}

// Offer gives our offer. Only audio is offered; formats that we do not know are left out.
func (s *Session) Offer(proposal bridge.Description) ([]byte, error) {
	if s.closed {
		return nil, failed("offer", ErrClosed)
	}
	audio, ok := proposal.First(transcode.Audio)
	if !ok {
		return nil, notAcceptable(ErrNoAudio)
	}
	p, err := s.open()
	if err != nil {
		return nil, failed("offer", err)
	}
	ours := proposalFor(audio, p.payloads)
	if len(ours.formats) == 0 {
		return nil, notAcceptable(ErrNoAudio)
	}
	text, err := s.author.print(s.layout, p.side(setupActpass), ours)
	if err != nil {
		return nil, failed("offer", err)
	}
	s.ours = &ours
	return text, nil
}

// open gives the connection we have, or one that is ready for an answer.
func (s *Session) open() (*peer, error) {
	if p := s.peer.Load(); p != nil {
		return p, nil
	}
	p, err := s.engine.newPeer(s.peerOptions())
	if err != nil {
		return nil, err
	}
	s.peer.Store(p)
	return p, nil
}

// SetAnswer applies the browser's answer to our last Offer. The errors are bridge.Cause: 400, 413, 488, or 500 where
// our own side fails. An answer that restarts ICE unasked, or comes from another peer connection, is refused.
func (s *Session) SetAnswer(text []byte) (bridge.Description, error) {
	p := s.peer.Load()
	if s.closed || s.ours == nil || p == nil {
		return bridge.Description{}, failed("answer of the browser", ErrOrder)
	}
	answer, err := readRemote(text)
	if err != nil {
		s.engine.counts.refused.Add(1)
		return bridge.Description{}, err
	}
	agreed, err := s.ours.answered(answer)
	if err != nil {
		return bridge.Description{}, err
	}
	if len(answer.session.Media) != len(s.layout.sections) || answer.index != s.layout.index {
		return bridge.Description{}, notAcceptable(ErrMismatch)
	}
	switch {
	case p.setup == setupActpass:
		if answer.audio().Setup == setupActpass {
			return bridge.Description{}, notAcceptable(ErrSetup)
		}
		s.watch.restart()
		if err := p.accept(answer); err != nil {
			return bridge.Description{}, failed("answer of the browser", err)
		}
	case !p.upToDate(answer):
		return bridge.Description{}, notAcceptable(ErrMismatch)
	}
	s.apply(agreed)
	description := answer.description()
	description.Media[answer.index].Formats = slices.Clone(agreed.formats)
	return description, nil
}

// Rollback forgets an offer of either side that came to nothing; what was agreed before stands.
func (s *Session) Rollback() {
	s.offered, s.ours = nil, nil
	if p := s.peer.Load(); p != nil && p.setup == setupActpass {
		s.peer.Store(nil)
		s.logClose(p.close())
	}
}

// SendDTMF plays a key as telephone-event. It reports false if the browser takes none.
func (s *Session) SendDTMF(key bridge.DTMF) bool { return s.sender.SendDTMF(key.Digit, key.Duration) }

// AskKeyframe does nothing: video is not carried.
func (s *Session) AskKeyframe() {}

// Close ends the connection, frees its ports and waits for all goroutines. It must not be called from a callback of
// Events. A second call does nothing.
func (s *Session) Close() error {
	var err error
	s.closing.Do(func() {
		s.closed = true
		s.watch.stop()
		if p := s.peer.Swap(nil); p != nil {
			err = p.close()
		}
		s.sender.Close()
		s.engine.counts.open.Add(^uint64(0))
	})
	return err
}

// apply puts an agreement in force.
func (s *Session) apply(agreed agreement) {
	s.incoming.accept(agreed)
	s.sender.SetFormats(agreed.formats)
	event := agreed.event()
	s.sender.SetTelephoneEvent(event.PayloadType, event.ClockRate)
	s.watch.setDirection(agreed.direction)
	s.watch.start()
}

func (s *Session) peerOptions() peerOptions {
	return peerOptions{Packet: s.incoming.packet, Reports: s.incoming.reports, Changed: s.watch.poke}
}

// write sends a packet of the Sender.
func (s *Session) write(header *rtp.Header, payload []byte) error {
	if p := s.peer.Load(); p != nil {
		return p.write(header, payload)
	}
	return nil
}

func (s *Session) logClose(err error) {
	if err != nil {
		s.options.Logger.Debug("closing a browser's connection", "error", err)
	}
}
