package rtpmedia

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/transcode"
	"sipbridge/transcode/dtmf"
)

// Session is the media of one leg over UDP: audio, for now. Its SDP methods (Offer, SetAnswer, SetOffer,
// Answer, Rollback) and Close are for one goroutine, the leg's. All others may be called from any.
type Session struct {
	options Options
	sockets sockets
	sender  *transcode.Sender
	cname   string
	start   time.Time

	// audio is where the party's packets go.
	audio transcode.Switch

	// negotiation belongs to the leg's goroutine.
	negotiation negotiation

	// agreed is the last agreement; nil before the first.
	agreed atomic.Pointer[agreement]
	// to and reportTo are where RTP and RTCP go; nil while unknown.
	to, reportTo atomic.Pointer[netip.AddrPort]
	// heard is when the party was last heard, or began to be expected: a time.Duration since start, which no
	// change of the wall clock moves.
	heard atomic.Int64
	// spoke tells that the party was ever heard.
	spoke atomic.Bool
	// silent tells that Events.Lost was called and media has not come back.
	silent atomic.Bool

	mu        sync.Mutex // guards the following fields; held for arithmetic only
	latch     latch
	reception reception
	remote    remoteReports

	// packet, keys and keyClock belong to whoever reads RTP: the packet that is read, and the clock of the event
	// format that keys was made for.
	packet   rtp.Packet
	keys     *dtmf.Receiver
	keyClock uint32

	// sending is the buffer for packets to the party; transcode.Sender uses it one packet at a time.
	sending [maxDatagram]byte

	wake    chan struct{} // tells the clock goroutine that something changed
	done    chan struct{} // closed by Close
	closing sync.Once
	running sync.WaitGroup
}

// New opens a pair of ports and starts the session. The error is a bridge.Cause with status 503 if no port is
// free. The session must be closed.
func New(options Options) (*Session, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Session{
		options: options, cname: newCName(), start: time.Now(), negotiation: newNegotiation(),
		latch: latch{signallingHost: options.SignallingHost},
		wake:  make(chan struct{}, 1), done: make(chan struct{}),
	}
	s.sender = transcode.NewSender(transcode.SenderOptions{Write: s.send})
	// What comes before the first agreement is only counted, so it needs nothing that is not there yet.
	if s.sockets, err = options.Ports.open(options.Bind, s.receive, s.receiveReports); err != nil {
		return nil, err
	}
	s.running.Go(s.keepTime)
	return s, nil
}

// Receive sets where the party's packets go; nil drops them. Only audio comes.
func (s *Session) Receive(kind transcode.Kind, to transcode.PacketWriter) {
	if kind == transcode.Audio {
		s.audio.Set(to)
	}
}

// Sender is the way to the party; what is not audio is dropped.
func (s *Session) Sender(kind transcode.Kind) transcode.PacketWriter {
	if kind == transcode.Audio {
		return s.sender
	}
	return transcode.PacketWriterFunc(func(*rtp.Packet) error { return nil })
}

// SendDTMF plays a key as telephone-event. It reports false, having done nothing, if the party takes none.
func (s *Session) SendDTMF(key bridge.DTMF) bool { return s.sender.SendDTMF(key.Digit, key.Duration) }

// AskKeyframe does nothing: there is no video.
func (s *Session) AskKeyframe() {}

// Stats counts the party's RTP packets and ours.
func (s *Session) Stats() bridge.MediaStats {
	sent := s.sender.Stats().Packets
	s.mu.Lock()
	defer s.mu.Unlock()
	return bridge.MediaStats{
		Received: s.reception.received, Sent: sent, Lost: s.reception.lost(), RemoteLost: s.remote.lost,
		RoundTrip: s.remote.roundTrip, Jitter: s.reception.jitter,
	}
}

// Close says goodbye by RTCP, ends all goroutines of the session and frees its ports. A second call does nothing.
func (s *Session) Close() error {
	var err error
	s.closing.Do(func() {
		s.sender.Close()
		close(s.done)
		s.sendGoodbye()
		err = s.sockets.close()
		s.running.Wait()
		s.options.Ports.giveBack(s.sockets.port, s.told())
	})
	return err
}

// told tells whether a description of ours named the ports, so that packets may still come to them. Others need
// no rest: or calls that are refused at once, which cost a stranger one packet each, would use up all ports.
func (s *Session) told() bool { return s.negotiation.text != nil }

// apply puts an agreement in force.
func (s *Session) apply(agreed *agreement) {
	before := s.agreed.Load()
	if before == nil || before.direction != bridge.SendRecv {
		s.heard.Store(int64(time.Since(s.start))) // now it is the party's turn to send
		s.silent.Store(false)
	}
	s.mu.Lock()
	if agreed.rtp.IsValid() { // a hold by address 0.0.0.0 keeps what is known
		s.latch.adopt(agreed.rtp)
	}
	s.agreed.Store(agreed)
	s.setDestinations(agreed)
	s.mu.Unlock()

	event, ok := agreed.event()
	if !ok {
		event = transcode.Format{}
	}
	s.sender.SetFormats(agreed.formats)
	s.sender.SetTelephoneEvent(event.PayloadType, event.ClockRate)
	s.sender.SetEnabled(agreed.direction.Sends())
	s.wakeUp()
}

// setDestinations sends RTP where the latch says and RTCP beside it. The caller holds mu.
func (s *Session) setDestinations(agreed *agreement) {
	to := s.latch.destination()
	reports := agreed.rtcp
	switch {
	case !to.IsValid():
		s.to.Store(nil)
		s.reportTo.Store(nil)
		return
	case agreed.mux:
		reports = to
	case to.Addr() != agreed.rtp.Addr() || !reports.IsValid():
		port := reports.Port()
		if port == 0 {
			port = to.Port() + 1
		}
		reports = netip.AddrPortFrom(to.Addr(), port)
	}
	s.to.Store(&to)
	s.reportTo.Store(&reports)
}

// wakeUp makes the clock goroutine look again.
func (s *Session) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
