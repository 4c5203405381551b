// Package sound is what the parties of a measured call say to each other, and how its delay is told.
//
// A call that only passes packets on carries payloads with the time of sending in them (Stamped). A call that
// transcodes carries a signal like speech, so that the codecs work as hard as they would on a person, with a short beep
// each second whose arrival is heard (Heard).
package sound

import (
	"math"
	"math/rand/v2"
	"time"
)

// The sound is cut into packets of 20 ms; what is played repeats after loopPackets.
const (
	// PacketTime is the length of sound in a packet.
	PacketTime = 20 * time.Millisecond

	packetsPerSecond = int(time.Second / PacketTime)
	loopPackets      = 8 * packetsPerSecond
)

// A beep replaces the speech for beepPackets, once in beepEvery packets.
const (
	beepEvery     = packetsPerSecond
	beepPackets   = 2
	beepHertz     = 3000
	beepAmplitude = 12000
)

// beepStarts says whether a beep begins with the packet of the loop.
func beepStarts(packet int) bool { return packet%beepEvery == beepEvery/2 }

func isBeep(packet int) bool {
	at := packet%beepEvery - beepEvery/2
	return at >= 0 && at < beepPackets
}

// speech makes the loop: voiced syllables of wandering pitch, hissing between some of them, short pauses with a little
// noise, and the beeps. It is the same at each run.
func speech(sampleRate int) []int16 {
	perPacket := sampleRate / packetsPerSecond
	random := rand.New(rand.NewPCG(1, 2))
	samples := make([]int16, loopPackets*perPacket)
	phase, smooth := 0.0, 0.0
	for i := range samples {
		t := float64(i) / float64(sampleRate)
		if isBeep(i / perPacket) {
			samples[i] = int16(beepAmplitude * math.Sin(2*math.Pi*beepHertz*t))
			continue
		}
		pitch := 130 + 30*math.Sin(2*math.Pi*0.7*t) + 8*math.Sin(2*math.Pi*5*t)
		phase += pitch / float64(sampleRate)
		syllable := max(0, math.Sin(2*math.Pi*3.7*t)+0.2)
		hiss := max(0, math.Sin(2*math.Pi*1.3*t)-0.6)
		white := random.NormFloat64()
		smooth += 0.5 * (white - smooth)
		samples[i] = int16(1500*syllable*voice(phase, pitch, sampleRate) + 1200*hiss*(white-smooth) + 20*white)
	}
	return samples
}

// voice is a sum of harmonics, loudest at the formants of a vowel.
func voice(phase, pitch float64, sampleRate int) float64 {
	highest := min(3600, 0.45*float64(sampleRate))
	sum := 0.0
	for n := 1.0; n*pitch < highest; n++ {
		f := n * pitch
		weight := 0.03 + formant(f, 500, 120) + 0.6*formant(f, 1400, 150) + 0.25*formant(f, 2400, 200)
		sum += weight * math.Sin(2*math.Pi*n*phase)
	}
	return sum
}

func formant(hertz, center, width float64) float64 {
	x := (hertz - center) / width
	return 1 / (1 + x*x)
}
