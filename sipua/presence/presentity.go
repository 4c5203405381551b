package presence

import "time"

// presentity is what is known of a user who may be watched. It belongs to its Server, whose lock guards it.
type presentity struct {
	subscriptions map[*Subscription]struct{}
	publications  map[string]*publication // by entity tag
	calls         []Call
	mailbox       Mailbox
	// document is the last PIDF document; nil when it has to be made anew.
	document []byte
}

func newPresentity() *presentity {
	return &presentity{
		subscriptions: make(map[*Subscription]struct{}), publications: make(map[string]*publication),
	}
}

func (p *presentity) isEmpty() bool {
	return len(p.subscriptions) == 0 && len(p.publications) == 0 && len(p.calls) == 0 && p.mailbox.isUnknown()
}

// size is that of all that is published, in bytes.
func (p *presentity) size() (sum int) {
	for _, publication := range p.publications {
		sum += publication.size
	}
	return sum
}

// dropExpired ends publications that were not refreshed, and tells whether there were any.
func (p *presentity) dropExpired(now time.Time) bool {
	dropped := false
	for tag, publication := range p.publications {
		if !publication.expires.After(now) {
			delete(p.publications, tag)
			dropped, p.document = true, nil
		}
	}
	return dropped
}
