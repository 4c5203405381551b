package webrtcmedia

import (
	"sync"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// packetSize is the largest packet that is read; pion cuts off what is longer.
const packetSize = 1500

// stream is one source (SSRC) of the browser. Only the newest is heard, and only it is read.
type stream struct {
	receiver *webrtc.RTPReceiver
	done     chan struct{} // closed when its reader is gone
}

// onTrack is called by pion, in a goroutine of its own, when a stream begins. That goroutine becomes its reader.
func (p *peer) onTrack(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	next := &stream{receiver: receiver, done: make(chan struct{})}
	previous, ok := p.admit(next)
	if !ok {
		// Stopping fails only where it is stopped already.
		_ = receiver.Stop()
		return
	}
	defer p.readers.Done()
	defer close(next.done)
	if previous != nil {
		_ = previous.receiver.Stop()
		<-previous.done
	}
	var reports sync.WaitGroup
	defer reports.Wait()
	reports.Go(func() { p.readReports(receiver.Read) })
	p.read(track)
	// The track may end by itself; then the reports would go on.
	_ = receiver.Stop()
}

// admit makes a stream the current one, unless the peer is closed or the browser opens too many.
func (p *peer) admit(next *stream) (previous *stream, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opened++
	switch {
	case p.closed:
		return nil, false
	case p.opened > maxStreams:
		if p.opened == maxStreams+1 {
			p.engine.counts.floods.Add(1)
			p.readers.Go(p.giveUp)
		}
		return nil, false
	}
	p.readers.Add(1)
	previous, p.current = p.current, next
	return previous, true
}

// giveUp closes the connection of a browser that abuses it. The session finds it closed and tells its leg.
func (p *peer) giveUp() {
	// What cannot be closed is closed again, and reported, by close.
	_ = p.connection.Close()
}

// allowStreams begins a new count: a negotiation may change the browser's SSRC.
func (p *peer) allowStreams() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opened = 0
}

// read passes the packets of a track on until it ends. Buffer and packet are used again for each.
func (p *peer) read(track *webrtc.TrackRemote) {
	buffer := make([]byte, packetSize)
	packet := &rtp.Packet{}
	for {
		n, _, err := track.Read(buffer)
		if n == 0 && err != nil {
			return
		}
		// With an error beside data pion does not know the payload type; who reads the packet counts that.
		if packet.Unmarshal(buffer[:n]) == nil {
			p.options.Packet(packet)
		}
	}
}

// readReports passes RTCP on until its source ends.
func (p *peer) readReports(read func([]byte) (int, interceptor.Attributes, error)) {
	buffer := make([]byte, packetSize)
	for {
		n, _, err := read(buffer)
		if err != nil {
			return
		}
		if packets, err := rtcp.Unmarshal(buffer[:n]); err == nil {
			p.options.Reports(packets)
		}
	}
}
