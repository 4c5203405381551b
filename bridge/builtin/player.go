package builtin

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

const (
	// frameTime is the length of the packets played.
	frameTime = 20 * time.Millisecond
	// framesBehind is how many frames are made up for at once on a machine that was too busy; what is missing beyond
	// that is left out.
	framesBehind = 5
	// longestWait is how long early sound waits for the way to the caller, whose page may not take any.
	longestWait = 3 * time.Second
	// maxPayload is the largest packet that is made, in bytes.
	maxPayload = 1500
)

// source is sound, without end unless it is a finite.
type source interface{ Read(pcm []int16) }

// finite is a source that ends.
type finite interface {
	source
	// finished tells that all was read; silence follows.
	finished() bool
}

// performance says what a playerLeg plays.
type performance struct {
	// name is shown; it may be empty.
	name string
	// early plays before an answer that never comes, once the caller can hear it.
	early bool
	// rates in Hz are tried in order, before the best one of the codec.
	rates   []int
	encoder transcode.EncoderOptions
	// create makes the source for a sample rate in Hz.
	create func(rate int) (source, error)
}

// playerLeg plays a source in its own goroutine until it ends or is hung up.
type playerLeg struct {
	*leg

	// wait is how long the way to the party is waited for at most.
	wait time.Duration

	// ---- owned by the goroutine ----

	source  source
	encoder transcode.Encoder
	pcm     []int16
	payload []byte
	packet  rtp.Packet
	// step is how far the timestamp goes with each frame.
	step uint32
	// frames is the number of frames played or left out.
	frames int
}

// dialPlayer makes a leg that plays.
func dialPlayer(request bridge.Request, what performance) bridge.Leg {
	player := &playerLeg{leg: newLeg(what.name, request)}
	answer, format, ok := answer(request.Offer)
	if !ok {
		player.end(notAcceptable())
		return player
	}
	if err := player.prepare(format, what); err != nil {
		player.end(bridge.CauseOf(err))
		return player
	}
	if what.early {
		player.wait = longestWait
		player.emit(bridge.Ringing{Early: &answer})
	} else {
		player.emit(bridge.Answered{Answer: answer})
	}
	go player.run() // until Hangup, which whoever was given the leg owes it, or the end; Ended tells the end
	if reader, ok := player.source.(*reader); ok {
		return keyLeg{playerLeg: player, reader: reader}
	}
	return player
}

func (p *playerLeg) prepare(format transcode.Format, what performance) error {
	rate, err := p.chooseRate(format, what)
	if err != nil {
		return err
	}
	if p.source, err = what.create(rate); err != nil {
		return err
	}
	p.pcm = make([]int16, perFrame(uint32(rate)))
	p.payload = make([]byte, maxPayload)
	p.step = perFrame(format.ClockRate)
	p.packet.Header = rtp.Header{
		Version: 2, Marker: true, PayloadType: format.PayloadType, SSRC: rand.Uint32(),
		SequenceNumber: uint16(rand.Uint32()), Timestamp: rand.Uint32(),
	}
	return nil
}

// chooseRate makes the encoder, at the first rate that the codec knows.
func (p *playerLeg) chooseRate(format transcode.Format, what performance) (rate int, err error) {
	for _, rate := range append(slices.Clone(what.rates), transcode.SampleRate(format.Codec)) {
		if p.encoder, err = transcode.NewEncoder(format, rate, what.encoder); err == nil {
			return rate, nil
		}
	}
	return 0, err
}

// perFrame gives how often something with a rate in Hz happens in a frame.
func perFrame(rate uint32) uint32 {
	return uint32(uint64(rate) * uint64(frameTime) / uint64(time.Second))
}

// run plays at the pace of the clock.
func (p *playerLeg) run() {
	defer p.end(bridge.Normal())
	ticker := time.NewTicker(frameTime)
	defer ticker.Stop()
	if !p.awaitWay(ticker.C) {
		return
	}
	began := time.Now()
	for {
		select {
		case <-p.hung:
			return
		case <-ticker.C:
			p.play(int(time.Since(began) / frameTime))
			if sound, ok := p.source.(finite); ok && sound.finished() {
				return
			}
		}
	}
}

// awaitWay waits until what is played reaches the party, and reports false if it hung up meanwhile.
func (p *playerLeg) awaitWay(ticks <-chan time.Time) bool {
	for began := time.Now(); time.Since(began) < p.wait && !p.media.out[transcode.Audio].Reaches(); {
		select {
		case <-p.hung:
			return false
		case <-ticks:
		}
	}
	return true
}

// play plays the frames up to the one that is due.
func (p *playerLeg) play(due int) {
	if late := due - framesBehind - p.frames; late > 0 {
		p.frames += late
		p.packet.Timestamp += uint32(late) * p.step
	}
	for ; p.frames < due; p.frames++ {
		p.source.Read(p.pcm)
		size, err := p.encoder.Encode(p.pcm, p.payload)
		if err == nil && size > 0 {
			p.packet.Payload = p.payload[:size]
			// Where the packet goes counts what it cannot send; there is nobody else to tell.
			_ = p.media.say(&p.packet)
			p.packet.Marker = false
			p.packet.SequenceNumber++
		}
		p.packet.Timestamp += p.step
	}
}

// keyLeg is a playerLeg that hears keys.
type keyLeg struct {
	*playerLeg

	reader *reader
}

// SendDTMF is what the caller pressed.
func (k keyLeg) SendDTMF(key bridge.DTMF) { k.reader.press(key.Digit) }
