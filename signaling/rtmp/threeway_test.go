package rtmp_test

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/transcode"
	"sipbridge/transcode/dtmf"
)

// voice is a tone in 20 ms frames of a codec.
type voice struct {
	t       *testing.T
	tone    *dtmf.Tone
	encoder transcode.Encoder
	rate    int
	frames  uint32
}

func newVoice(t *testing.T, format transcode.Format, hertz float64) *voice {
	t.Helper()
	rate := int(format.ClockRate)
	encoder, err := transcode.NewEncoder(format, rate, transcode.EncoderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return &voice{t: t, tone: dtmf.NewTone(rate, -16, hertz), encoder: encoder, rate: rate}
}

// next gives the next frame.
func (v *voice) next() []byte {
	v.t.Helper()
	pcm, payload := make([]int16, v.rate/50), make([]byte, 500)
	v.tone.Read(pcm)
	size, err := v.encoder.Encode(pcm, payload)
	if err != nil {
		v.t.Fatal(err)
	}
	v.frames++
	return payload[:size]
}

// say lets a phone say the next frame.
func (v *voice) say(phone bridgetest.Dialled) {
	v.t.Helper()
	packet := &rtp.Packet{Payload: v.next()}
	packet.Header = rtp.Header{SequenceNumber: uint16(v.frames), Timestamp: v.frames * uint32(v.rate/50), SSRC: 5}
	if _, err := phone.FakeMedia().Deliver(transcode.Audio, packet); err != nil {
		v.t.Fatal(err)
	}
}

// checkTones wants some tones and no others in sound at 8 kHz.
func checkTones(t *testing.T, who string, pcm []int16, heard map[float64]bool) {
	t.Helper()
	if len(pcm) < 8000 {
		t.Fatalf("%s hears %d samples", who, len(pcm))
	}
	for hertz, want := range heard {
		amplitude := dtmf.Goertzel(pcm[len(pcm)-4000:], 8000, hertz)
		if loud := amplitude > dtmf.Amplitude(-16)/4; loud != want {
			t.Errorf("%s hears %.0f Hz at %.0f, want it: %t", who, hertz, amplitude, want)
		}
	}
}

// TestThreeWay lets two phones and a Flash phone hear each other, until one of the phones hangs up.
func TestThreeWay(t *testing.T) {
	t.Parallel()
	const hers, his, theirs = 440, 700, 1100
	w := newWorld(t)
	alice := loginFS(t, w)
	alice.Play("play")
	stream := alice.Publish("publish")
	var names []string
	var phones []bridgetest.Dialled
	for range 3 {
		names = append(names, alice.makeCall())
		phones = append(phones, w.phone.AwaitDial(t))
	}
	alice.fails("not in this state of the call", "three_way", names[0], names[1])
	for i, phone := range phones[:2] {
		phone.Emit(answered())
		hears(t, alice.Client, "callState", names[i], "ACTIVE")
		phone.FakeMedia().AwaitPlugged(t, transcode.Audio)
	}
	alice.must("hangup", names[2])
	alice.fails("bad arguments", "three_way", names[0], names[0])
	alice.fails("no such call", "three_way", names[0], names[2])
	alice.must("three_way", names[0], names[1])
	hears(t, alice.Client, "onAttach", names[0])
	alice.fails("not in this state of the call", "three_way", names[1], names[0])
	alice.must("attach", names[1]) // which is heard as the first

	speex := transcode.Format{Codec: transcode.Codec{Name: "speex", ClockRate: 16000}}
	her := newVoice(t, speex, hers)
	voices := []*voice{newVoice(t, bridgetest.PCMU(), his), newVoice(t, bridgetest.PCMU(), theirs)}
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	speakAll := func(frames int) {
		for range frames {
			<-ticker.C
			alice.Speak(stream, her.frames*20, append([]byte{0xb2}, her.next()...))
			for i, phone := range phones[:2] {
				if !phone.Ended() {
					voices[i].say(phone)
				}
			}
		}
	}
	speakAll(100)
	heardBy := func(phone bridgetest.Dialled) []int16 {
		return decodePCMU(t, payloadsOf(phone.FakeMedia().Sent(transcode.Audio)))
	}
	checkTones(t, "the first", heardBy(phones[0]), map[float64]bool{hers: true, his: false, theirs: true})
	checkTones(t, "the second", heardBy(phones[1]), map[float64]bool{hers: true, his: true, theirs: false})
	checkTones(t, "she", decodeTags(t, alice.AwaitHeard(60)), map[float64]bool{hers: false, his: true, theirs: true})

	phones[0].Emit(bridge.Ended{Cause: bridge.Normal()})
	hears(t, alice.Client, "onAttach", names[1])
	before := len(alice.AwaitHeard(60))
	speakAll(100)
	checkTones(t, "the one who is left", heardBy(phones[1]), map[float64]bool{hers: true, his: false, theirs: false})
	alone := decodeTags(t, alice.AwaitHeard(before + 60)[before:])
	checkTones(t, "she", alone, map[float64]bool{hers: false, his: false, theirs: true})
	if said := alice.Said("onAttach"); said != 5 { // three calls, the first, the second
		t.Errorf("onAttach came %d times: %+v", said, alice.Commands())
	}
}
