package presence

import (
	"context"
	"fmt"
	"sync"
	"time"

	"sipbridge/bridge"
)

// Server knows what users publish and who watches whom. It is safe for concurrent use; a Watcher is never called with
// its lock held.
type Server struct {
	options Options

	mu            sync.Mutex
	users         map[string]*presentity     // guarded by mu; who is watched or has something to tell
	held          map[string]int             // guarded by mu: subscriptions by watcher
	subscriptions int                        // guarded by mu
	late          map[*Subscription]struct{} // guarded by mu: those whose news wait for their time
	published     uint64                     // guarded by mu: makes entity tags
}

// New makes a Server. Nothing outlives a restart: clients subscribe and publish again.
func New(options Options) *Server {
	return &Server{
		options: options.withDefaults(), users: make(map[string]*presentity), held: make(map[string]int),
		late: make(map[*Subscription]struct{}),
	}
}

// sweepInterval is how often Run looks for what has expired, in ticks.
const sweepInterval = 4

// Run tells late news and ends what has expired, until ctx ends.
func (s *Server) Run(ctx context.Context) {
	ticker := time.NewTicker(s.options.Interval / sweepInterval)
	defer ticker.Stop()
	for ticks := 1; ; ticks++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if ticks%sweepInterval == 0 {
			s.sweep()
		}
		s.tellLate()
	}
}

// Subscribe is a SUBSCRIBE that makes a subscription (RFC 6665).
type Subscribe struct {
	Package Package
	// Watched is the user to be told of, By the one who is told: "name@domain".
	Watched, By string
	// Expires is in seconds, negative if it is not said. With 0 the state is told once (section 4.4.3).
	Expires int
}

// Subscribe makes a subscription and gives how long it lives. The first notification follows with Tell. The error is a
// bridge.Cause.
func (s *Server) Subscribe(asked Subscribe, watcher Watcher) (*Subscription, time.Duration, error) {
	pkg, watched, by := asked.Package, asked.Watched, asked.By
	granted, err := s.grant(asked.Expires)
	if err != nil {
		return nil, 0, err
	}
	if pkg == MessageSummary && watched != by {
		return nil, 0, bridge.Cause{Status: 403, Text: "Not Your Mailbox"}
	}
	subscription := &Subscription{
		pkg: pkg, watched: watched, by: by, watcher: watcher, changed: true, expires: s.options.Now().Add(granted),
	}
	if granted == 0 {
		subscription.ending = reasonTimeout
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	user := s.user(watched)
	if s.subscriptions >= s.options.MaxSubscriptions || s.held[by] >= s.options.MaxPerWatcher ||
		len(user.subscriptions) >= s.options.MaxWatchers {
		s.tidy(watched)
		return nil, 0, bridge.Cause{Status: 403, Text: "Too Many Subscriptions"}
	}
	user.subscriptions[subscription] = struct{}{}
	s.held[by]++
	s.subscriptions++
	return subscription, granted, nil
}

// reasonTimeout ends a subscription that was not wanted any longer (RFC 6665 section 4.1.3).
const reasonTimeout = "timeout"

// Refresh prolongs a subscription, or ends it if asked is 0; a notification follows with Tell. The error is a
// bridge.Cause: 481 if it is over.
func (s *Server) Refresh(subscription *Subscription, asked int) (time.Duration, error) {
	granted, err := s.grant(asked)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if subscription.over || subscription.ending != "" {
		return 0, bridge.Cause{Status: 481, Text: "Subscription Does Not Exist"}
	}
	subscription.expires = s.options.Now().Add(granted)
	subscription.changed = true
	subscription.told = time.Time{} // a refresh is answered at once
	if granted == 0 {
		subscription.ending = reasonTimeout
	}
	return granted, nil
}

// Tell sends what a new or refreshed subscription has to hear.
func (s *Server) Tell(subscription *Subscription) {
	s.mu.Lock()
	subscription.begun = true
	news := s.take(subscription)
	s.mu.Unlock()
	s.send(news)
}

// Drop ends a subscription whose watcher cannot be reached any more; nothing is told.
func (s *Server) Drop(subscription *Subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(subscription)
}

// IsOver tells whether nothing will be told any more.
func (s *Server) IsOver(subscription *Subscription) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return subscription.over && !subscription.waiting
}

// grant is the life of what asks for a number of seconds, or 423 (RFC 6665 section 4.2.1.1, RFC 3903 section 6).
func (s *Server) grant(asked int) (time.Duration, error) {
	wanted := time.Duration(asked) * time.Second
	switch {
	case asked < 0:
		return s.options.DefaultExpires, nil
	case asked == 0:
		return 0, nil
	case wanted < s.options.MinExpires:
		shortest := fmt.Sprint(int(s.options.MinExpires / time.Second))
		return 0, bridge.Cause{
			Status: 423, Text: "Interval Too Brief", Headers: []bridge.Header{{Name: "Min-Expires", Value: shortest}},
		}
	default:
		return min(wanted, s.options.MaxExpires), nil
	}
}

// remove forgets a subscription. mu is held.
func (s *Server) remove(subscription *Subscription) {
	if subscription.over {
		return
	}
	subscription.over = true
	delete(s.late, subscription)
	delete(s.user(subscription.watched).subscriptions, subscription)
	s.tidy(subscription.watched)
	s.subscriptions--
	if s.held[subscription.by]--; s.held[subscription.by] == 0 {
		delete(s.held, subscription.by)
	}
}

// user gives what is known of a user, and makes it if there is nothing. mu is held; tidy follows in the end.
func (s *Server) user(name string) *presentity {
	user, ok := s.users[name]
	if !ok {
		user = newPresentity()
		s.users[name] = user
	}
	return user
}

// tidy forgets a user of whom there is nothing to know. mu is held.
func (s *Server) tidy(name string) {
	if user, ok := s.users[name]; ok && user.isEmpty() {
		delete(s.users, name)
	}
}

// Stats is a snapshot of the server.
type Stats struct {
	// Subscriptions and Publications are alive now.
	Subscriptions, Publications int
}

// Stats counts what there is.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := Stats{Subscriptions: s.subscriptions}
	for _, user := range s.users {
		stats.Publications += len(user.publications)
	}
	return stats
}
