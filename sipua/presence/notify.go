package presence

import "time"

// outgoing is a notification on its way to its watcher.
type outgoing struct {
	subscription *Subscription
	notification Notification
}

// changed notes news of a user for those who watch a package, and gives what can be told at once. mu is held.
func (s *Server) changed(name string, pkg Package) []outgoing {
	var found []outgoing
	user, ok := s.users[name]
	if !ok {
		return nil
	}
	for subscription := range user.subscriptions {
		if subscription.pkg == pkg {
			subscription.changed = true
			found = append(found, s.take(subscription)...)
		}
	}
	return found
}

// take gives the notification of a subscription if its time has come; else it will be told late. mu is held.
func (s *Server) take(subscription *Subscription) []outgoing {
	now := s.options.Now()
	at, ok := subscription.due(s.options.Interval)
	switch {
	case !ok:
		return nil
	case at.After(now):
		s.late[subscription] = struct{}{}
		return nil
	}
	delete(s.late, subscription)
	notification := Notification{
		Package: subscription.pkg, State: subscription.state(now), ContentType: subscription.pkg.ContentType(),
		Body: s.document(subscription),
	}
	subscription.changed, subscription.waiting, subscription.told = false, true, now
	if subscription.ending != "" {
		s.remove(subscription)
	}
	return []outgoing{{subscription, notification}}
}

// document is what a subscription is told. mu is held.
func (s *Server) document(subscription *Subscription) []byte {
	user := s.user(subscription.watched)
	switch subscription.pkg {
	case Dialog:
		defer func() { subscription.version++ }()
		return user.dialogInfo(subscription)
	case MessageSummary:
		return user.mailbox.text(subscription.watched)
	default:
		return user.pidf(subscription.watched, s.options.Reachable)
	}
}

// send hands notifications to their watchers. mu is not held.
func (s *Server) send(notifications []outgoing) {
	for _, out := range notifications {
		out.subscription.watcher.Notify(out.notification, func(status int) { s.answered(out.subscription, status) })
	}
}

// answered takes the answer to a notification: what changed meanwhile may be told.
func (s *Server) answered(subscription *Subscription, status int) {
	s.mu.Lock()
	subscription.waiting = false
	if isFinal(status) {
		s.remove(subscription)
	}
	next := s.take(subscription)
	s.mu.Unlock()
	s.send(next)
}

// tellLate tells what had to wait.
func (s *Server) tellLate() {
	s.mu.Lock()
	found := make([]outgoing, 0, len(s.late))
	for subscription := range s.late {
		found = append(found, s.take(subscription)...)
	}
	s.mu.Unlock()
	s.send(found)
}

// sweep ends what has expired.
func (s *Server) sweep() {
	now := s.options.Now()
	s.mu.Lock()
	var found []outgoing
	for name, user := range s.users {
		if user.dropExpired(now) {
			found = append(found, s.changed(name, Presence)...)
		}
		found = append(found, s.expire(user, now)...)
		s.tidy(name)
	}
	s.mu.Unlock()
	s.send(found)
}

// expire ends the subscriptions to a user that were not refreshed. mu is held.
func (s *Server) expire(user *presentity, now time.Time) []outgoing {
	var found []outgoing
	for subscription := range user.subscriptions {
		if subscription.ending == "" && !subscription.expires.After(now) {
			subscription.ending, subscription.changed = reasonTimeout, true
			found = append(found, s.take(subscription)...)
		}
	}
	return found
}
