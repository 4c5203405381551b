package rtpmedia

import (
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/sdp"
	"sipbridge/transcode"
)

// deafen has a session get nothing any more at its ports.
func deafen(s *Session) {
	other := s.newAgent(true)
	s.audio().agent.Store(other)
}

// TestRestartOfICE: a party that answers no checks is looked for anew by our next offer, which it is asked for; if that
// comes to nothing all is as it was.
func TestRestartOfICE(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	caller := newSession(t, func(o *Options) {
		offersICE(o)
		o.Events.Reoffer = func() { asked.Add(1) }
	})
	callee := newSession(t, looking)
	negotiate(t, caller, callee, audio(bridge.SendRecv, pcmu()))
	found := func() bool { return caller.audio().to.Load() != nil && callee.audio().to.Load() != nil }
	eventually(t, "a path", found)
	first := caller.audio().agent.Load()
	deafen(callee)
	caller.look(time.Now().Add(20 * time.Second))
	caller.look(time.Now().Add(21 * time.Second))
	if asked.Load() != 1 || caller.audio().to.Load() == nil {
		t.Fatalf("an offer was wanted %d times", asked.Load())
	}
	offer := must[*sdp.Session](t)(sdp.Parse(must[[]byte](t)(caller.Offer(audio(bridge.SendRecv, pcmu())))))
	if ours := offer.Media[0]; ours.ICEUfrag == first.Ufrag() || ours.ICEPwd == first.Pwd() {
		t.Error("offered with the credentials that there were")
	}
	caller.Rollback()
	if caller.audio().agent.Load() != first {
		t.Error("an offer that came to nothing has changed our credentials")
	}
	caller.look(time.Now().Add(time.Minute))
	if caller.audio().to.Load() != nil || caller.options.Counters.Stats().Revoked == 0 {
		t.Error("a party that answers no checks is sent media")
	}
	negotiate(t, caller, callee, audio(bridge.SendRecv, pcmu()))
	eventually(t, "the new path", found)
	exchange(t, caller, callee, pcmu())
	exchange(t, callee, caller, pcmu())
	if caller.audio().agent.Load() == first || caller.streams[transcode.Video].agent.Load() != nil {
		t.Error("the wrong agents were made")
	}
}

// TestMediaFromElsewhereAreNoConsent: a party that answers no checks is looked for anew, also where its media come from
// an address to which we do not send: behind a NAT that has forgotten it, it would hear nothing.
func TestMediaFromElsewhereAreNoConsent(t *testing.T) {
	t.Parallel()
	for name, moved := range map[string]bool{"by the path": false, "from elsewhere": true} {
		var asked atomic.Int32
		caller := newSession(t, func(o *Options) {
			offersICE(o)
			o.Events.Reoffer = func() { asked.Add(1) }
		})
		callee := newSession(t, looking)
		negotiate(t, caller, callee, audio(bridge.SendRecv, pcmu()))
		stream := caller.audio()
		eventually(t, "a path", func() bool { return stream.to.Load() != nil && callee.audio().to.Load() != nil })
		deafen(callee)
		from, later := *stream.to.Load(), time.Now().Add(20*time.Second)
		if moved {
			from = netip.AddrPortFrom(from.Addr(), from.Port()+1)
		}
		stream.checked(from, false, false)
		stream.mu.Lock()
		heard := stream.latch.accept(from, 7, 1, later)
		stream.mu.Unlock()
		caller.look(later.Add(time.Second))
		if got := asked.Load() == 1; !heard || got != moved {
			t.Errorf("%s: heard %t, looked for anew %t", name, heard, got)
		}
	}
}
