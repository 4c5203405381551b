package transcode

import (
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode/comfortnoise"
	"sipbridge/transcode/opus"
)

// NoiseTaker is a PacketWriter that knows whether its party takes descriptions of noise (RFC 3389): packets of the
// payload type comfortnoise.PayloadType among those of a codec whose clock is 8000 Hz.
type NoiseTaker interface {
	// TakesNoise may be called by any goroutine.
	TakesNoise() bool
}

const (
	// noiseFrame is the length of sound in which noise is made.
	noiseFrame = 20 * time.Millisecond
	// noiseLag is how far noise stays behind the time, so that sound that follows never overlaps it.
	noiseLag = 2 * noiseFrame
	// maxNoise is how much is made up for at once, after a time in which nobody could make any.
	maxNoise = 50
)

// comfort is the noise of a source that is silent.
type comfort struct {
	generator comfortnoise.Generator
	on        bool
	due       time.Duration // when the next frame of it is
	// background is the level of the quietest sound of late, in -dBov; it is followed only for parties that are told of
	// it.
	background byte
}

// isNoise tells whether a packet describes noise, and none of a codec with that payload type.
func (t *transcoder) isNoise(packet *rtp.Packet) bool {
	return packet.PayloadType == comfortnoise.PayloadType && t.from.PayloadType != comfortnoise.PayloadType
}

// describe begins the noise that a packet describes, or changes it; a party that takes descriptions gets this one.
func (t *transcoder) describe(packet *rtp.Packet) {
	t.align(packet.Timestamp)
	if t.tellsNoise() {
		t.tell(packet.Payload[:min(len(packet.Payload), len(t.work.payload))], 0)
		return
	}
	t.comfort.generator.Describe(packet.Payload)
	if !t.comfort.on {
		t.comfort.on, t.comfort.due = true, t.now+noiseLag
	}
}

// tellsNoise tells whether the party takes descriptions.
func (t *transcoder) tellsNoise() bool {
	return t.noises != nil && t.to.ClockRate == comfortnoise.ClockRate && t.noises.TakesNoise()
}

// tell sends a description in place of so many samples of the encoder. A frame that has begun is left out: it is as
// good as silent.
func (t *transcoder) tell(description []byte, samples int) {
	t.position += uint64(len(t.frame))
	t.frame = t.frame[:0]
	t.marker = false
	t.send(comfortnoise.PayloadType, copy(t.work.payload[:], description), samples)
	t.marker = true
}

// soothe makes the noise that is due.
func (t *transcoder) soothe() {
	for range maxNoise {
		if !t.comfort.on || t.comfort.due > t.now {
			return
		}
		t.comfort.due += noiseFrame
		pcm := t.work.pcm[:t.samples(noiseFrame)]
		t.comfort.generator.Fill(pcm)
		t.put(pcm)
	}
	t.comfort.due = t.now + noiseFrame
}

// due gives when advance will have something to do, and reports false if nothing waits.
func (t *transcoder) due() (at time.Duration, ok bool) {
	at, ok = t.buffer.Due()
	if t.comfort.on && (!ok || t.comfort.due < at) {
		return t.comfort.due, true
	}
	return at, ok
}

// hush tells a party that takes it that the source is silent, and how loud its silence is, in place of sound that is
// only made up: Opus says by next to nothing that it leaves the rest out (DTX). It reports false if the party has to
// get sound.
func (t *transcoder) hush(payload []byte, samples int) bool {
	if t.from.ClockRate != opus.ClockRate || len(payload) > maxDTX || !t.tellsNoise() {
		return false
	}
	level := [1]byte{max(t.comfort.background, loudest)}
	t.cursor += uint32(int64(samples) * int64(t.from.ClockRate) / int64(t.path.decode))
	t.tell(level[:], t.encoded(samples))
	return true
}

// follow takes notice of sound for the level of the background: it is that of the quietest packet, and rises by 1 dB
// with each that is louder, 50 dB a second.
func (t *transcoder) follow(pcm []int16) {
	if t.tellsNoise() {
		t.comfort.background = max(comfortnoise.Level(pcm)[0], max(t.comfort.background, 1)-1)
	}
}

// loudest is the level of noise that is told of at most, in -dBov.
const loudest = 40

// maxDTX is the size of the packets by which Opus says that it leaves out silence, in bytes (RFC 6716 section 2.1.9 and
// opus_encode of libopus).
const maxDTX = 2

// SetComfortNoise says whether the party takes descriptions of noise; else they are left out.
func (s *Sender) SetComfortNoise(takes bool) { s.noise.Store(takes) }

// TakesNoise tells what SetComfortNoise said.
func (s *Sender) TakesNoise() bool { return s.noise.Load() }

// TakesNoise is that of the writer that is plugged in.
func (s *Switch) TakesNoise() bool {
	if to := s.to.Load(); to != nil {
		if taker, ok := (*to).(NoiseTaker); ok {
			return taker.TakesNoise()
		}
	}
	return false
}
