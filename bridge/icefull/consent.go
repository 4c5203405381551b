package icefull

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/pion/stun/v4"
)

const (
	// consentPace is the mean time between two checks of a path in use, which keep it open, too; each is a fifth more or
	// less (RFC 7675 section 5.1).
	consentPace = 5 * time.Second
	// consentLasts is how long the peer's last answer lets us send (RFC 7675 section 5.1).
	consentLasts = 30 * time.Second
	// doubtsAfter is how long a path may be silent before another is to be looked for: two checks, and their answers.
	doubtsAfter = 12 * time.Second
	// maxAsked is how many checks of a path may be under way.
	maxAsked = 8
)

// consent is the peer's to be sent media on a path: it answers checks, none of which is repeated, or sends some.
type consent struct {
	doubted, ends, next time.Time
	// asked are the last checks; each new one takes the place of the oldest.
	asked [maxAsked][stun.TransactionIDSize]byte
	count int
	// revoked tells that it has ended. With these credentials the path is never used again.
	revoked bool
}

// grant notes that the peer wants media.
func (c *consent) grant(now time.Time) {
	c.doubted, c.ends = now.Add(doubtsAfter), now.Add(consentLasts)
}

// Heard notes from where media of the peer came last, and when. A phone that answers no check once ICE is done (RFC
// 5245 had none then) shall hear us all the same, so its media say that it wants ours; but only by the path that it is
// sent ours, for one whose NAT has forgotten it comes by another one.
func (a *Agent) Heard(from netip.AddrPort, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if media := a.selected[ComponentRTP]; media == nil || media.Address != from {
		return
	}
	for _, used := range a.selected {
		if used != nil && at.Add(consentLasts).After(used.consent.ends) {
			used.consent.grant(at)
		}
	}
}

// plan puts the next check off.
func (c *consent) plan(now time.Time) {
	c.next = now.Add(consentPace*4/5 + rand.N(consentPace*2/5))
}

// Revoked gives the components whose path has lost the peer's consent since this was last asked: nothing more may be
// sent to them before ICE starts anew.
func (a *Agent) Revoked() []int {
	a.mu.Lock()
	defer a.mu.Unlock()
	revoked := a.revoked
	a.revoked = nil
	return revoked
}

// Fails tells once, before consent has ended, that a path in use is silent: ICE had better start anew.
func (a *Agent) Fails() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	tell := a.fails && !a.told
	a.told = a.told || tell
	return tell
}

// askConsent checks the paths in use whose time it is, and gives up those whose peer is silent.
func (a *Agent) askConsent(now time.Time) []Datagram {
	var list []Datagram
	for component, used := range a.selected {
		a.fails = a.fails || used != nil && !now.Before(used.consent.doubted)
		switch {
		case used == nil:
		case !now.Before(used.consent.ends):
			used.fail()
			used.consent.revoked = true
			a.selected[component] = nil
			a.revoked = append(a.revoked, component)
		case !now.Before(used.consent.next):
			used.consent.plan(now)
			check, err := a.request(used)
			if err != nil {
				continue
			}
			used.consent.asked[used.consent.count%maxAsked] = check.TransactionID
			used.consent.count++
			list = append(list, Datagram{Component: component, To: used.Address, Octets: check.Raw})
		}
	}
	return list
}

// takeConsent takes the answer to a check of a path in use. It reports false for what is no such answer.
func (a *Agent) takeConsent(message *stun.Message, from netip.AddrPort, component int, now time.Time) bool {
	used := a.selected[component]
	if used == nil || from != used.Address || message.Type != stun.BindingSuccess ||
		!slices.Contains(used.consent.asked[:min(used.consent.count, maxAsked)], message.TransactionID) ||
		stun.NewShortTermIntegrity(a.peer.Pwd).Check(message) != nil {
		return false
	}
	used.consent.grant(now)
	return true
}
