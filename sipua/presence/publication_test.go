package presence

import (
	"encoding/xml"
	"strings"
	"testing"
	"time"
)

func TestWatcherIsToldOfWhatIsPublished(t *testing.T) {
	run(t, Options{}, func(t *testing.T, s *Server) {
		t.Helper()
		var w watcher
		subscribe(t, s, Presence, bob, &w)
		first := w.last(t)
		if first.State != "active;expires=600" || !strings.Contains(string(first.Body), "<basic>closed<") {
			t.Errorf("first: %s\n%s", first.State, first.Body)
		}
		time.Sleep(time.Minute)
		tag := mustPublish(t, s, publish("", published, 300))
		news := w.last(t)
		if w.count() != 2 || news.State != "active;expires=540" || news.ContentType != "application/pidf+xml" {
			t.Errorf("%d notifications, the last %+v", w.count(), news)
		}
		const busy = `<person xmlns="urn:ietf:params:xml:ns:pidf:data-model" id="p">` +
			`<activities xmlns="urn:ietf:params:xml:ns:pidf:rpid"><busy></busy></activities></person>`
		var got struct {
			XMLName xml.Name `xml:"urn:ietf:params:xml:ns:pidf presence"`
			Entity  string   `xml:"entity,attr"`
			Tuples  []struct {
				Basic string `xml:"status>basic"`
				Note  string `xml:"note"`
			} `xml:"tuple"`
		}
		if err := xml.Unmarshal(news.Body, &got); err != nil {
			t.Fatalf("%v in %s", err, news.Body)
		}
		if got.Entity != "sip:"+alice || len(got.Tuples) != 1 || got.Tuples[0].Basic != "open" ||
			got.Tuples[0].Note != "Pêche & moule" || !strings.Contains(string(news.Body), busy) {
			t.Errorf("told %+v in %s", got, news.Body)
		}
		time.Sleep(299 * time.Second)
		if w.count() != 2 {
			t.Error("told again")
		}
		time.Sleep(3 * time.Second)
		if w.count() != 3 || strings.Contains(string(w.last(t).Body), "open") {
			t.Errorf("after it expired: %s", w.last(t).Body)
		}
		if _, _, err := s.Publish(publish(tag, "", 300)); statusOf(err) != 412 {
			t.Errorf("refresh of what expired: %v", err)
		}
	})
}

func TestPublicationLivesByItsTag(t *testing.T) {
	run(t, Options{}, func(t *testing.T, s *Server) {
		t.Helper()
		first := mustPublish(t, s, publish("", published, 300))
		time.Sleep(200 * time.Second)
		second := mustPublish(t, s, publish(first, "", 300))
		if first == second {
			t.Error("a refresh keeps its tag")
		}
		if _, _, err := s.Publish(publish(first, "", 300)); statusOf(err) != 412 {
			t.Errorf("old tag: %v", err)
		}
		time.Sleep(200 * time.Second)
		third := mustPublish(t, s, publish(second, strings.ReplaceAll(published, "open", "closed"), -1))
		other := mustPublish(t, s, publish("", published, 300))
		if other == third || s.Stats().Publications != 2 {
			t.Errorf("%d publications", s.Stats().Publications)
		}
		var w watcher
		subscribe(t, s, Presence, bob, &w)
		body := string(w.last(t).Body)
		for _, want := range []string{`id="t1"`, `id="t1-2"`, ">closed<", ">open<", `id="p"`, `id="p-2"`} {
			if strings.Count(body, want) != 1 {
				t.Errorf("%d times %s in %s", strings.Count(body, want), want, body)
			}
		}
		mustPublish(t, s, publish(third, "", 0))
		mustPublish(t, s, publish(other, "", 0))
		if _, _, err := s.Publish(publish(other, "", 0)); statusOf(err) != 412 {
			t.Errorf("removed twice: %v", err)
		}
		if s.Stats().Publications != 0 {
			t.Error("not removed")
		}
	})
}

func TestWhatMayNotBePublished(t *testing.T) {
	many := strings.Repeat("<a/>", maxElements)
	deep := strings.Repeat("<a>", maxDepth) + strings.Repeat("</a>", maxDepth)
	for name, test := range map[string]struct {
		change func(*Publish)
		want   int
	}{
		"another package":   {func(p *Publish) { p.Package = Dialog }, 489},
		"too brief":         {func(p *Publish) { p.Expires = 59 }, 423},
		"unknown tag":       {func(p *Publish) { p.Tag = "x" }, 412},
		"nothing":           {func(p *Publish) { p.Body = nil }, 400},
		"another type":      {func(p *Publish) { p.ContentType = "text/xml" }, 415},
		"no XML":            {func(p *Publish) { p.Body = []byte("hello") }, 400},
		"cut off":           {func(p *Publish) { p.Body = []byte(published[:200]) }, 400},
		"two roots":         {func(p *Publish) { p.Body = []byte("<presence/><presence/>") }, 400},
		"another document":  {func(p *Publish) { p.Body = []byte("<html/>") }, 400},
		"another namespace": {func(p *Publish) { p.Body = []byte(`<presence xmlns="jabber:client"/>`) }, 400},
		"entities": {func(p *Publish) {
			p.Body = []byte(`<!DOCTYPE x [<!ENTITY a "aaaa">]><presence><tuple id="1">&a;</tuple></presence>`)
		}, 400},
		"unknown entity": {func(p *Publish) { p.Body = []byte(`<presence>&nbsp;</presence>`) }, 400},
		"another coding": {func(p *Publish) { p.Body = []byte(`<?xml version="1.0" encoding="UTF-16"?><presence/>`) }, 400},
		"too deep":       {func(p *Publish) { p.Body = []byte("<presence>" + deep + "</presence>") }, 413},
		"too many":       {func(p *Publish) { p.Body = []byte("<presence>" + many + "</presence>") }, 413},
		"too large":      {func(p *Publish) { p.Body = []byte(published + strings.Repeat(" ", maxDocument)) }, 413},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := New(Options{})
			asked := publish("", published, 300)
			test.change(&asked)
			if _, _, err := s.Publish(asked); statusOf(err) != test.want {
				t.Errorf("%v, want %d", err, test.want)
			}
			if len(s.users) != 0 {
				t.Error("something is left of it")
			}
		})
	}
}

func TestTooMuchPublished(t *testing.T) {
	t.Parallel()
	s := New(Options{MaxPublications: 3})
	for range 3 {
		mustPublish(t, s, publish("", "<presence/>", 300))
	}
	if _, _, err := s.Publish(publish("", "<presence/>", 300)); statusOf(err) != 403 {
		t.Errorf("one more: %v", err)
	}
	s = New(Options{})
	large := published + strings.Repeat(" ", maxDocument-len(published))
	for range maxPublished / maxDocument {
		mustPublish(t, s, publish("", large, 300))
	}
	if _, _, err := s.Publish(publish("", large, 300)); statusOf(err) != 413 {
		t.Errorf("too much: %v", err)
	}
}

func TestPublicationsEndWithTheirSource(t *testing.T) {
	t.Parallel()
	s := New(Options{})
	asked := publish("", published, 300)
	asked.Source = "page"
	mustPublish(t, s, asked)
	mustPublish(t, s, publish("", "<presence/>", 300))
	s.SourceGone("page")
	if left := s.Stats().Publications; left != 1 {
		t.Errorf("%d publications are left", left)
	}
}

func TestRegistrationSpeaksForWhoPublishesNothing(t *testing.T) {
	run(t, Options{Reachable: func(user string) bool { return user == alice }}, func(t *testing.T, s *Server) {
		t.Helper()
		var w watcher
		subscribe(t, s, Presence, bob, &w)
		if body := string(w.last(t).Body); !strings.Contains(body, "<basic>open<") {
			t.Errorf("told %s", body)
		}
		s.options.Reachable = func(string) bool { return false }
		time.Sleep(2 * time.Second)
		s.ReachableChanged(alice)
		if body := string(w.last(t).Body); w.count() != 2 || !strings.Contains(body, "<basic>closed<") {
			t.Errorf("told %s", body)
		}
	})
}
