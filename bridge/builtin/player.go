package builtin

import (
	"math/rand/v2"
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
	// maxPayload is the largest packet that is made, in bytes.
	maxPayload = 1500
)

// source is sound without end.
type source interface{ Read(pcm []int16) }

// playerLeg plays a source in its own goroutine until it is hung up.
type playerLeg struct {
	*leg

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

// dialPlayer makes a leg that plays; create makes its source for a sample rate in Hz.
func dialPlayer(name string, request bridge.Request, options Options, create func(rate int) source) bridge.Leg {
	player := &playerLeg{leg: newLeg(name, request)}
	answer, format, ok := answer(request.Offer)
	if !ok {
		player.end(notAcceptable())
		return player
	}
	if err := player.prepare(format, options, create); err != nil {
		player.end(bridge.CauseOf(err))
		return player
	}
	player.emit(bridge.Answered{Answer: answer})
	go player.run() // until Hangup, which whoever was given the leg owes it; Ended tells the end
	if reader, ok := player.source.(*reader); ok {
		return keyLeg{playerLeg: player, reader: reader}
	}
	return player
}

func (p *playerLeg) prepare(format transcode.Format, options Options, create func(rate int) source) error {
	const telephone = 8000 // Hz: enough for any tone here, and cheap
	rate := telephone
	encoder, err := transcode.NewEncoder(format, rate, options.Encoder)
	if err != nil {
		rate = transcode.SampleRate(format.Codec)
		if encoder, err = transcode.NewEncoder(format, rate, options.Encoder); err != nil {
			return err
		}
	}
	p.encoder, p.source = encoder, create(rate)
	p.pcm = make([]int16, perFrame(uint32(rate)))
	p.payload = make([]byte, maxPayload)
	p.step = perFrame(format.ClockRate)
	p.packet.Header = rtp.Header{
		Version: 2, Marker: true, PayloadType: format.PayloadType, SSRC: rand.Uint32(),
		SequenceNumber: uint16(rand.Uint32()), Timestamp: rand.Uint32(),
	}
	return nil
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
	began := time.Now()
	for {
		select {
		case <-p.hung:
			return
		case <-ticker.C:
			p.play(int(time.Since(began) / frameTime))
		}
	}
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
