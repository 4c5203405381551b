package presence

import (
	"strings"
	"testing"
	"time"
)

func TestCallsAreToldWithoutTheirDialogs(t *testing.T) {
	run(t, Options{}, func(t *testing.T, s *Server) {
		t.Helper()
		var own, other watcher
		subscribe(t, s, Dialog, alice, &own)
		subscribe(t, s, Dialog, bob, &other)
		if body := string(other.last(t).Body); !strings.Contains(body, `version="0" state="full" entity="sip:`+alice) {
			t.Errorf("told %s", body)
		}
		call := Call{ID: "leg1", Placed: true, State: Trying, Name: `<Carol & "Co">`, URI: "sip:carol@local.example"}
		for _, call.State = range []CallState{Trying, Early, Confirmed} {
			time.Sleep(2 * time.Second)
			s.CallChanged(alice, call)
			s.CallChanged(alice, call) // no news
			body := string(other.last(t).Body)
			want := `<dialog id="leg1" direction="initiator"><state>` + string(call.State) + `</state></dialog>`
			if !strings.Contains(body, want) || strings.Contains(body, "arol") {
				t.Errorf("others are told %s", body)
			}
			body = string(own.last(t).Body)
			want = `<identity display="&lt;Carol &amp; &#34;Co&#34;&gt;">sip:carol@local.example</identity>`
			if !strings.Contains(body, want) {
				t.Errorf("alice is told %s", body)
			}
		}
		time.Sleep(2 * time.Second)
		s.CallChanged(alice, Call{ID: "leg1", State: Terminated})
		s.CallChanged(alice, Call{ID: "leg1", State: Terminated})
		if other.count() != 5 || strings.Contains(string(other.last(t).Body), "leg1") {
			t.Errorf("%d notifications, the last %s", other.count(), other.last(t).Body)
		}
	})
}
