package rtpmedia

import (
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// negotiate lets one session offer and the other answer with the first format.
func negotiate(t *testing.T, caller, callee *Session, proposal bridge.Description) bridge.Description {
	t.Helper()
	offer := must[[]byte](t)(caller.Offer(proposal))
	offered := must[bridge.Description](t)(callee.SetOffer(offer))
	answer := audio(offered.Media[0].Direction.Mirror(), offered.Media[0].Formats[0])
	text := must[[]byte](t)(callee.Answer(answer))
	return must[bridge.Description](t)(caller.SetAnswer(text))
}

func TestAudioBothWays(t *testing.T) {
	t.Parallel()
	tests := map[string][]transcode.Format{
		"PCMU": {pcmu()}, "PCMA": {pcma(), pcmu()}, "opus": {opus(), pcmu()},
	}
	for name, formats := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caller, callee := newSession(t, nil), newSession(t, nil)
			agreed := negotiate(t, caller, callee, audio(bridge.SendRecv, formats...))
			format := agreed.Media[0].Formats[0]
			if !format.Equal(formats[0].Codec) {
				t.Fatalf("agreed on %v", agreed)
			}
			exchange(t, caller, callee, format)
			exchange(t, callee, caller, format)
		})
	}
}

// exchange sends 20 packets one way and checks that they come as they were sent.
func exchange(t *testing.T, from, to *Session, format transcode.Format) {
	t.Helper()
	ear := &recorder{}
	to.Receive(transcode.Audio, ear)
	voice := newSpeech(from, format)
	for range 20 {
		voice.say(t)
	}
	eventually(t, "20 packets", func() bool { return ear.count() >= 20 })
	packets := ear.all()
	for i, packet := range packets[1:] {
		if packet.PayloadType != format.PayloadType || string(packet.Payload) != "some speech" {
			t.Errorf("heard %v", packet)
		}
		if packet.SequenceNumber != packets[i].SequenceNumber+1 || packet.SSRC != packets[0].SSRC {
			t.Errorf("packet %d follows packet %d", packet.SequenceNumber, packets[i].SequenceNumber)
		}
	}
	if got := to.Stats().Audio; got.Received < 20 || got.Lost != 0 {
		t.Errorf("the receiver counts %+v", got)
	}
	if got := from.Stats().Audio; got.Sent < 20 {
		t.Errorf("the sender counts %+v", got)
	}
	to.Receive(transcode.Audio, nil)
}

// keyboard collects pressed keys.
type keyboard struct {
	mu   sync.Mutex
	keys []bridge.DTMF
}

func (k *keyboard) press(key bridge.DTMF) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys = append(k.keys, key)
}

func (k *keyboard) text() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	text := ""
	for _, key := range k.keys {
		text += string(key.Digit)
	}
	return text
}

func TestKeysBothWays(t *testing.T) {
	t.Parallel()
	for name, codec := range map[string]transcode.Format{"8 kHz": pcmu(), "48 kHz": opus()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var callerHears, calleeHears keyboard
			caller := newSession(t, func(o *Options) { o.Events.Pressed = callerHears.press })
			callee := newSession(t, func(o *Options) { o.Events.Pressed = calleeHears.press })
			negotiate(t, caller, callee, audio(bridge.SendRecv, codec))
			const keys = "15*#D"
			for _, digit := range []byte(keys) {
				key := bridge.DTMF{Digit: digit, Duration: 60 * time.Millisecond}
				if !caller.SendDTMF(key) || !callee.SendDTMF(key) {
					t.Fatal("a key was not taken")
				}
			}
			eventually(t, "all keys", func() bool { return callerHears.text() == keys && calleeHears.text() == keys })
			for _, key := range calleeHears.keys {
				if key.Duration != 60*time.Millisecond {
					t.Errorf("%c was held %v", key.Digit, key.Duration)
				}
			}
		})
	}
}

// TestKeysAsTones: keys cross in the sound, with no telephone-event in any description.
func TestKeysAsTones(t *testing.T) {
	t.Parallel()
	var callerHears, calleeHears keyboard
	caller := newSession(t, func(o *Options) { o.Events.Pressed = callerHears.press })
	callee := newSession(t, func(o *Options) { o.Events.Pressed = calleeHears.press })
	caller.KeysAsTones()
	callee.KeysAsTones()
	negotiate(t, caller, callee, audio(bridge.SendRecv, pcma()))
	const keys = "15*#D"
	for _, digit := range []byte(keys) {
		key := bridge.DTMF{Digit: digit, Duration: 100 * time.Millisecond}
		if !caller.SendDTMF(key) || !callee.SendDTMF(key) {
			t.Fatal("a key was not taken")
		}
	}
	eventually(t, "all keys", func() bool { return callerHears.text() == keys && calleeHears.text() == keys })
	if text := string(caller.negotiation.text) + string(callee.negotiation.text); strings.Contains(text, "event") {
		t.Errorf("they say %s", text)
	}
	offered := newPhone(t, "127.0.0.1", 1).offer()
	third := newSession(t, nil)
	third.KeysAsTones()
	description := must[bridge.Description](t)(third.SetOffer(offered))
	if answer := must[[]byte](t)(third.Answer(description)); strings.Contains(string(answer), "event") {
		t.Errorf("events are answered: %s", answer)
	}
}

func TestKeysNeedAnEventFormat(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 1)
	if session.SendDTMF(bridge.DTMF{Digit: '1'}) {
		t.Error("a key was taken before any agreement")
	}
	offer := "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\n"
	party.call(session, []byte(offer))
	if session.SendDTMF(bridge.DTMF{Digit: '1'}) {
		t.Error("a key was taken though the party takes none")
	}
}

// TestHold holds from one side, resumes, and holds by address.
func TestHold(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 1)
	ear := &recorder{}
	session.Receive(transcode.Audio, ear)
	to := session.audio().address()
	voice := newSpeech(session, pcmu())

	party.call(session, party.offer())
	party.say(to)
	eventually(t, "the party is heard", func() bool { return ear.count() == 1 })
	voice.say(t)
	party.hear()

	party.call(session, party.offer("a=inactive"))
	party.say(to)
	eventually(t, "a held packet", func() bool { return session.options.Counters.Stats().Held == 1 })
	voice.say(t)
	party.heardNothing()

	// sendonly by address: music on hold is heard, nothing goes back.
	zero := "v=0\r\nc=IN IP4 0.0.0.0\r\nm=audio 4000 RTP/AVP 0\r\n"
	if answer := party.call(session, []byte(zero)); answer.Direction != bridge.RecvOnly {
		t.Errorf("answered %s to a hold by address", answer.Direction)
	}
	party.say(to)
	eventually(t, "music on hold", func() bool { return ear.count() == 2 })
	voice.say(t)
	party.heardNothing()

	party.call(session, party.offer())
	voice.say(t)
	party.hear()
	if ear.count() != 2 {
		t.Errorf("heard %d packets", ear.count())
	}
}

func TestRemoteHold(t *testing.T) {
	t.Parallel()
	caller, callee := newSession(t, nil), newSession(t, nil)
	negotiate(t, caller, callee, audio(bridge.SendRecv, pcmu()))
	agreed := negotiate(t, caller, callee, audio(bridge.SendOnly, pcmu()))
	if got := agreed.Media[0].Direction; got != bridge.RecvOnly {
		t.Errorf("the party's direction is %s", got)
	}
	newSpeech(callee, pcmu()).say(t)
	if sent := callee.Stats().Audio.Sent; sent != 0 {
		t.Errorf("%d packets were sent to a party that holds", sent)
	}
}

// TestNoPicturesUnlessAgreed holds that a session of sound alone has no ports for pictures, and takes and gives none.
func TestNoPicturesUnlessAgreed(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 1)
	party.call(session, party.offer())
	session.Receive(transcode.Video, &recorder{})
	if session.AskKeyframe() {
		t.Error("a party without pictures was asked for one")
	}
	packet := &rtp.Packet{Header: rtp.Header{PayloadType: 96}, Payload: []byte{1}}
	if err := session.Sender(transcode.Video).WriteRTP(packet); err != nil {
		t.Error(err)
	}
	if video := session.streams[transcode.Video]; video.opened || video.sender.Stats().Packets != 0 {
		t.Error("pictures were sent")
	}
}

func TestNothingIsSentBeforeAnAgreement(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 1)
	ear := &recorder{}
	session.Receive(transcode.Audio, ear)
	newSpeech(session, pcmu()).say(t)
	party.say(session.audio().address())
	eventually(t, "the packet is counted", func() bool { return session.options.Counters.Stats().Unagreed == 1 })
	if ear.count() != 0 || session.Stats().Audio.Sent != 0 {
		t.Error("media went through without an agreement")
	}
}

// TestNoLeak opens and closes 200 sessions; TestMain finds goroutines that stay.
func TestNoLeak(t *testing.T) {
	ports := newRange(t, 20000, 29999)
	before := descriptors(t)
	for range 100 {
		caller := must[*Session](t)(New(Options{Ports: ports}))
		callee := must[*Session](t)(New(Options{Ports: ports}))
		negotiate(t, caller, callee, audio(bridge.SendRecv, pcmu()))
		newSpeech(caller, pcmu()).say(t)
		for _, session := range []*Session{caller, callee, caller} { // the second Close does nothing
			if err := session.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if ports.InUse() != 0 {
		t.Errorf("%d ports are still in use", ports.InUse())
	}
	if after := descriptors(t); after > before {
		t.Errorf("%d file descriptors before, %d after", before, after)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestClosedSessionIsHarmless(t *testing.T) {
	t.Parallel()
	session, party := newSession(t, nil), newPhone(t, "127.0.0.1", 1)
	party.call(session, party.offer())
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	newSpeech(session, pcmu()).say(t)
	session.Receive(transcode.Audio, &recorder{})
	if session.SendDTMF(bridge.DTMF{Digit: '1'}) || session.Stats().Audio.Sent != 0 {
		t.Error("a closed session sends")
	}
}
