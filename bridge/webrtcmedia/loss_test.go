package webrtcmedia

import (
	"errors"
	"net/netip"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtp"

	"sipbridge/bridge"
)

func (l *leg) cause() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lost) == 0 {
		return nil
	}
	return l.lost[len(l.lost)-1]
}

func TestNeverConnects(t *testing.T) {
	t.Parallel()
	session, l := newSession(t, newEngine(t, EngineOptions{}), Options{Connect: 100 * time.Millisecond})
	b := newBrowser(t, browserCodecs())
	description, err := session.SetOffer([]byte(b.offer(nil)))
	must(t, err)
	_, err = session.Answer(choose(t, description, "opus")) // which the browser never gets
	must(t, err)
	eventually(t, "the loss", func() bool { return l.losses() > 0 })
	var cause bridge.Cause
	if err := l.cause(); !errors.Is(err, ErrNotConnected) || !errors.As(err, &cause) || cause.Status != 408 {
		t.Errorf("lost because of %v", err)
	}
	if !errors.Is(l.cause(), bridge.ErrNeverConnected) {
		t.Errorf("the leg is not told that nothing can come back: %v", l.cause())
	}
}

// TestWrongFingerprint has the browser show another certificate than its offer names.
func TestWrongFingerprint(t *testing.T) {
	t.Parallel()
	session, l := newSession(t, newEngine(t, EngineOptions{}), Options{})
	b := newBrowser(t, browserCodecs())
	fingerprint := regexp.MustCompile(`a=fingerprint:sha-256 ..:..`)
	offer := fingerprint.ReplaceAllString(b.offer(nil), "a=fingerprint:sha-256 00:00")
	defer b.talk(111, 960)()
	defer talk(t, write(session), 111, 960)()
	reoffer(t, session, b, offer, "opus")
	eventually(t, "the loss", func() bool { return l.losses() > 0 })
	if !errors.Is(l.cause(), ErrNotConnected) {
		t.Errorf("lost because of %v", l.cause())
	}
	if l.heard(111) != 0 || b.heard(111) != 0 || session.Stats().Audio.Sent != 0 {
		t.Error("media passed")
	}
}

// TestNoDTLS connects ICE and then says nothing.
func TestNoDTLS(t *testing.T) {
	t.Parallel()
	engine := newEngine(t, EngineOptions{Handshake: 200 * time.Millisecond})
	session, l := newSession(t, engine, Options{})
	template := newBrowser(t, browserCodecs()).offer(nil)
	agent, err := ice.NewAgentWithOptions(ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4}),
		ice.WithIncludeLoopback(), ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled))
	must(t, err)
	t.Cleanup(func() { must(t, agent.GracefulClose()) })
	complete := make(chan struct{})
	must(t, agent.OnCandidate(func(c ice.Candidate) {
		if c == nil {
			close(complete)
		}
	}))
	must(t, agent.GatherCandidates())
	<-complete
	ufrag, pwd, err := agent.GetLocalUserCredentials()
	must(t, err)
	offer := regexp.MustCompile(`a=ice-ufrag:\S+`).ReplaceAllString(without(template, "a=candidate"), "a=ice-ufrag:"+ufrag)
	offer = regexp.MustCompile(`a=ice-pwd:\S+`).ReplaceAllString(offer, "a=ice-pwd:"+pwd)
	description, err := session.SetOffer([]byte(offer))
	must(t, err)
	answer, err := session.Answer(choose(t, description, "opus"))
	must(t, err)
	remote, err := ice.UnmarshalCandidate(attribute(answer, "candidate"))
	must(t, err)
	must(t, agent.AddRemoteCandidate(remote))
	_, err = agent.Dial(t.Context(), attribute(answer, "ice-ufrag"), attribute(answer, "ice-pwd"))
	must(t, err)
	eventually(t, "the loss", func() bool { return l.losses() > 0 })
	if !errors.Is(l.cause(), ErrNotConnected) {
		t.Errorf("lost because of %v", l.cause())
	}
}

func TestSilence(t *testing.T) {
	t.Parallel()
	session, l := newSession(t, newEngine(t, EngineOptions{}), Options{Timeout: 200 * time.Millisecond})
	b := newBrowser(t, browserCodecs())
	offer := b.offer(nil)
	reoffer(t, session, b, offer, "opus")
	eventually(t, "the loss", func() bool { return l.losses() == 1 })
	if !errors.Is(l.cause(), ErrSilent) || errors.Is(l.cause(), bridge.ErrNeverConnected) {
		t.Errorf("lost because of %v", l.cause())
	}
	stop := b.talk(111, 960)
	eventually(t, "the return", func() bool { return l.returns() == 1 })
	// While the browser holds, its silence means nothing.
	description, err := session.SetOffer([]byte(hold(offer, bridge.SendOnly)))
	must(t, err)
	_, err = session.Answer(choose(t, description, "opus"))
	must(t, err)
	before := l.losses()
	stop()
	time.Sleep(600 * time.Millisecond) // the window in which nothing may be lost
	if l.losses() != before {
		t.Errorf("lost on hold because of %v", l.cause())
	}
}

// TestBrowserVanishes has all packets of a browser stop, as when its network goes.
func TestBrowserVanishes(t *testing.T) {
	t.Parallel()
	engine := newEngine(t, EngineOptions{
		Disconnected: 500 * time.Millisecond, Failed: 500 * time.Millisecond, Keepalive: 100 * time.Millisecond,
	})
	session, l := newSession(t, engine, Options{})
	b := newBrowser(t, browserCodecs())
	call(t, session, b, "opus")
	bothWays(t, session, l, b, 111, 960)
	must(t, b.connection.Close()) // says goodbye over DTLS
	eventually(t, "the loss", func() bool { return l.losses() == 1 })
	if !errors.Is(l.cause(), ErrDisconnected) {
		t.Errorf("lost because of %v", l.cause())
	}
}

func TestTooManyStreams(t *testing.T) {
	t.Parallel()
	engine := newEngine(t, EngineOptions{})
	session, l := newSession(t, engine, Options{})
	b := newBrowser(t, browserCodecs())
	call(t, session, b, "opus")
	bothWays(t, session, l, b, 111, 960)
	bound := b.track.bound.Load()
	stop := talk(t, func(packet *rtp.Packet) {
		packet.SSRC = uint32(packet.SequenceNumber)
		_, _ = bound.writer.WriteRTP(&packet.Header, packet.Payload)
	}, 111, 960)
	defer stop()
	eventually(t, "the loss", func() bool { return l.losses() == 1 })
	if engine.Stats().Floods != 1 {
		t.Errorf("%+v", engine.Stats())
	}
}

// TestSourceChanges has the browser change its SSRC in the middle, twice.
func TestSourceChanges(t *testing.T) {
	t.Parallel()
	session, l := newSession(t, newEngine(t, EngineOptions{}), Options{})
	b := newBrowser(t, browserCodecs())
	call(t, session, b, "opus")
	bothWays(t, session, l, b, 111, 960)
	bound := b.track.bound.Load()
	for _, ssrc := range []uint32{1001, 1002} {
		l.forget()
		stop := talk(t, func(packet *rtp.Packet) {
			packet.SSRC = ssrc
			_, _ = bound.writer.WriteRTP(&packet.Header, packet.Payload)
		}, 111, 960)
		eventually(t, "audio of the new source", func() bool { return l.heard(111) > 10 })
		stop()
	}
	if lost := session.Stats().Audio.Lost; lost > 0 {
		t.Errorf("%d packets lost", lost)
	}
}

func TestTrouble(t *testing.T) {
	t.Parallel()
	options := Options{Timeout: 30 * time.Second, Connect: 15 * time.Second}
	tests := []struct {
		name    string
		now     situation
		certain bool
		err     error
	}{
		{"connecting", situation{state: stateConnecting, waiting: time.Second}, false, ErrNotConnected},
		{"too long", situation{state: stateConnecting, waiting: 16 * time.Second}, true, ErrNotConnected},
		{"handshake failed", situation{state: stateFailed}, true, ErrNotConnected},
		{"up", situation{state: stateConnected, wasUp: true, silent: time.Second}, true, nil},
		{"silent", situation{state: stateConnected, wasUp: true, silent: time.Minute}, true, ErrSilent},
		{
			"silent on hold",
			situation{state: stateConnected, wasUp: true, silent: time.Minute, direction: bridge.RecvOnly},
			true, nil,
		},
		{"disconnected", situation{state: stateDisconnected, wasUp: true, silent: 5 * time.Second}, true, ErrDisconnected},
		{"only checks are lost", situation{state: stateDisconnected, wasUp: true, silent: time.Second}, true, nil},
		{
			"checks are lost for long",
			situation{state: stateDisconnected, wasUp: true, silent: time.Second, unanswered: consent},
			true, ErrDisconnected,
		},
		{
			"disconnected on hold",
			situation{state: stateDisconnected, wasUp: true, direction: bridge.RecvOnly},
			true,
			ErrDisconnected,
		},
		{"failed", situation{state: stateFailed, wasUp: true}, true, ErrDisconnected},
		{"closed", situation{state: stateClosed, wasUp: true}, true, ErrDisconnected},
		{"just closed", situation{state: stateClosed, wasUp: true, leaving: true}, false, ErrDisconnected},
	}
	for _, test := range tests {
		certain, err := test.now.trouble(options)
		if certain != test.certain || !errors.Is(err, test.err) {
			t.Errorf("%s: %v, %v", test.name, certain, err)
		}
	}
}

func TestNextLook(t *testing.T) {
	t.Parallel()
	options := Options{Timeout: 30 * time.Second, Connect: 15 * time.Second}
	up := func(silent time.Duration) situation { return situation{state: stateConnected, silent: silent} }
	unchecked := func(silent, unanswered time.Duration) situation {
		return situation{state: stateDisconnected, wasUp: true, silent: silent, unanswered: unanswered}
	}
	tests := []struct {
		name   string
		now    situation
		lost   bool
		report time.Duration
		want   time.Duration
	}{
		{"nothing is due", up(0), false, time.Minute, maxPause},
		{"a report", up(0), false, time.Second, time.Second},
		{"a report is late", up(0), false, -time.Second, minPause},
		{"the timeout", up(29 * time.Second), false, time.Minute, maxPause},
		{"lost", up(time.Minute), true, time.Minute, maxPause / 4},
		{"connecting", situation{waiting: 14500 * time.Millisecond}, false, time.Minute, time.Second / 2},
		{"failed", situation{state: stateFailed}, false, time.Minute, maxPause},
		{"just closed", situation{state: stateClosed, wasUp: true, leaving: true}, false, time.Minute, farewell / 4},
		{"unchecked", unchecked(500*time.Millisecond, 0), false, time.Minute, 1500 * time.Millisecond},
		{"a report unchecked", unchecked(0, 0), false, time.Second, time.Second},
		{"the end of consent", unchecked(0, 29*time.Second), false, time.Minute, time.Second},
	}
	for _, test := range tests {
		if got := test.now.next(options, test.lost, test.report); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
	options.Timeout = time.Second
	if got := up(900*time.Millisecond).next(options, false, time.Minute); got != options.Timeout/4 {
		t.Errorf("shortly before a timeout: %v", got)
	}
}

// TestCloseAnywhere closes sessions at every stage and from the leg's side twice.
func TestCloseAnywhere(t *testing.T) {
	t.Parallel()
	engine := newEngine(t, EngineOptions{})
	fresh := engine.NewSession(Options{})
	must(t, fresh.Close())
	must(t, fresh.Close())
	if _, err := fresh.SetOffer(nil); !errors.Is(err, ErrClosed) {
		t.Errorf("offer after close: %v", err)
	}
	offered := engine.NewSession(Options{})
	_, err := offered.Offer(proposal(bridge.SendRecv))
	must(t, err)
	must(t, offered.Close())

	answered := engine.NewSession(Options{})
	b := newBrowser(t, browserCodecs())
	description, err := answered.SetOffer([]byte(b.offer(nil)))
	must(t, err)
	_, err = answered.Answer(choose(t, description, "opus"))
	must(t, err)
	must(t, answered.Close())
	if open := engine.Stats().Open; open != 0 {
		t.Errorf("%d sessions open", open)
	}
}

func TestBadEngineOptions(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]EngineOptions{
		"ports turned round": {FirstPort: 2000, LastPort: 1000},
		"a foreign address":  {Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1")}},
	} {
		if engine, err := New(options); err == nil {
			t.Errorf("%s: accepted", name)
			must(t, engine.Close())
		}
	}
}

// TestMediaBeforeAgreement writes and asks at any time.
func TestMediaBeforeAgreement(t *testing.T) {
	t.Parallel()
	session, _ := newSession(t, newEngine(t, EngineOptions{}), Options{})
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			write(session)(&rtp.Packet{Header: rtp.Header{PayloadType: 111}, Payload: []byte{1}})
			_ = session.Stats().Audio
		})
	}
	wait.Wait()
	if sent := session.Stats().Audio.Sent; sent != 0 {
		t.Errorf("%d packets sent", sent)
	}
}
