package builtin_test

import (
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/bridge/builtin"
	"sipbridge/transcode"
	"sipbridge/transcode/dtmf"
	"sipbridge/transcode/pcm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dial calls a number with an offer and gives its leg and answer.
func dial(t *testing.T, name string, offer bridge.Description) (bridge.Leg, bridge.Description) {
	t.Helper()
	endpoint := builtin.Endpoints(builtin.Options{Pause: 100 * time.Millisecond})[name]
	leg := endpoint.Dial(bridge.Request{To: "sip:" + name + "@test", Offer: &offer})
	answered, ok := next(t, leg).(bridge.Answered)
	if !ok {
		t.Fatalf("%s did not answer", name)
	}
	t.Cleanup(func() {
		leg.Hangup(bridge.Cause{Status: 200, Text: "enough"})
		leg.Hangup(bridge.Normal())
		ended, ok := next(t, leg).(bridge.Ended)
		if !ok || ended.Cause.Text != "enough" {
			t.Errorf("got %+v, want Ended by the first Hangup", ended)
		}
		if event, ok := <-leg.Events(); ok {
			t.Errorf("%+v after Ended", event)
		}
	})
	return leg, answered.Answer
}

func next(t *testing.T, leg bridge.Leg) bridge.Event {
	t.Helper()
	select {
	case event := <-leg.Events():
		return event
	case <-time.After(bridgetest.Patience):
		t.Fatal("no event")
		return nil
	}
}

func TestEcho(t *testing.T) {
	t.Parallel()
	leg, answer := dial(t, "echo", bridgetest.Audio(bridgetest.Opus(), bridgetest.PCMU()))
	if format := answer.Media[0].Formats[0]; len(answer.Media[0].Formats) != 1 || format.PayloadType != 111 {
		t.Errorf("answered %+v, want Opus, the caller's first", answer)
	}
	heard := bridgetest.NewMedia()
	leg.Media().Receive(transcode.Audio, heard.Sender(transcode.Audio))
	for number := range uint16(3) {
		header := rtp.Header{SequenceNumber: number, SSRC: 5, PayloadType: 111}
		packet := &rtp.Packet{Header: header, Payload: []byte{byte(number)}}
		if err := leg.Media().Sender(transcode.Audio).WriteRTP(packet); err != nil {
			t.Fatal(err)
		}
	}
	sent := heard.Sent(transcode.Audio)
	if len(sent) != 3 || sent[2].SequenceNumber != 2 || sent[2].SSRC != 5 || sent[2].Payload[0] != 2 {
		t.Errorf("heard %+v, want what was said", sent)
	}
	if stats := leg.Media().Stats().Audio; stats.Sent != 3 || stats.Received != 3 {
		t.Errorf("counted %+v", stats)
	}
}

// TestEchoShowsBack holds that echo shows the caller its own pictures, and asks it for a full one.
func TestEchoShowsBack(t *testing.T) {
	t.Parallel()
	vp8 := transcode.Format{Codec: transcode.Codec{Name: "VP8", ClockRate: 90000}, PayloadType: 96}
	offer := bridgetest.Audio(bridgetest.PCMU())
	offer.Media = append(offer.Media, bridge.MediaDescription{Kind: transcode.Video, Formats: []transcode.Format{vp8}})
	leg, answer := dial(t, "echo", offer)
	if pictures, ok := answer.First(transcode.Video); !ok || pictures.Formats[0] != vp8 {
		t.Fatalf("answered %+v", answer)
	}
	seen := bridgetest.NewMedia()
	leg.Media().Receive(transcode.Video, seen.Sender(transcode.Video))
	packet := &rtp.Packet{Header: rtp.Header{SequenceNumber: 7, PayloadType: 96, Marker: true}, Payload: []byte{1}}
	if err := leg.Media().Sender(transcode.Video).WriteRTP(packet); err != nil {
		t.Fatal(err)
	}
	if sent := seen.Sent(transcode.Video); len(sent) != 1 || sent[0].SequenceNumber != 7 || !sent[0].Marker {
		t.Errorf("seen %v", sent)
	}
	leg.AskKeyframe()
	if _, ok := (<-leg.Events()).(bridge.KeyframeAsked); !ok {
		t.Error("nobody is asked for a full picture")
	}
	if leg, answer := dial(t, "tone", offer); !answer.Media[1].Refused() {
		t.Errorf("%v shows pictures: %+v", leg.Info(), answer)
	}
}

// TestEchoShowsWhatIsAdded holds that echo shows pictures back that come into a call, and lets them go again.
func TestEchoShowsWhatIsAdded(t *testing.T) {
	t.Parallel()
	vp8 := transcode.Format{Codec: transcode.Codec{Name: "VP8", ClockRate: 90000}, PayloadType: 96}
	sound := bridgetest.Audio(bridgetest.PCMU())
	offer := bridgetest.Audio(bridgetest.PCMU())
	offer.Media = append(offer.Media, bridge.MediaDescription{
		Kind: transcode.Video, Direction: bridge.SendOnly, Formats: []transcode.Format{vp8},
	})
	leg, _ := dial(t, "echo", sound)
	accepts := func(offer bridge.Description) bridge.Description {
		leg.Offer(offer)
		accepted, ok := next(t, leg).(bridge.Accepted)
		if !ok {
			t.Fatalf("%+v is not accepted", offer)
		}
		return accepted.Answer
	}
	pictures, ok := accepts(offer).First(transcode.Video)
	if !ok || pictures.Formats[0] != vp8 || pictures.Direction != bridge.RecvOnly {
		t.Errorf("answered %+v", pictures)
	}
	for _, step := range []struct{ theirs, answered, offered bridge.Direction }{
		{bridge.RecvOnly, bridge.Inactive, bridge.RecvOnly}, // the camera is switched off
		{bridge.SendRecv, bridge.SendRecv, bridge.SendRecv}, // and on
	} {
		offer.Media[1].Direction = step.theirs
		if pictures, _ := accepts(offer).First(transcode.Video); pictures.Direction != step.answered {
			t.Errorf("%v is answered by %v", step.theirs, pictures.Direction)
		}
		offered, ok := next(t, leg).(bridge.Offered)
		if pictures, _ := offered.Offer.First(transcode.Video); !ok || pictures.Direction != step.offered {
			t.Errorf("after %v it says %+v", step.theirs, offered)
		}
	}
	if _, shows := accepts(sound).First(transcode.Video); shows {
		t.Error("it shows what is not there any more")
	}
	leg.Offer(bridge.Description{})
	if _, ok := next(t, leg).(bridge.Refused); !ok {
		t.Error("it accepts nothing at all")
	}
}

func TestTone(t *testing.T) {
	t.Parallel()
	for _, format := range []transcode.Format{bridgetest.PCMU(), bridgetest.PCMA(), bridgetest.Opus()} {
		t.Run(format.Name, func(t *testing.T) {
			t.Parallel()
			leg, _ := dial(t, "tone", bridgetest.Audio(format))
			ear := newEar(t, format)
			leg.Media().Receive(transcode.Audio, ear)
			pcm := ear.await(4000)[800:] // the codec's start is no tone yet
			amplitude := dtmf.Goertzel(pcm, 8000, 1004)
			if want := dtmf.Amplitude(0); amplitude < want*0.9 || amplitude > want*1.1 {
				t.Errorf("the amplitude at 1004 Hz is %.0f, want %.0f", amplitude, want)
			}
		})
	}
}

func TestKeysAreReadBack(t *testing.T) {
	t.Parallel()
	leg, _ := dial(t, "dtmf", bridgetest.Audio(bridgetest.PCMU()))
	ear := newEar(t, bridgetest.PCMU())
	leg.Media().Receive(transcode.Audio, ear)
	const keys = "159D*0#"
	for _, digit := range keys {
		leg.SendDTMF(bridge.DTMF{Digit: byte(digit)})
	}
	leg.SendDTMF(bridge.DTMF{Digit: 'x'})
	var heard string
	detector := dtmf.NewDetector(8000, func(key dtmf.Key) { heard += string(rune(key.Digit)) })
	detector.Hear(ear.await(8000 * 3))
	if heard != keys {
		t.Errorf("heard %q, want %q", heard, keys)
	}
}

func TestStreamIsEven(t *testing.T) {
	t.Parallel()
	leg, _ := dial(t, "tone", bridgetest.Audio(bridgetest.Opus()))
	media := bridgetest.NewMedia()
	leg.Media().Receive(transcode.Audio, media.Sender(transcode.Audio))
	sent := media.AwaitSent(t, transcode.Audio, 5)
	for i := 1; i < len(sent); i++ {
		sequence := sent[i].SequenceNumber - sent[i-1].SequenceNumber
		if step := sent[i].Timestamp - sent[i-1].Timestamp; sequence != 1 || step == 0 || step%960 != 0 {
			t.Errorf("packet %d goes on by %d and %d, want 1 and frames of 960", i, sequence, step)
		}
	}
}

func TestUnusableOffers(t *testing.T) {
	t.Parallel()
	g729 := transcode.Format{Codec: transcode.Codec{Name: "G729", ClockRate: 8000}, PayloadType: 18}
	for name, endpoint := range builtin.Endpoints(builtin.Options{}) {
		for _, offer := range []*bridge.Description{nil, {}, new(bridgetest.Audio()), new(bridgetest.Audio(g729))} {
			leg := endpoint.Dial(bridge.Request{Offer: offer})
			ended, ok := next(t, leg).(bridge.Ended)
			if !ok || ended.Cause.Status != 488 {
				t.Errorf("%s: got %+v, want Ended with 488", name, ended)
			}
			leg.Hangup(bridge.Normal())
		}
	}
}

// TestPicturesAlone shows them back, and has nothing to say to them at the numbers that only speak.
func TestPicturesAlone(t *testing.T) {
	t.Parallel()
	vp8 := transcode.Format{Codec: transcode.Codec{Name: "VP8", ClockRate: 90000}, PayloadType: 96}
	offer := bridge.Description{Media: []bridge.MediaDescription{
		{Kind: transcode.Audio}, {Kind: transcode.Video, Formats: []transcode.Format{vp8}},
	}}
	for name, endpoint := range builtin.Endpoints(builtin.Options{}) {
		leg := endpoint.Dial(bridge.Request{Offer: &offer})
		switch event := next(t, leg).(type) {
		case bridge.Answered:
			if video, ok := event.Answer.First(transcode.Video); !ok || name != "echo" || video.Formats[0].PayloadType != 96 {
				t.Errorf("%s answers %+v", name, event.Answer)
			}
		case bridge.Ended:
			if name == "echo" || event.Cause.Status != 488 {
				t.Errorf("%s ends with %v", name, event.Cause)
			}
		}
		leg.Hangup(bridge.Normal())
	}
}

func TestAnswerOfSeveralSections(t *testing.T) {
	t.Parallel()
	offer := bridgetest.AudioIn(bridge.SendOnly, bridgetest.PCMU())
	offer.Media = append([]bridge.MediaDescription{{Kind: transcode.Video}}, offer.Media[0], offer.Media[0])
	_, answer := dial(t, "echo", offer)
	if len(answer.Media) != 3 || !answer.Media[0].Refused() || !answer.Media[2].Refused() {
		t.Errorf("answered %+v, want the first audio only", answer)
	}
	if direction := answer.Media[1].Direction; direction != bridge.RecvOnly {
		t.Errorf("answered %v to sendonly", direction)
	}
}

func TestCommandsThatDoNothing(t *testing.T) {
	t.Parallel()
	leg, _ := dial(t, "tone", bridgetest.Audio(bridgetest.PCMU()))
	leg.Accept(bridge.Description{})
	leg.Refuse(bridge.Normal())
	leg.SetDirection(bridge.Inactive)
	leg.SendDTMF(bridge.DTMF{Digit: '1'})
	leg.AskKeyframe()
	leg.TransferProgress(bridge.Normal())
	leg.Offer(bridge.Description{})
	if refused, ok := next(t, leg).(bridge.Refused); !ok || refused.Cause.Status != 488 {
		t.Errorf("an offer gave %+v, want Refused", refused)
	}
	for range 100 {
		leg.Offer(bridge.Description{})
	}
	for len(leg.Events()) > 0 {
		next(t, leg)
	}
}

// TestCallToEcho is a whole call through an Exchange: what the caller says comes back to it.
func TestCallToEcho(t *testing.T) {
	t.Parallel()
	router := bridgetest.RouteTo(builtin.Endpoints(builtin.Options{})["echo"])
	observer := bridgetest.NewObserver()
	exchange := bridge.NewExchange(bridge.ExchangeOptions{Router: router, Observer: observer})
	offer := bridgetest.Audio(bridgetest.Opus())
	caller := bridgetest.NewIncoming(bridge.Request{To: "sip:echo@test", Offer: &offer}, bridge.LegInfo{})
	exchange.Accept(caller)
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	packet := &rtp.Packet{Header: rtp.Header{PayloadType: 111, SequenceNumber: 9}, Payload: []byte{1, 2, 3}}
	if _, err := caller.FakeMedia().Deliver(transcode.Audio, packet); err != nil {
		t.Fatal(err)
	}
	if back := caller.FakeMedia().AwaitSent(t, transcode.Audio, 1)[0]; back.Payload[2] != 3 || back.PayloadType != 111 {
		t.Errorf("%+v came back", back)
	}
	caller.Emit(bridge.Ended{Cause: bridge.Normal()})
	if record := observer.AwaitEnded(t); record.CalleeTransport != "builtin" || record.Callee.Name != "Echo" {
		t.Errorf("the record says %+v", record)
	}
}

// ear decodes what a number says.
type ear struct {
	t       *testing.T
	decoder transcode.Decoder

	mu  sync.Mutex
	pcm []int16
}

func newEar(t *testing.T, format transcode.Format) *ear {
	t.Helper()
	decoder, err := transcode.NewDecoder(format, 8000)
	if err != nil {
		t.Fatal(err)
	}
	return &ear{t: t, decoder: decoder}
}

func (e *ear) WriteRTP(packet *rtp.Packet) error {
	var frame [8000]int16
	n, err := e.decoder.Decode(packet.Payload, frame[:])
	if err != nil {
		e.t.Errorf("not decodable: %v", err)
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pcm = append(e.pcm, frame[:n]...)
	return nil
}

// await waits until so many samples were heard and gives them.
func (e *ear) await(samples int) []int16 {
	e.t.Helper()
	bridgetest.Eventually(e.t, "sound is heard", func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return len(e.pcm) >= samples
	})
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]int16(nil), e.pcm[:samples]...)
}

// TestAnnouncement holds that a sound is heard once as early media, whole and at its pitch, and that the leg then ends.
func TestAnnouncement(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		rate   int
		format transcode.Format
	}{{8000, bridgetest.PCMU()}, {48000, bridgetest.PCMU()}, {48000, bridgetest.Opus()}, {22050, bridgetest.Opus()}} {
		sound := pcm.Sound{SampleRate: test.rate, Samples: make([]int16, test.rate/2)}
		dtmf.NewTone(test.rate, -6, 700).Read(sound.Samples)
		offer := bridgetest.Audio(test.format)
		leg := builtin.Announcement(sound, transcode.EncoderOptions{}).Dial(bridge.Request{To: "sip:bob@test", Offer: &offer})
		ear := newEar(t, test.format)
		leg.Media().Receive(transcode.Audio, ear)
		if ringing, ok := next(t, leg).(bridge.Ringing); !ok || ringing.Early == nil {
			t.Fatal("no early media")
		}
		if ended, ok := next(t, leg).(bridge.Ended); !ok || ended.Cause.Status != 200 {
			t.Fatalf("got %+v", ended)
		}
		pcm := ear.await(8000 * 9 / 10) // 400 ms of silence, and the sound
		if amplitude := dtmf.Goertzel(pcm[:2400], 8000, 700); amplitude > 100 {
			t.Errorf("%d Hz to %s: it begins at once", test.rate, test.format.Name)
		}
		want := dtmf.Amplitude(-6)
		if amplitude := dtmf.Goertzel(pcm[3600:6800], 8000, 700); amplitude < want*0.85 || amplitude > want*1.15 {
			t.Errorf("%d Hz to %s: the amplitude is %.0f, want %.0f", test.rate, test.format.Name, amplitude, want)
		}
	}
}

// TestAnnouncementNeedsACodec holds that a caller with nothing that can be played goes without.
func TestAnnouncementNeedsACodec(t *testing.T) {
	t.Parallel()
	offer := bridgetest.Audio(transcode.Format{Codec: transcode.Codec{Name: "G729", ClockRate: 8000}, PayloadType: 18})
	sound := pcm.Sound{SampleRate: 8000, Samples: make([]int16, 800)}
	leg := builtin.Announcement(sound, transcode.EncoderOptions{}).Dial(bridge.Request{Offer: &offer})
	if ended, ok := next(t, leg).(bridge.Ended); !ok || ended.Cause.Status != 488 {
		t.Errorf("got %+v", ended)
	}
}
