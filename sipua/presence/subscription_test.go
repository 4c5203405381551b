package presence

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestChangesMakeNoStorm(t *testing.T) {
	run(t, Options{}, func(t *testing.T, s *Server) {
		t.Helper()
		var w watcher
		subscribe(t, s, Dialog, bob, &w)
		for i := range 1000 {
			s.CallChanged(alice, Call{ID: "1", State: Early, Name: fmt.Sprint(i)})
			time.Sleep(10 * time.Millisecond)
		}
		if got := w.count(); got < 8 || got > 12 {
			t.Errorf("%d notifications in ten seconds", got)
		}
		s.CallChanged(alice, Call{ID: "1", State: Terminated})
		time.Sleep(2 * time.Second)
		if body := string(w.last(t).Body); strings.Contains(body, "<dialog ") {
			t.Errorf("the last word is %s", body)
		}
	})
}

func TestOneNotificationAtATime(t *testing.T) {
	run(t, Options{}, func(t *testing.T, s *Server) {
		t.Helper()
		w := watcher{silent: true}
		subscribe(t, s, Dialog, bob, &w)
		time.Sleep(5 * time.Second)
		s.CallChanged(alice, Call{ID: "1", State: Trying})
		s.CallChanged(alice, Call{ID: "1", State: Confirmed})
		time.Sleep(5 * time.Second)
		if w.count() != 1 {
			t.Fatalf("%d notifications before the first has its answer", w.count())
		}
		w.answer(t, 200)
		if body := string(w.last(t).Body); w.count() != 2 || !strings.Contains(body, "confirmed") ||
			!strings.Contains(body, `version="1"`) {
			t.Errorf("%d notifications, the last %s", w.count(), body)
		}
		w.answer(t, 200)
	})
}

func TestSubscriptionsEnd(t *testing.T) {
	const gone = "terminated;reason=timeout"
	ends := map[string]struct {
		end   func(t *testing.T, s *Server, subscription *Subscription, w *watcher)
		state string // of the last notification, empty if there is no further one
	}{
		"expired": {func(*testing.T, *Server, *Subscription, *watcher) { time.Sleep(602 * time.Second) }, gone},
		"unsubscribed": {func(t *testing.T, s *Server, subscription *Subscription, _ *watcher) {
			t.Helper()
			if granted, err := s.Refresh(subscription, 0); err != nil || granted != 0 {
				t.Errorf("granted %v, %v", granted, err)
			}
			s.Tell(subscription)
		}, gone},
		"connection lost": {func(_ *testing.T, s *Server, subscription *Subscription, _ *watcher) {
			s.Drop(subscription)
			s.Drop(subscription)
		}, ""},
		"watcher knows nothing": {func(_ *testing.T, s *Server, _ *Subscription, w *watcher) {
			w.status = 481
			s.ReachableChanged(alice)
			time.Sleep(2 * time.Second)
		}, "active;expires=600"},
	}
	for name, test := range ends {
		t.Run(name, func(t *testing.T) {
			run(t, Options{}, func(t *testing.T, s *Server) {
				t.Helper()
				var w watcher
				subscription := subscribe(t, s, Presence, bob, &w)
				test.end(t, s, subscription, &w)
				if test.state == "" && w.count() != 1 || test.state == gone && w.last(t).State != gone {
					t.Errorf("%d notifications, the last %+v", w.count(), w.last(t))
				}
				if _, err := s.Refresh(subscription, 600); statusOf(err) != 481 {
					t.Errorf("refresh: %v", err)
				}
				if s.Stats().Subscriptions != 0 || len(s.users) != 0 || len(s.held) != 0 || len(s.late) != 0 {
					t.Errorf("something is left: %+v", s)
				}
				told := w.count()
				s.ReachableChanged(alice)
				time.Sleep(2 * time.Second)
				if w.count() != told {
					t.Error("told after its end")
				}
			})
		})
	}
}

func TestRefreshProlongsAndTells(t *testing.T) {
	run(t, Options{}, func(t *testing.T, s *Server) {
		t.Helper()
		var w watcher
		subscription := subscribe(t, s, Presence, bob, &w)
		for range 5 {
			time.Sleep(500 * time.Second)
			if granted, err := s.Refresh(subscription, 100000); err != nil || granted != time.Hour {
				t.Fatalf("granted %v, %v", granted, err)
			}
			s.Tell(subscription)
		}
		if w.count() != 6 || w.last(t).State != "active;expires=3600" {
			t.Errorf("%d notifications, the last %+v", w.count(), w.last(t))
		}
		if _, err := s.Refresh(subscription, 10); statusOf(err) != 423 {
			t.Errorf("too brief: %v", err)
		}
	})
}

func TestFetchTellsOnce(t *testing.T) {
	t.Parallel()
	s := New(Options{})
	var w watcher
	subscription, granted, err := s.Subscribe(Subscribe{Presence, alice, bob, 0}, &w)
	if err != nil || granted != 0 {
		t.Fatal(granted, err)
	}
	s.Tell(subscription)
	if got := w.last(t); got.State != "terminated;reason=timeout" || len(got.Body) == 0 || s.Stats().Subscriptions != 0 {
		t.Errorf("told %+v", got)
	}
}

func TestHowManyMayWatch(t *testing.T) {
	t.Parallel()
	s := New(Options{MaxSubscriptions: 5, MaxPerWatcher: 3, MaxWatchers: 2})
	for i, test := range []struct {
		watched, by string
		want        int
	}{
		{alice, bob, 0},
		{alice, "carol@local.example", 0},
		{alice, "dave@local.example", 403}, // two watch alice
		{"erin@local.example", bob, 0},
		{"frank@local.example", bob, 0},
		{"grace@local.example", bob, 403}, // bob watches three
		{"grace@local.example", "dave@local.example", 0},
		{"heidi@local.example", "dave@local.example", 403}, // five in all
	} {
		if _, _, err := s.Subscribe(Subscribe{Presence, test.watched, test.by, 600}, &watcher{}); statusOf(err) != test.want {
			t.Errorf("%d: %v", i, err)
		}
	}
	if len(s.users) != 4 {
		t.Errorf("%d users are known", len(s.users))
	}
	if _, _, err := s.Subscribe(Subscribe{Presence, alice, bob, 30}, &watcher{}); statusOf(err) != 423 {
		t.Errorf("too brief: %v", err)
	}
}

func TestEventHeader(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]Package{
		"presence": Presence, "Dialog;id=7": Dialog, " message-summary ": MessageSummary,
		"": "", "presence.winfo": "", "refer": "", "reg": "",
	} {
		got, err := PackageOf(event)
		if got != want || (want == "") != (statusOf(err) == 489) {
			t.Errorf("%q: %q, %v", event, got, err)
		}
	}
}
