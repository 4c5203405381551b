package presence

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"sipbridge/bridge"
)

const alice, bob = "alice@local.example", "bob@local.example"

// watcher keeps what it is told.
type watcher struct {
	mu      sync.Mutex
	told    []Notification     // guarded by mu
	pending []func(status int) // guarded by mu: what was not answered
	silent  bool               // does not answer by itself
	status  int                // what it answers, 0 for 200
}

func (w *watcher) Notify(notification Notification, answered func(status int)) {
	w.mu.Lock()
	w.told = append(w.told, notification)
	status := w.status
	if status == 0 {
		status = 200
	}
	if w.silent {
		w.pending = append(w.pending, answered)
		answered = nil
	}
	w.mu.Unlock()
	if answered != nil {
		answered(status)
	}
}

func (w *watcher) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.told)
}

func (w *watcher) last(t *testing.T) Notification {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.told) == 0 {
		t.Fatal("nothing was told")
	}
	return w.told[len(w.told)-1]
}

// answer answers the oldest notification.
func (w *watcher) answer(t *testing.T, status int) {
	t.Helper()
	w.mu.Lock()
	if len(w.pending) == 0 {
		w.mu.Unlock()
		t.Fatal("nothing waits for an answer")
	}
	first := w.pending[0]
	w.pending = w.pending[1:]
	w.mu.Unlock()
	first(status)
}

// run runs a test on virtual time with a running server.
func run(t *testing.T, options Options, test func(t *testing.T, s *Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := New(options)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); s.Run(ctx) }()
		test(t, s)
		cancel()
		<-ended
	})
}

// subscribe makes a subscription to alice that has been told.
func subscribe(t *testing.T, s *Server, pkg Package, by string, w *watcher) *Subscription {
	t.Helper()
	subscription, _, err := s.Subscribe(Subscribe{Package: pkg, Watched: alice, By: by, Expires: 600}, w)
	if err != nil {
		t.Fatal(err)
	}
	s.Tell(subscription)
	return subscription
}

func statusOf(err error) int {
	cause, _ := errors.AsType[bridge.Cause](err)
	return cause.Status
}

const published = `<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf"
  xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:liar@x">
  <tuple id="t1"><status><basic>open</basic></status><note xml:lang="fr">Pêche &amp; moule</note></tuple>
  <dm:person id="p"><r:activities><r:busy/></r:activities></dm:person></presence>`

func publish(tag, body string, expires int) Publish {
	return Publish{
		User: alice, Package: Presence, Tag: tag, Expires: expires, ContentType: contentPIDF, Body: []byte(body),
	}
}

func mustPublish(t *testing.T, s *Server, asked Publish) string {
	t.Helper()
	tag, _, err := s.Publish(asked)
	if err != nil {
		t.Fatal(err)
	}
	return tag
}
