package e2e

import (
	"net"
	"strings"
	"testing"
	"time"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
)

const (
	// timerB is how long RFC 3261 lets an INVITE go unanswered (64*T1), with room for a busy machine.
	timerB = 32*time.Second + limit
	// jsSIPRefresh is half of the 90 s session that JsSIP asks for by itself: then it sends an UPDATE.
	jsSIPRefresh = 45 * time.Second
)

// TestPatience shows what only time brings; its parts wait side by side.
func TestPatience(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	t.Run("a phone that answers nothing", func(t *testing.T) {
		t.Parallel()
		mute, err := net.ListenPacket("udp", "127.0.0.1:0")
		must(t, err)
		t.Cleanup(func() { _ = mute.Close() })
		_, port, err := net.SplitHostPort(mute.LocalAddr().String())
		must(t, err)
		p := w.newPage(t, jsSIP)
		must(t, p.Call(nil, "call", "sip:udp"+port+"@localhost"))
		must(t, p.Wait(timerB, "ended"))
		mustEndWith(t, p, 408)
	})
	t.Run("a session that JsSIP refreshes", w.refreshed)
}

// refreshed: the UPDATEs of JsSIP are answered, keep the call alive past its 90 s, and never reach the phone.
func (w *world) refreshed(t *testing.T) {
	t.Parallel()
	p, phone := w.talking(t, jsSIP)
	for refresh := 1; refresh <= 2; refresh++ {
		mustExchange(t, p, "UPDATE", refresh, jsSIPRefresh+limit)
	}
	mustTalk(t, p, phone)
	trace := phone.Report()
	invites, updates := strings.Count(trace, "\nINVITE sip:"), strings.Count(trace, "\nUPDATE sip:")
	if invites != 1 || updates != 0 {
		t.Errorf("the phone got %d INVITEs and %d UPDATEs:\n%s", invites, updates, trace)
	}
	must(t, p.Call(nil, "hangup"))
}

// mustExchange waits until the page has had that many requests of the method answered with 200.
func mustExchange(t *testing.T, p *page, method string, count int, patience time.Duration) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		frames, err := p.Trace()
		must(t, err)
		answered := 0
		for _, frame := range frames {
			ok := frame.Way == "in" && strings.HasPrefix(frame.Text, "SIP/2.0 200")
			if ok && strings.Contains(frame.Text, " "+method+"\r\n") {
				answered++
			}
		}
		if answered >= count {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited %v, %d of %d %s answered", patience, answered, count, method)
		}
		time.Sleep(time.Second) // the page is asked for its whole trace
	}
}
