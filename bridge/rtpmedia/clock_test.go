package rtpmedia

import (
	"sync/atomic"
	"testing"
	"time"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// watcher counts what a session tells of lost media.
type watcher struct {
	lost, back atomic.Int64
	status     atomic.Int64
}

func (w *watcher) options(o *Options) {
	o.Timeout = 50 * time.Millisecond
	o.Events.Lost = func(cause bridge.Cause) {
		w.status.Store(int64(cause.Status))
		w.lost.Add(1)
	}
	o.Events.Back = func() { w.back.Add(1) }
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	var watch watcher
	session, party := newSession(t, watch.options), newPhone(t, "127.0.0.1", 1)
	party.call(session, party.offer())
	party.say(session.audio().address())
	eventually(t, "the packet", func() bool { return session.Stats().Audio.Received == 1 })
	for range 3 {
		eventually(t, "Lost", func() bool { return session.silent.Load() && watch.lost.Load() > watch.back.Load() })
		backs := watch.back.Load()
		party.say(session.audio().address())
		eventually(t, "Back", func() bool { return watch.back.Load() == backs+1 })
	}
	if got := watch.status.Load(); got != 408 {
		t.Errorf("the cause has status %d", got)
	}
}

// timed is a session without ports, for the clock.
func timed() *Session {
	s := &Session{start: time.Now(), options: Options{Timeout: time.Second, Counters: &Counters{}}}
	for _, kind := range transcode.Kinds() {
		s.streams[kind] = newStream(s, kind)
	}
	return s
}

// TestTimeoutIsToldOnce holds that one silence is told once if media had come before.
func TestTimeoutIsToldOnce(t *testing.T) {
	t.Parallel()
	s := timed()
	s.audio().agreed.Store(&agreement{})
	watch := silenceWatch{session: s}
	at := func(seconds int) time.Time { return s.start.Add(time.Duration(seconds) * time.Second) }
	lost := func() uint64 { return s.options.Counters.Stats().Lost }

	// Nobody was heard yet: told again and again, for a phone that rings may be silent.
	for second := 1; second <= 3; second++ {
		watch.look(at(second))
		if lost() != uint64(second) {
			t.Errorf("after %d s of silence Lost was called %d times", second, lost())
		}
	}
	s.wake = make(chan struct{}, 1)
	s.alive(at(4))
	watch.look(at(4))
	for second := 5; second <= 9; second++ {
		watch.look(at(second))
		if lost() != 4 {
			t.Errorf("Lost was called %d times", lost())
		}
	}
	if next := watch.look(at(10)); next != idle {
		t.Errorf("the clock wakes after %v for nothing", next)
	}
}

func TestTimeoutSparesHold(t *testing.T) {
	t.Parallel()
	tests := map[string]agreement{
		"sendonly": {direction: bridge.SendOnly}, "inactive": {direction: bridge.Inactive},
		"held by the party": {direction: bridge.RecvOnly},
	}
	for name, agreed := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := timed()
			s.audio().agreed.Store(&agreed)
			watch := silenceWatch{session: s}
			if next := watch.look(s.start.Add(time.Hour)); next != idle || s.silent.Load() {
				t.Errorf("silence on hold was told; next look in %v", next)
			}
		})
	}
}

// TestTimeoutStartsAnewAfterHold holds that the time on hold does not count.
func TestTimeoutStartsAnewAfterHold(t *testing.T) {
	t.Parallel()
	var watch watcher
	session, party := newSession(t, watch.options), newPhone(t, "127.0.0.1", 1)
	party.call(session, party.offer("a=recvonly"))
	session.heard.Store(-int64(time.Hour))
	party.call(session, party.offer())
	if silent := time.Since(session.start.Add(time.Duration(session.heard.Load()))); silent > time.Minute {
		t.Errorf("silent for %v after the resume", silent)
	}
	eventually(t, "Lost", func() bool { return watch.lost.Load() > 0 })
}

func TestReportsKeepACallAlive(t *testing.T) {
	t.Parallel()
	var watch watcher
	quiet, other := newSession(t, watch.options), newSession(t, fastReports)
	quiet.options.Timeout = patience
	negotiate(t, quiet, other, audio(bridge.SendRecv, pcmu()))
	before := quiet.heard.Load()
	eventually(t, "a report counts as alive", func() bool { return quiet.heard.Load() > before })
}
