package webrtcmedia

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	mathrand "math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/quality"
	"sipbridge/bridge/rates"
	"sipbridge/bridge/repair"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// Session is the media of a leg to a browser. Receive, Sender and Stats may be called from any goroutine, all other
// methods from one, the leg's.
type Session struct {
	engine   *Engine
	options  Options
	outgoing [kinds]outgoing
	incoming incoming
	watch    *watch
	peer     atomic.Pointer[peer] // nil before the first Offer or Answer, and after Close

	// The rest belongs to the leg's goroutine.
	author  author
	layout  layout
	offered *remote   // the browser's offer that is to be answered, or was
	ours    *proposed // our offer that is to be answered, or was
	closing sync.Once
	closed  bool

	// asked is when the browser was last asked for a full picture, in Unix nanoseconds.
	asked atomic.Int64
	// limit is how much the other party takes of pictures, in bit/s; 0 if it did not say.
	limit atomic.Uint64
}

// proposed is an offer of ours.
type proposed struct {
	agreements agreements
	layout     layout
}

// outgoing is our stream of one kind. The sender uses the buffer for one packet at a time.
type outgoing struct {
	sender   *transcode.Sender
	resender *repair.Resender
	buffer   packetBuffer
}

// NewSession makes a session. It has no goroutine and no port before its first Offer or Answer.
func (e *Engine) NewSession(options Options) *Session {
	options.setDefaults()
	s := &Session{engine: e, options: options, layout: ownLayout()}
	for _, kind := range transcode.Kinds() {
		out := &s.outgoing[kind]
		out.sender = transcode.NewSender(transcode.SenderOptions{
			Pictures: kind == transcode.Video,
			Write:    func(header *rtp.Header, payload []byte) error { return s.write(out, header, payload) },
		})
		out.resender = repair.NewResender(keptPackets(kind))
		out.sender.SetEnabled(false)
		s.incoming.ours[kind] = out.sender.Stats().SSRC
	}
	s.incoming.events = options.Events
	s.incoming.sent = func() uint64 { return s.outgoing[transcode.Video].sender.Stats().Octets }
	s.incoming.lossTold = func(kind transcode.Kind, fraction uint8) { s.outgoing[kind].sender.ReportLoss(fraction) }
	s.incoming.resend, s.incoming.request = s.resend, s.request
	s.incoming.tellArrivals = s.tellArrivals
	s.incoming.arrivals = rates.NewArrivals(s.incoming.ours[transcode.Video])
	s.watch = newWatch(s)
	s.author = author{
		id: mathrand.Uint64N(1 << 62), cname: randomName(), lite: e.options.ICELite,
		fingerprint: sdp.Fingerprint(e.identity.Fingerprint()), ssrcs: s.incoming.ours,
	}
	for _, kind := range transcode.Kinds() {
		s.author.repairs[kind] = s.outgoing[kind].resender.SSRC()
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

// Receive sets where the browser's packets of a kind go; nil drops them.
func (s *Session) Receive(kind transcode.Kind, to transcode.PacketWriter) {
	s.incoming.to[kind].Set(to)
}

// Sender is the way to the browser. What was not agreed is dropped.
func (s *Session) Sender(kind transcode.Kind) transcode.PacketWriter { return s.outgoing[kind].sender }

// Stats is what is measured of the browser's media and ours since the start of the session.
func (s *Session) Stats() bridge.MediaStats {
	of := func(kind transcode.Kind) quality.Stats {
		return s.incoming.stats(kind, s.outgoing[kind].sender.Stats())
	}
	return bridge.MediaStats{Audio: of(transcode.Audio), Video: of(transcode.Video)}
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
// one of audio and the one of video that SetOffer has shown are refused, whatever answer says; one of them has to stay.
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
	agreed, err := answersTo(offer, answer)
	if err != nil {
		return nil, err
	}
	if offer, err = offer.using(agreed); err != nil {
		return nil, err
	}
	p, err := s.connect(offer)
	if err != nil {
		return nil, failed("answer", err)
	}
	layout := layoutOf(offer, agreed)
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
			p.payloads = offer.payloads()
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

// Offer gives our offer: audio and video, as the proposal has them. Formats that cannot be used are left out.
func (s *Session) Offer(proposal bridge.Description) ([]byte, error) {
	if s.closed {
		return nil, failed("offer", ErrClosed)
	}
	if _, ok := proposal.Leading(); !ok {
		return nil, notAcceptable(ErrNoMedia)
	}
	p, err := s.open()
	if err != nil {
		return nil, failed("offer", err)
	}
	ours := proposalsFor(proposal, p.payloads)
	if _, used := ours.leading(); !used {
		return nil, notAcceptable(ErrNoMedia)
	}
	layout := s.layout.offering(ours)
	text, err := s.author.print(layout, p.side(setupActpass), ours)
	if err != nil {
		return nil, failed("offer", err)
	}
	s.ours = &proposed{agreements: ours, layout: layout}
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
	switch {
	case p.setup == setupActpass:
		if answer.leading().Setup == setupActpass {
			return bridge.Description{}, notAcceptable(ErrSetup)
		}
		s.watch.restart()
		if err := p.accept(answer); err != nil {
			return bridge.Description{}, failed("answer of the browser", err)
		}
	case !p.upToDate(answer):
		return bridge.Description{}, notAcceptable(ErrMismatch)
	}
	s.layout = s.ours.layout.answered(agreed)
	s.apply(agreed)
	description := answer.description()
	for _, kind := range transcode.Kinds() {
		if answer.has(kind) {
			media := &description.Media[answer.places[kind]]
			media.Formats, media.Unlisted = slices.Clone(agreed[kind].formats), agreed[kind].unlisted
		}
	}
	return description, nil
}

// answered gives what holds after the browser's answer, whose sections stand where ours did.
func (o *proposed) answered(answer *remote) (agreements, error) {
	if len(answer.session.Media) != len(o.layout.sections) {
		return agreements{}, notAcceptable(ErrMismatch)
	}
	for _, kind := range transcode.Kinds() {
		if answer.has(kind) && (!o.layout.places[kind].used || answer.places[kind] != o.layout.places[kind].index) {
			return agreements{}, notAcceptable(ErrMismatch)
		}
	}
	return o.agreements.answered(answer)
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
func (s *Session) SendDTMF(key bridge.DTMF) bool {
	return s.outgoing[transcode.Audio].sender.SendDTMF(key.Digit, key.Duration)
}

// AskKeyframe asks the browser for a full picture, by PLI (RFC 4585 section 6.3.1), if it sends pictures and was not
// asked just now. It reports true: browsers need no other way to ask.
func (s *Session) AskKeyframe() bool {
	source, known := s.incoming.source(transcode.Video)
	now, p := time.Now().UnixNano(), s.peer.Load()
	before := s.asked.Load()
	if !known || p == nil || now-before < int64(bridge.KeyframePause) || !s.asked.CompareAndSwap(before, now) {
		return true
	}
	if err := p.writeReports(s.withReport(transcode.Video, s.keyframeRequest(source))); err != nil {
		s.options.Logger.Debug("keyframe not asked for", "error", err)
	}
	return true
}

// keyframeRequest asks the sender of a stream for a full picture.
func (s *Session) keyframeRequest(source uint32) rtcp.Packet {
	return &rtcp.PictureLossIndication{SenderSSRC: s.incoming.ours[transcode.Video], MediaSSRC: source}
}

// Close ends the connection, frees its ports and waits for all goroutines. It must not be called from a callback of
// Events. A second call does nothing.
func (s *Session) Close() error {
	var err error
	s.closing.Do(func() {
		s.closed = true
		s.watch.stop()
		if p := s.peer.Swap(nil); p != nil {
			_ = p.writeReports(s.goodbye()) // one that is not sent is like one lost
			err = p.close()
		}
		for _, kind := range transcode.Kinds() {
			s.outgoing[kind].sender.Close()
		}
		s.engine.counts.open.Add(^uint64(0))
	})
	return err
}

// apply puts agreements in force.
func (s *Session) apply(agreed agreements) {
	s.incoming.accept(agreed)
	for _, kind := range transcode.Kinds() {
		s.outgoing[kind].sender.SetFormats(agreed[kind].formats)
		s.outgoing[kind].resender.Agree(agreed[kind].asksAgain(), agreed[kind].repairedAs())
	}
	audio := s.outgoing[transcode.Audio].sender
	if redundant := agreed[transcode.Audio].redundancy; redundant.ClockRate > 0 {
		audio.SetRedundancy(redundant.PayloadType, agreed[transcode.Audio].formats[0].PayloadType)
	} else {
		audio.SetRedundancy(0, 0)
	}
	event := agreed[transcode.Audio].event()
	audio.SetTelephoneEvent(event.PayloadType, event.ClockRate)
	s.watch.setDirections(agreed)
	s.watch.start()
}

func (s *Session) peerOptions() peerOptions {
	return peerOptions{
		Packet: s.incoming.packet, Reports: s.incoming.reports, Stream: s.incoming.stream, Changed: s.watch.poke,
		Undecryptable: s.incoming.faults[transcode.Audio].CannotDecrypt, Advertise: s.options.Advertise,
		Signalling: s.options.Signalling,
	}
}

// write sends a packet of a Sender, and keeps it if the browser may ask for it again.
func (s *Session) write(out *outgoing, header *rtp.Header, payload []byte) error {
	p := s.peer.Load()
	if p == nil {
		return nil
	}
	if accepted := s.incoming.accepted.Load(); accepted != nil {
		transcode.GiveOrientation(header, accepted.orientationID)
	}
	size, err := out.buffer.marshal(header, payload)
	if err != nil {
		return err
	}
	out.resender.Keep(out.buffer[:size])
	return p.seal(&out.buffer, size)
}

func (s *Session) logClose(err error) {
	if err != nil {
		s.options.Logger.Debug("closing a browser's connection", "error", err)
	}
}
