package rtpmedia

import (
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/quality"
	"sipbridge/bridge/rates"
	"sipbridge/bridge/repair"
	"sipbridge/bridge/srtp"
	"sipbridge/transcode"
	"sipbridge/transcode/dtmf"
)

// stream is the media of one kind: a pair of ports, and what goes both ways over it.
type stream struct {
	session *Session
	options *Options // of the session
	kind    transcode.Kind
	// pair is opened by the leg's goroutine, before there is any agreement; opened tells that it is.
	pair   atomic.Pointer[sockets]
	opened bool
	sender *transcode.Sender
	// resender has what was sent, for a party that may ask for it again.
	resender *repair.Resender
	// heard is where the party's packets go.
	heard transcode.Switch
	tones tones
	// faults counts what came for nothing.
	faults quality.Faults

	// limit is how much the other party takes of pictures, in bit/s; 0 if it did not say.
	limit atomic.Uint64
	// associations are those that agree on keys by DTLS, or are to; nil for none.
	associations atomic.Pointer[associations]

	// agent is ours of ICE; nil if there is none.
	agent atomic.Pointer[iceAgent]

	// agreed is the last agreement; nil before the first.
	agreed atomic.Pointer[agreement]
	// to and reportTo are where RTP and RTCP go; nil while unknown.
	to, reportTo atomic.Pointer[netip.AddrPort]

	mu        sync.Mutex // guards the following fields; held for arithmetic only
	latch     latch
	reception quality.Reception
	pictures  quality.Pictures
	remote    quality.Remote
	extended  quality.Extended
	pace      quality.Pace
	keyframes keyframes
	requester repair.Requester
	reach     rates.Reach

	// packet, keys and keyClock belong to whoever reads RTP: the packet that is read, and the clock of the event
	// format that keys was made for.
	packet   rtp.Packet
	keys     *dtmf.Receiver
	keyClock uint32

	// sending is the buffer for packets to the party, and large the one for those that IP has to cut: pictures of a
	// sender that may not cut them itself. transcode.Sender uses them one packet at a time.
	sending [maxDatagram + srtp.Overhead]byte
	large   []byte
}

func newStream(session *Session, kind transcode.Kind) *stream {
	s := &stream{
		session: session, options: &session.options, kind: kind,
		latch:    latch{signallingHost: session.options.SignallingHost},
		resender: repair.NewResender(keptPackets(kind)),
	}
	s.sender = transcode.NewSender(transcode.SenderOptions{
		Write: s.send, Reaches: s.reaches, Pictures: kind == transcode.Video,
	})
	return s
}

// open takes a pair of ports, if there is none yet. What comes before the first agreement is only counted.
func (s *stream) open() error {
	if s.opened {
		return nil
	}
	fresh, open, err := s.openPair()
	if err != nil {
		return err
	}
	s.pair.Store(&fresh)
	s.opened = true
	open()
	return nil
}

// sockets are those that are open, or none.
func (s *stream) sockets() *sockets {
	if open := s.pair.Load(); open != nil {
		return open
	}
	return &sockets{}
}

// close says goodbye and closes the sockets; nothing is received or sent after it returns.
func (s *stream) close() error {
	s.sender.Close()
	if !s.opened {
		return nil
	}
	s.sendGoodbye()
	if pair := s.associations.Swap(nil); pair != nil {
		pair.close()
	}
	return s.sockets().close()
}

// giveBack gives the ports back; rest tells that packets may still come to them.
func (s *stream) giveBack(rest bool) {
	if s.opened {
		s.options.Ports.giveBack(s.sockets().port, rest)
	}
}

// address is our RTP address, as SDP names it.
func (s *stream) address() netip.AddrPort {
	return netip.AddrPortFrom(s.options.Advertise, s.sockets().port)
}

// apply puts an agreement in force; nil for none.
func (s *stream) apply(agreed *agreement) {
	if agreed == nil && s.agreed.Load() == nil {
		return
	}
	if agreed == nil {
		agreed = &agreement{direction: bridge.Inactive}
	}
	s.mu.Lock()
	if agreed.ice.agent != nil {
		s.latch.adoptICE()
	} else if agreed.rtp.IsValid() { // a hold by address 0.0.0.0 keeps what is known
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
	s.resender.Agree(agreed.feedback.nack, agreed.repairs)
	s.sender.SetTelephoneEvent(event.PayloadType, event.ClockRate)
	s.sender.SetComfortNoise(agreed.noise)
	if agreed.redundant > 0 {
		s.sender.SetRedundancy(agreed.redundant, agreed.formats[0].PayloadType)
	} else {
		s.sender.SetRedundancy(0, 0)
	}
	s.useTones(agreed.formats)
	s.sender.SetEnabled(agreed.direction.Sends())
}

// stats is what is measured of the party's packets and ours.
func (s *stream) stats() quality.Stats {
	sent := s.sender.Stats()
	stats := quality.Stats{Sent: sent.Packets, SentOctets: sent.Octets}
	s.faults.Into(&stats)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reception.Into(&stats)
	s.pictures.Into(&stats)
	s.remote.Into(&stats, sent.ClockRate)
	return stats
}

// setDestinations sends RTP where the latch says and RTCP beside it. The caller holds mu.
func (s *stream) setDestinations(agreed *agreement) {
	to := s.latch.destination()
	reports := agreed.rtcp
	switch {
	case !to.IsValid(), len(agreed.formats) == 0:
		s.to.Store(nil)
		s.reportTo.Store(nil)
		return
	case agreed.mux:
		reports = to
	case agreed.ice.agent != nil:
		reports = s.latch.paths.rtcp
	case to.Addr() != agreed.rtp.Addr() || !reports.IsValid():
		port := reports.Port()
		if port == 0 {
			port = to.Port() + 1
		}
		reports = netip.AddrPortFrom(to.Addr(), port)
	}
	s.to.Store(&to)
	if !reports.IsValid() { // ICE has not found it yet
		s.reportTo.Store(nil)
		return
	}
	s.reportTo.Store(&reports)
}
