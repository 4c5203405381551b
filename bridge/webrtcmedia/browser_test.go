package webrtcmedia

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// patience is how long a test waits for what must come; only a failing test waits that long.
const patience = 30 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// browser is pion in the part of the browser.
type browser struct {
	t          *testing.T
	connection *webrtc.PeerConnection
	track      *browserTrack
	camera     *browserTrack // nil if it has no codecs of pictures
	readers    sync.WaitGroup

	mu       sync.Mutex
	received []rtp.Packet
	reports  chan<- []rtcp.Packet // gets RTCP where not nil
}

// browserCodecs are those of Chromium.
func browserCodecs() []transcode.Format { return append(audioCodecs(), eventCodecs()...) }

func newBrowser(t *testing.T, codecs []transcode.Format) *browser {
	t.Helper()
	return newBrowserOver(t, webrtc.NetworkTypeUDP4, codecs)
}

// newBrowserOver makes one whose network lets nothing else through.
func newBrowserOver(t *testing.T, network webrtc.NetworkType, codecs []transcode.Format) *browser {
	t.Helper()
	return newBrowserWith(t, network, codecs, func(*webrtc.SettingEngine) {})
}

// newBrowserWith makes one with other settings.
func newBrowserWith(t *testing.T, network webrtc.NetworkType, codecs []transcode.Format,
	change func(*webrtc.SettingEngine),
) *browser {
	t.Helper()
	engine := &webrtc.MediaEngine{}
	for _, format := range codecs {
		register(t, engine, format)
	}
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetNetworkTypes([]webrtc.NetworkType{network})
	change(&settings)
	api := webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithSettingEngine(settings),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	connection, err := api.NewPeerConnection(webrtc.Configuration{})
	must(t, err)
	b := &browser{t: t, connection: connection, track: &browserTrack{kind: webrtc.RTPCodecTypeAudio}}
	b.add(b.track)
	if slices.ContainsFunc(codecs, isVideo) {
		b.camera = &browserTrack{kind: webrtc.RTPCodecTypeVideo}
		b.add(b.camera)
	}
	connection.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		b.readers.Go(func() {
			buffer := make([]byte, packetSize)
			for {
				n, _, err := receiver.Read(buffer)
				if err != nil {
					return
				}
				b.report(buffer[:n])
			}
		})
		b.read(track)
	})
	t.Cleanup(b.close)
	return b
}

// add adds a stream, and reads the reports on it.
func (b *browser) add(track *browserTrack) {
	b.t.Helper()
	sender, err := b.connection.AddTrack(track)
	must(b.t, err)
	b.readers.Go(func() {
		buffer := make([]byte, packetSize)
		for {
			n, _, err := sender.Read(buffer)
			if err != nil {
				return
			}
			b.report(buffer[:n])
		}
	})
}

func (b *browser) report(text []byte) {
	packets, err := rtcp.Unmarshal(text)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil || b.reports == nil {
		return
	}
	select {
	case b.reports <- packets:
	default:
	}
}

func (b *browser) close() {
	_ = b.connection.GracefulClose()
	b.readers.Wait()
}

func (b *browser) read(track *webrtc.TrackRemote) {
	buffer := make([]byte, packetSize)
	for {
		n, _, err := track.Read(buffer)
		if n == 0 && err != nil {
			return
		}
		packet := rtp.Packet{}
		if packet.Unmarshal(append([]byte{}, buffer[:n]...)) != nil {
			continue
		}
		b.mu.Lock()
		b.received = append(b.received, packet)
		b.mu.Unlock()
	}
}

// heard counts the received packets of a payload type.
func (b *browser) heard(payloadType uint8) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	count := 0
	for i := range b.received {
		if b.received[i].PayloadType == payloadType {
			count++
		}
	}
	return count
}

func (b *browser) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.received = nil
}

func (b *browser) offer(options *webrtc.OfferOptions) string {
	b.t.Helper()
	offer, err := b.connection.CreateOffer(options)
	must(b.t, err)
	complete := webrtc.GatheringCompletePromise(b.connection)
	must(b.t, b.connection.SetLocalDescription(offer))
	b.await("candidates", complete)
	return b.connection.LocalDescription().SDP
}

func (b *browser) accept(answer []byte) {
	b.t.Helper()
	must(b.t, b.connection.SetRemoteDescription(webrtc.SessionDescription{
		Type: webrtc.SDPTypeAnswer, SDP: string(answer),
	}))
}

func (b *browser) answer(offer []byte) string {
	b.t.Helper()
	must(b.t, b.connection.SetRemoteDescription(webrtc.SessionDescription{
		Type: webrtc.SDPTypeOffer, SDP: string(offer),
	}))
	answer, err := b.connection.CreateAnswer(nil)
	must(b.t, err)
	complete := webrtc.GatheringCompletePromise(b.connection)
	must(b.t, b.connection.SetLocalDescription(answer))
	b.await("candidates", complete)
	return b.connection.LocalDescription().SDP
}

func (b *browser) await(what string, done <-chan struct{}) {
	b.t.Helper()
	select {
	case <-done:
	case <-time.After(patience):
		b.t.Fatalf("waited too long for %s", what)
	}
}

// talk sends packets of a payload type every 5 ms until the test, or stop, ends it.
func (b *browser) talk(payloadType uint8, step uint32) (stop func()) {
	return talk(b.t, func(packet *rtp.Packet) {
		_ = b.track.write(&packet.Header, packet.Payload)
	}, payloadType, step)
}

// talk sends packets until stopped.
func talk(t *testing.T, write func(*rtp.Packet), payloadType uint8, step uint32) (stop func()) {
	t.Helper()
	done := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for number := uint16(65500); ; number++ {
			select {
			case <-done:
				return
			case <-ticker.C:
			}
			write(&rtp.Packet{
				Header: rtp.Header{
					Version: 2, PayloadType: payloadType, SequenceNumber: number,
					Timestamp: uint32(number) * step, SSRC: 42,
				},
				Payload: []byte{payloadType, 1, 2, 3, byte(number)},
			})
		}
	})
	var once sync.Once
	stop = func() { once.Do(func() { close(done); running.Wait() }) }
	t.Cleanup(stop)
	return stop
}

// leg is what a session tells its leg.
type leg struct {
	mu    sync.Mutex
	keys  []bridge.DTMF
	lost  []bridge.Cause
	back  int
	rates []uint64
	audio []rtp.Packet
	// numbers counts packets without payload, which only account for a sequence number.
	numbers int
}

func (l *leg) events() bridge.MediaEvents {
	return bridge.MediaEvents{
		Pressed: func(key bridge.DTMF) { l.do(func() { l.keys = append(l.keys, key) }) },
		Lost:    func(cause bridge.Cause) { l.do(func() { l.lost = append(l.lost, cause) }) },
		Back:    func() { l.do(func() { l.back++ }) },

		RateAsked: func(bitrate uint64) { l.do(func() { l.rates = append(l.rates, bitrate) }) },
	}
}

func (l *leg) do(what func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	what()
}

// WriteRTP makes the leg the receiver of the audio.
func (l *leg) WriteRTP(packet *rtp.Packet) error {
	l.do(func() {
		if len(packet.Payload) == 0 {
			l.numbers++
			return
		}
		l.audio = append(l.audio, *packet.Clone())
	})
	return nil
}

func (l *leg) heard(payloadType uint8) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	count := 0
	for i := range l.audio {
		if l.audio[i].PayloadType == payloadType {
			count++
		}
	}
	return count
}

func (l *leg) losses() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.lost)
}

func (l *leg) returns() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.back
}

func (l *leg) pressed() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := ""
	for _, key := range l.keys {
		text += string(key.Digit)
	}
	return text
}

func (l *leg) forget() { l.do(func() { l.audio = nil }) }

func newEngine(t *testing.T, options EngineOptions) *Engine {
	t.Helper()
	if options.Addresses == nil {
		options.Addresses = []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	}
	engine, err := New(options)
	must(t, err)
	t.Cleanup(func() { must(t, engine.Close()) })
	return engine
}

func newSession(t *testing.T, engine *Engine, options Options) (*Session, *leg) {
	t.Helper()
	l := &leg{}
	options.Events = l.events()
	session := engine.NewSession(options)
	session.Receive(transcode.Audio, l)
	t.Cleanup(func() { must(t, session.Close()) })
	return session, l
}

// choose answers a description with one audio codec and the first one of video, and all that the offer lets us do.
func choose(t *testing.T, offer bridge.Description, name string) bridge.Description {
	t.Helper()
	answer := bridge.Description{Media: make([]bridge.MediaDescription, len(offer.Media))}
	for i, media := range offer.Media {
		answer.Media[i].Kind = media.Kind
		for _, format := range media.Formats {
			if strings.EqualFold(format.Name, name) || media.Kind == transcode.Video {
				answer.Media[i].Formats = []transcode.Format{format}
				break
			}
		}
	}
	if _, ok := answer.First(transcode.Audio); !ok {
		t.Fatalf("the offer has no %s: %+v", name, offer)
	}
	return answer
}

// call connects a browser that calls, and gives the answer's text.
func call(t *testing.T, session *Session, b *browser, codec string) []byte {
	t.Helper()
	return reoffer(t, session, b, b.offer(nil), codec)
}

// reoffer has the session answer an offer, and the browser apply the answer.
func reoffer(t *testing.T, session *Session, b *browser, offer, codec string) []byte {
	t.Helper()
	description, err := session.SetOffer([]byte(offer))
	must(t, err)
	answer, err := session.Answer(choose(t, description, codec))
	must(t, err)
	b.accept(answer)
	return answer
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long for %s", what)
		}
		time.Sleep(2 * time.Millisecond) // polls the condition
	}
}
