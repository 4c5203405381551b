package presence

import (
	"fmt"
	"time"
)

// Watcher carries the notifications of one subscription away.
type Watcher interface {
	// Notify sends one, and has answered called once with the status of the answer, 0 if there was none. It does not
	// block.
	Notify(notification Notification, answered func(status int))
}

// Notification is one NOTIFY.
type Notification struct {
	Package Package
	// State is the value of Subscription-State (RFC 6665 section 8.2.3).
	State string
	// ContentType and Body are the document.
	ContentType string
	Body        []byte
}

// Subscription is a user who watches another one, or himself.
type Subscription struct {
	pkg Package
	// watched and by are users, "name@domain".
	watched, by string
	watcher     Watcher

	// All below is guarded by Server.mu.

	expires time.Time
	// begun is set by Tell: before, its watcher knows nothing of it.
	begun bool
	// changed tells that there is news, waiting that a notification has no answer yet.
	changed, waiting bool
	// told is when the last notification left.
	told time.Time
	// version counts the dialog-info documents (RFC 4235 section 4.1).
	version int
	// ending is why the next notification is the last one, over that it has left.
	ending string
	over   bool
}

// due tells when the next notification may leave; there is none if nothing changed or one is under way.
func (s *Subscription) due(interval time.Duration) (at time.Time, ok bool) {
	if s.over || s.waiting || !s.changed || !s.begun {
		return time.Time{}, false
	}
	if s.ending != "" {
		return time.Time{}, true
	}
	return s.told.Add(interval), true
}

// state is the value of Subscription-State.
func (s *Subscription) state(now time.Time) string {
	if s.ending != "" {
		return "terminated;reason=" + s.ending
	}
	left := max((s.expires.Sub(now)+time.Second-1)/time.Second, 1)
	return fmt.Sprintf("active;expires=%d", left)
}

// isFinal tells whether the failure of a notification ends the subscription (RFC 6665 section 4.2.2).
func isFinal(status int) bool {
	switch status {
	case 0, 404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604:
		return true
	default:
		return false
	}
}
